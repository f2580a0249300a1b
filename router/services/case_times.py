"""A case's history as it is shown: what it was, from when on, why, and for how long altogether."""

from datetime import datetime
from typing import Literal

import msgspec

from core.case_times import Change, recompute
from router.services.case_values import ChangedField
from router.services.errors import NotFound
from router.services.shown.rows import CaseState
from router.services.viewer import Viewer
from router.storage import case_fields, case_history, cases, topics
from router.storage.engine import Database

CauseName = Literal[
    "opened", "wrote", "answered", "recalled", "agent", "queue", "woke", "code", "parted",
    "merged", "moved", "undone", "team_gone", "known", "triage",
]  # fmt: skip


class HistoryChange(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    cause: CauseName
    agent_id: int | None
    """Who did it; null: the person, the queue or the clock."""
    state: CaseState
    owner_id: int | None
    team_id: int | None
    priority: int
    topic_id: int | None
    topic: str
    """As that one is called, or was last; empty: none."""


class SecondsIn(msgspec.Struct, frozen=True, kw_only=True):
    """How long it was each, all times together, until now."""

    open: int
    """It waited for the desk."""
    waiting: int
    """It waited for the person."""
    snoozed: int
    solved: int


class CaseTimes(msgspec.Struct, frozen=True, kw_only=True):
    changes: tuple[HistoryChange, ...]
    """Oldest first."""
    fields: tuple[ChangedField, ...]
    """What became of fields that the caller sees, oldest first."""
    seconds_in: SecondsIn
    reopened_count: int
    reopened_at: datetime | None
    """The last time that it was solved and then not."""


async def history_of(database: Database, viewer: Viewer, case_id: int) -> CaseTimes:
    """Raises NotFound."""
    async with database.reading() as work:
        found = await cases.load_cases(work, [case_id])
        if not found or found[0]["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no case {case_id}.")
        rows = await case_history.of_case(work, case_id)
        called = await topics.names_of(work, {row.topic_id for row in rows if row.topic_id})
        fields = await case_fields.history_of(work, case_id, viewer.agent_id)
        times = recompute(
            [Change(at=row.at, state=row.state, owner_id=row.owner_id) for row in rows], work.now()
        )
    states = ("open", "waiting", "snoozed", "solved")
    seconds = {one: times.in_state.get(one) for one in states}
    return CaseTimes(
        changes=tuple(
            msgspec.convert(
                msgspec.structs.asdict(row) | {"topic": called.get(row.topic_id or 0, "")},
                HistoryChange,
            )
            for row in rows
        ),
        fields=tuple(msgspec.convert(one, ChangedField, from_attributes=True) for one in fields),
        seconds_in=SecondsIn(
            **{name: int(one.total_seconds()) if one else 0 for name, one in seconds.items()}
        ),
        reopened_count=times.reopened_count,
        reopened_at=times.reopened_at,
    )
