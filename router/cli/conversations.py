"""`onethread conversation ...`: read what was said, at a terminal."""

from typing import TYPE_CHECKING, Any

import click

from router.cli.output import fail, json_option, on_record, show_json, text_of

if TYPE_CHECKING:
    from router.foundation import Foundation


@click.group("conversation")
def conversation_command() -> None:
    """Show what one person and the desk said, or search all of it."""


@conversation_command.command("show")
@click.argument("person_id", type=int)
@click.option("--last", default=50, show_default=True, type=click.IntRange(1, 200))
@click.option("--before", type=int, help="Only what was said before this message.")
@json_option
def show(person_id: int, last: int, before: int | None, as_json: bool) -> None:
    """The newest messages, in their order."""

    async def run(base: "Foundation") -> Any:
        from router.services.conversations import load_page
        from router.services.viewer import Viewer

        return await load_page(
            base.database, Viewer(agent_id=0), person_id, before=before, limit=last
        )

    page = on_record(run)
    if as_json:
        show_json(page)
        return
    if page.has_before:
        click.echo(f"(earlier ones: --before {page.messages[0].id})")
    for one in page.messages:
        by = text_of(one.author.name)
        how = " ".join(part for part in (one.direction, one.channel or "") if part)
        click.echo(f"{text_of(one.received_at)}  #{one.id}  {how}  {by}")
        for line in (one.text or text_of(_event_of(one.event))).splitlines():
            click.echo(f"    {text_of(line)}")
        for part in one.deliveries:
            if part.state in ("failed", "unknown"):
                click.echo(f"    ! {part.state}: {text_of(part.reason)}")


@conversation_command.command("search")
@click.argument("query")
@click.option("--before", type=int, help="Go on from here, as the answer before said.")
@json_option
def search(query: str, before: int | None, as_json: bool) -> None:
    """All that answers a query, in the language of the inbox: docs/api.md."""

    async def run(base: "Foundation") -> Any:
        from core.query_terms import QueryRefused
        from router.services.search.finding import search as find
        from router.services.viewer import Viewer

        try:
            return await find(base.database, Viewer(agent_id=0), query, before=before)
        except QueryRefused as error:
            fail(str(error))

    page = on_record(run)
    if as_json:
        show_json(page)
        return
    for one in page.persons:
        click.echo(f"person {one.id}  {text_of(one.display_name)}")
    for found in page.conversations:
        click.echo(f"{found.person_id}  {text_of(found.display_name)}  {found.state}")
        for said in found.messages:
            click.echo(f"    {text_of(said.at)}  #{said.id}  {text_of(said.excerpt)}")
    if not page.persons and not page.conversations:
        click.echo("(none)")
    if page.next is not None:
        click.echo(f"(more: --before {page.next})")


def _event_of(event: dict[str, Any] | None) -> str:
    return "" if event is None else str(event.get("event", ""))
