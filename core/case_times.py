"""What a case was for how long, from its history alone. Pure: every figure comes from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a case was from this moment on."""

    at: datetime
    state: str
    owner_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    state: str
    owner_id: int | None
    in_state: dict[str, timedelta]
    """How long it was each, all times together."""
    with_owner: dict[int | None, timedelta]
    """How long each had it while it was not solved; None: nobody."""
    reopened_count: int
    reopened_at: datetime | None
    """The last time that it was solved and then not."""


def recompute(changes: Sequence[Change], until: datetime) -> Times:
    """From at least one change, oldest first. A change that is older than the one before it takes
    no time; what is solved has no end and counts until then like the rest."""
    in_state: dict[str, timedelta] = {}
    with_owner: dict[int | None, timedelta] = {}
    reopened: list[datetime] = []
    ends = [*(change.at for change in changes[1:]), until]
    for change, end in zip(changes, ends, strict=True):
        lasted = max(end - change.at, timedelta())
        in_state[change.state] = in_state.get(change.state, timedelta()) + lasted
        if change.state != "solved":
            with_owner[change.owner_id] = with_owner.get(change.owner_id, timedelta()) + lasted
    for before, after in pairwise(changes):
        if before.state == "solved" and after.state != "solved":
            reopened.append(after.at)
    return Times(
        state=changes[-1].state,
        owner_id=changes[-1].owner_id,
        in_state=in_state,
        with_owner=with_owner,
        reopened_count=len(reopened),
        reopened_at=reopened[-1] if reopened else None,
    )
