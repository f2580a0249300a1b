"""Step-ups of a case as the API shows them."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec

from router.storage import step_ups as stored
from router.storage.step_ups import StepUpRow
from router.storage.unit_of_work import UnitOfWork

StepUpState = Literal["asked", "granted", "over"]


class StepUp(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was asked to prove at the host that it is them, and whether they did."""

    id: int
    identity_id: int
    topic_id: int | None
    """The reply topic that it is for; None: the case as a whole."""
    topic_name: str
    state: StepUpState
    """As of when this was read: it is over by itself at `ends_at`."""
    requested_at: datetime
    confirmed_at: datetime | None
    ends_at: datetime
    """Of one asked for: when its link runs out. Of one granted: when level 3 ends."""
    message_id: int | None
    """The line in the thread."""


def to_step_up(row: StepUpRow, now: datetime) -> StepUp:
    ends_at = row.granted_until or row.expires_at
    if row.ended_at is not None:
        ends_at = min(ends_at, row.ended_at)
    state: StepUpState = "asked" if row.confirmed_at is None else "granted"
    return StepUp(
        id=row.id,
        identity_id=row.identity_id,
        topic_id=row.topic_id,
        topic_name=row.topic_name,
        state=state if now < ends_at else "over",
        requested_at=row.requested_at,
        confirmed_at=row.confirmed_at,
        ends_at=ends_at,
        message_id=row.message_id,
    )


async def step_ups_of(work: UnitOfWork, case_ids: Collection[int]) -> dict[int, tuple[StepUp, ...]]:
    """The newest of each of these cases, oldest first."""
    if not case_ids:
        return {}
    found: dict[int, list[StepUp]] = {}
    for row in await stored.newest_of(work, case_ids):
        found.setdefault(row.case_id, []).append(to_step_up(row, work.now()))
    return {case: tuple(ones) for case, ones in found.items()}
