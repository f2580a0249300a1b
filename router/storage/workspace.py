"""The desk as a whole: one row, or none while nobody has named it."""

import msgspec

from router.storage.records import fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork


class WorkspaceRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    hours: str = "[]"
    """JSON: a list of days, opens and closes."""


async def find(work: UnitOfWork) -> WorkspaceRow:
    """What is said nowhere is as a new desk has it."""
    row = await fetch_one(
        work, "select name, language, time_zone, hours::text as hours from workspace"
    )
    return WorkspaceRow() if row is None else WorkspaceRow(**row)


async def save(work: UnitOfWork, row: WorkspaceRow) -> None:
    """It is so from now on, and everybody is told."""
    await work.driver.execute(
        """
        insert into workspace (id, name, language, time_zone, hours, changed_at)
        values (1, $1, $2, $3, $4::jsonb, $5)
        on conflict (id) do update set name = excluded.name, language = excluded.language,
            time_zone = excluded.time_zone, hours = excluded.hours,
            changed_at = excluded.changed_at
        """,
        row.name,
        row.language,
        row.time_zone,
        row.hours,
        work.now(),
    )
    work.announce(Fact.WORKSPACE_CHANGED)
