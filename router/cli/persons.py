"""`onethread person ...`"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router.cli.agents import ACTOR
from router.cli.output import Exit, fail, json_option, may_ask, on_record, show_json, show_table

if TYPE_CHECKING:
    from router.foundation import Foundation

_SHOWN = ("id", "realm", "handle", "shown_as", "level", "is_reachable")


@click.group("person")
def person_command() -> None:
    """Show, export, erase, merge and split persons."""


@person_command.command("show")
@click.argument("person_id", type=int)
@json_option
def show_person(person_id: int, as_json: bool) -> None:
    """Who somebody is: identities, merges, cases, and how much was said."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.errors import NotFound
        from router.storage import privacy

        async with base.database.reading() as work:
            found = await privacy.members(work, person_id)
            if found is None:
                raise NotFound(f"There is no person {person_id}.")
            everything = await privacy.read_everything(work, found[1])
        return {
            "root_id": found[0],
            "persons": everything["persons"],
            "identities": everything["identities"],
            "merges": everything["person_merges"],
            "cases": everything["cases"],
            "messages": len(everything["messages"]),
            "files": len(everything["attachments"]),
        }

    shown = on_record(run)
    if as_json:
        show_json(shown)
        return
    names = ", ".join(one["display_name"] or "(no name)" for one in shown["persons"])
    click.echo(
        f"Person {shown['root_id']}: {names}. {shown['messages']} messages, {shown['files']} files."
    )
    show_table(shown["identities"], _SHOWN)
    if shown["merges"]:
        show_table(shown["merges"], ("id", "kind", "loser_id", "winner_id", "ground", "undone_at"))
    show_table(shown["cases"], ("id", "state", "subject", "opened_at"))


@person_command.command("export")
@click.argument("person_id", type=int)
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def export(person_id: int, folder: Path, as_json: bool) -> None:
    """Write everything about somebody into a new folder: person.json and the files."""

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.privacy import export_person

        made = await export_person(base.database, base.blobs, ACTOR, person_id, folder)
        return {
            "folder": str(made.folder),
            "messages": made.messages,
            "files": made.files,
            "missing": made.missing,
        }

    made = on_record(run)
    if as_json:
        show_json(made)
    else:
        click.echo(f"{made['messages']} messages and {made['files']} files are in {folder}.")
        for key in made["missing"]:
            click.echo(f"A file is missing: {key}", err=True)


@person_command.command("erase")
@click.argument("person_id", type=int)
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
def erase(person_id: int, yes: bool, as_json: bool) -> None:
    """Forget somebody for good: texts, files, handles and names. There is no undo."""
    if not yes:
        if not may_ask():
            fail("no terminal to ask at: use --yes", Exit.USAGE)
        click.confirm(f"Erase person {person_id} for good?", abort=True, err=True)

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.privacy import erase_person

        done = await erase_person(base.database, base.blobs, ACTOR, person_id)
        return {"root_id": done.root_id, "person_ids": done.person_ids, "messages": done.messages}

    done = on_record(run)
    if as_json:
        show_json(done)
    else:
        click.echo(f"Person {done['root_id']} is erased: {done['messages']} messages.")
        click.echo("Earlier backups still hold them: let those end by their own time.")


@person_command.command("merge")
@click.argument("loser_id", type=int)
@click.argument("winner_id", type=int)
@click.option("--reason", required=True)
@json_option
def merge(loser_id: int, winner_id: int, reason: str, as_json: bool) -> None:
    """Let WINNER_ID stand for LOSER_ID as well; see split."""

    async def run(base: "Foundation") -> int:
        from router.services.identity import merging

        made = await merging.merge(
            base.database, loser_id=loser_id, winner_id=winner_id, agent_id=None, reason=reason
        )
        return made.id

    merge_id = on_record(run)
    if as_json:
        show_json({"merge_id": merge_id})
    else:
        click.echo(f"Merged. To undo it: onethread person split {merge_id} --reason ...")


@person_command.command("split")
@click.argument("merge_id", type=int, required=False)
@click.option("--identity", "identity_id", type=int, help="Take this identity's person out alone.")
@click.option("--reason", required=True)
@json_option
def split(merge_id: int | None, identity_id: int | None, reason: str, as_json: bool) -> None:
    """Undo MERGE_ID, a merge or a split; or take one identity's person out of a merged one.

    Each has again what their own identities said, messages since included.
    """
    if (merge_id is None) is (identity_id is None):
        fail("give either the number of a merge or --identity", Exit.USAGE)

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services.identity import merging

        if identity_id is not None:
            made = await merging.split(
                base.database, identity_id=identity_id, agent_id=None, reason=reason
            )
            return {"merge_id": made.id, "persons": [made.loser_id, made.winner_id]}
        assert merge_id is not None, "one of the two is given"
        undone = await merging.undo_merge(
            base.database, merge_id=merge_id, agent_id=None, reason=reason
        )
        persons = [undone.loser_id, undone.winner_id]
        return {"merge_id": merge_id, "persons": persons, "joined": undone.kind == "split"}

    done = on_record(run)
    if as_json:
        show_json(done)
    else:
        state = "one again" if done.get("joined") else "apart"
        click.echo(f"Persons {done['persons'][0]} and {done['persons'][1]} are {state}.")
