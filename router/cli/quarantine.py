"""`onethread quarantine ...`"""

import sys
from typing import TYPE_CHECKING, Any

import click

from router.cli.agents import ACTOR
from router.cli.output import json_option, on_record, show, show_json

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.storage.quarantine import QuarantineRow


@click.group("quarantine")
def quarantine_command() -> None:
    """Inbound events that could not be read."""


@quarantine_command.command("list")
@click.option("--state", type=click.Choice(["waiting", "replayed", "dropped"]), default="waiting")
@click.option("--after", type=int, default=0, help="From the entry after this one.")
@json_option
def list_(state: str, after: int, as_json: bool) -> None:
    """Oldest first, 100 at a time."""

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        from router.services.quarantine import list_entries

        entries = await list_entries(base.database, state=state, after=after)
        return [_shown(row) for row in entries]

    rows = on_record(run)
    columns = ("id", "account_id", "reason", "seen", "last_seen_at", "state")
    show({"entries": rows}, as_json, rows=rows, columns=columns)


@quarantine_command.command("show")
@click.argument("entry_id", type=int)
@click.option("--raw", is_flag=True, help="Its source as it came, and nothing else.")
def show_entry(entry_id: int, raw: bool) -> None:
    """One entry as JSON, or its source."""

    async def run(base: "Foundation") -> tuple[dict[str, Any], bytes]:
        from router.services.quarantine import load_entry

        row = await load_entry(base.database, entry_id)
        source = row.raw or b""
        if raw and row.blob_key is not None:
            async with base.blobs.open(row.blob_key) as reader:
                source = await reader.read()
        return _shown(row), source

    shown, source = on_record(run)
    if raw:
        sys.stdout.buffer.write(source)
    else:
        show_json(shown)


@quarantine_command.command("replay")
@click.argument("entry_ids", type=int, nargs=-1, required=True)
@json_option
def replay(entry_ids: tuple[int, ...], as_json: bool) -> None:
    """Try again to store entries; twice stores them once."""

    async def run(base: "Foundation") -> list[dict[str, Any]]:
        from router.services.quarantine import replay as replay_entry

        return [
            _shown(await replay_entry(base.database, base.blobs, ACTOR, entry_id))
            for entry_id in entry_ids
        ]

    rows = on_record(run)
    columns = ("id", "account_id", "state", "message_id")
    show({"entries": rows}, as_json, rows=rows, columns=columns)


def _shown(row: "QuarantineRow") -> dict[str, Any]:
    return {
        "id": row.id,
        "account_id": row.account_id,
        "event_key": row.event_key,
        "reason": row.reason,
        "seen": row.seen,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
        "message_id": row.message_id,
        "state": row.state,
        "media_type": row.raw_media_type,
        "is_replayable": row.event is not None and row.state == "waiting",
    }
