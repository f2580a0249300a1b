"""One case as the API shows it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from router.services.shown.names import Named, named
from router.services.shown.rows import CaseState
from router.services.shown.step_ups import StepUp, step_ups_of
from router.storage import cases as stored
from router.storage.records import Record
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

SOLVED_CASES_SHOWN = 50
"""Newest cases of each member that a conversation brings, beside all that are not solved."""


class JoinedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case of somebody else, to which this one is what a participant wrote."""

    case_id: int
    person_id: int
    name: str


class CaseRating(msgspec.Struct, frozen=True, kw_only=True):
    """What the person said of how the case was answered."""

    rating: int
    """From 1 to 5; 5 is best."""
    comment: str
    rated_at: datetime


class Case(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    person_id: int
    """Who it belongs to by itself, whoever stands for them now."""
    state: CaseState
    subject: str
    topic: str
    """The name of what it is about; empty: nobody has said."""
    topic_id: int | None
    priority: int
    owner: Named | None
    team_id: int | None
    access_class: str
    is_private: bool
    """Nothing of it is said where others read along; true of every class but the normal one."""
    opened_at: datetime
    first_reply_at: datetime | None
    solved_at: datetime | None
    snoozed_until: datetime | None
    """Of a snoozed case: when it opens by itself; null: once the person writes."""
    last_message_id: int | None
    revision: int
    """Give it back as `expect_revision`, so that nobody's change is undone unseen."""
    joined: JoinedCase | None
    """None: it is a case of its own."""
    minimum_level: int
    """How well whoever is told of it must be proven. A reply topic of its name may need more."""
    allowed_channels: tuple[str, ...]
    """By which channels something of it may be said; none listed: by any."""
    host_account: str | None
    """The account at the host that it is about."""
    label_ids: tuple[int, ...]
    """Ascending; dropped ones may be among them."""
    step_ups: tuple[StepUp, ...]
    """The newest, oldest first."""
    merged_into_id: int | None = None
    """The case of the same conversation that stands for it, and holds what was in it."""
    incident_id: int | None = None
    """What it has in common with others; resolved ones too."""
    rating: CaseRating | None = None
    """None: nobody has said."""


def to_case(row: Record, step_ups: tuple[StepUp, ...] = ()) -> Case:
    return Case(
        id=row["id"],
        person_id=row["person_id"],
        state=row["state"],
        subject=row["subject"],
        topic=row["topic"],
        topic_id=row["topic_id"],
        priority=row["priority"],
        owner=named(row["owner_id"], row["owner_name"]),
        team_id=row["team_id"],
        access_class=row["access_class"],
        is_private=row["is_private"] or row["access_class"] != "normal",
        opened_at=row["opened_at"],
        first_reply_at=row["first_reply_at"],
        solved_at=row["solved_at"],
        snoozed_until=row["snoozed_until"],
        last_message_id=row["last_message_id"] or None,
        revision=row["revision"],
        joined=_joined(row),
        minimum_level=row["minimum_level"],
        allowed_channels=tuple(row["allowed_channels"]),
        host_account=row["host_account"],
        label_ids=tuple(row["label_ids"]),
        step_ups=step_ups,
        merged_into_id=row["merged_into_id"],
        incident_id=row["incident_id"],
        rating=_rating(row),
    )


def _rating(row: Record) -> CaseRating | None:
    if row["rating"] is None:
        return None
    return CaseRating(rating=row["rating"], comment=row["comment"], rated_at=row["rated_at"])


def _joined(row: Record) -> JoinedCase | None:
    if row["joined_case_id"] is None:
        return None
    return JoinedCase(
        case_id=row["joined_case_id"], person_id=row["joined_root_id"], name=row["joined_name"]
    )


async def load_cases(work: UnitOfWork, case_ids: Collection[int]) -> list[tuple[Case, int]]:
    """Each with the root of its conversation now. Who may see them is the caller's to decide."""
    rows = await stored.load_cases(work, case_ids)
    return [
        (case, row["root_id"]) for case, row in zip(await complete(work, rows), rows, strict=True)
    ]


async def cases_of(work: UnitOfWork, root_id: int, sight: Sight) -> tuple[Case, ...]:
    return await complete(
        work, await stored.cases_of(work, root_id, sight.listed, SOLVED_CASES_SHOWN)
    )


async def complete(work: UnitOfWork, rows: Sequence[Record]) -> tuple[Case, ...]:
    """Rows of `storage.cases` with all that hangs on them, in the order given."""
    known = await step_ups_of(work, [row["id"] for row in rows])
    return tuple(to_case(row, known.get(row["id"], ())) for row in rows)
