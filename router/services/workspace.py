"""The desk as a whole: what it is called, its language, and when somebody is there."""

import json
from typing import Annotated, Literal

import msgspec
from pydantic import ValidationError

from core.hours import DeskHours, OpenHours, zone_of
from router.services import audit
from router.services.agents import check_name
from router.services.errors import Refused
from router.storage import workspace as stored
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.workspace import WorkspaceRow

MOST_STRETCHES = 21
"""Three a day."""
Language = Literal["en", "zh", "ru"]
_Short = Annotated[str, msgspec.Meta(max_length=60)]


class Stretch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stretch of time, the same on each of these days."""

    days: _Short
    """mon, mon-fri, or sat,sun."""
    opens: _Short
    """As 09:00."""
    closes: _Short
    """As 18:00, or 24:00."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """Empty: it has none yet."""
    language: Language
    """Of those who are new at it, until they choose their own."""
    time_zone: _Short
    """Of the hours, such as Europe/Berlin."""
    hours: Annotated[tuple[Stretch, ...], msgspec.Meta(max_length=MOST_STRETCHES)]
    """When somebody answers, on every account without hours of its own. Empty: always."""


async def load(database: Database) -> Workspace:
    async with database.reading() as work:
        return _to_workspace(await stored.find(work))


async def change(database: Database, *, actor: str, wanted: Workspace) -> Workspace:
    """All of it is as wanted. Raises Refused (the field)."""
    name = check_name(wanted.name)
    try:
        zone_of(wanted.time_zone)
    except ValueError as error:
        raise Refused(str(error), field="time_zone") from error
    for number, one in enumerate(wanted.hours):
        _check(number, one)
    row = WorkspaceRow(
        name=name,
        language=wanted.language,
        time_zone=wanted.time_zone,
        hours=msgspec.json.encode(wanted.hours).decode(),
    )
    async with database.transaction() as work:
        before = await stored.find(work)
        await stored.save(work, row)
        changed = [
            field
            for field in WorkspaceRow.__struct_fields__
            if json.dumps(getattr(before, field)) != json.dumps(getattr(row, field))
        ]
        if {"time_zone", "hours"} & set(changed):
            from router.services.deadlines import planning

            await planning.note_hours(work)
        await audit.record(work, actor, "workspace.changed", "workspace", {"fields": changed})
    return _to_workspace(row)


async def load_hours(work: UnitOfWork) -> DeskHours:
    """As connectors are told of them."""
    row = await stored.find(work)
    hours = tuple(OpenHours.model_validate(one) for one in json.loads(row.hours))
    return DeskHours(hours=hours, time_zone=row.time_zone)


def _check(number: int, one: Stretch) -> None:
    try:
        OpenHours.model_validate(msgspec.to_builtins(one))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(["hours", str(number), *(str(step) for step in first["loc"])])
        raise Refused(str(first["msg"]).removeprefix("Value error, "), field=where) from error


def _to_workspace(row: WorkspaceRow) -> Workspace:
    return msgspec.convert(
        {
            "name": row.name,
            "language": row.language,
            "time_zone": row.time_zone,
            "hours": json.loads(row.hours),
        },
        Workspace,
    )
