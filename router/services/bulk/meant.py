"""Which cases a change of many conversations means: of each not the one of its row alone, but all
that the list was asked for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from router.services.shown.rows import leading_case
from router.services.viewer import Viewer
from router.storage import bulk as stored
from router.storage.conditions import (
    AnyOf,
    Condition,
    Every,
    HasField,
    HasLabel,
    HasPriority,
    HasTopic,
    HasTrouble,
    InCase,
    InIncident,
    InState,
    InTeam,
    IsInNoIncident,
    Owes,
    OwnedBy,
    Without,
    speaks_of_messages,
)
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class _Known:
    labels: frozenset[int]
    """Those that were not dropped."""


async def list_meant(
    work: UnitOfWork,
    viewer: Viewer,
    roots: Collection[int],
    asked: Condition,
    *,
    has_row: bool = True,
) -> dict[int, list[int]]:
    """Of each conversation its unsolved cases that are seen and that the list was asked for. Where
    there are none, and where a text was searched for, the one of its row (`has_row`)."""
    rows = await stored.unsolved_of(work, roots, viewer.sight)
    known = _Known(await stored.labels_in_use(work))
    by_root: dict[int, list[Record]] = {}
    for row in rows:
        by_root.setdefault(row["root_id"], []).append(row)
    return {root: _meant(theirs, asked, known, has_row=has_row) for root, theirs in by_root.items()}


def _meant(cases: Sequence[Record], asked: Condition, known: _Known, *, has_row: bool) -> list[int]:
    found = []
    if not speaks_of_messages(asked):
        found = [case["id"] for case in cases if holds_of(asked, case, known.labels) is not False]
    leading = leading_case(cases) if has_row else None
    return found if found or leading is None else [leading["id"]]


def holds_of(asked: Condition, case: Record, labels: Collection[int]) -> bool | None:
    """Whether it is so of this case. None: it says nothing of single cases. Pure."""
    match asked:
        case Every(parts):
            said = [holds_of(one, case, labels) for one in parts]
            return False if False in said else True if True in said else None
        case AnyOf(parts):
            said = [holds_of(one, case, labels) for one in parts]
            return True if True in said else None if None in said else False
        case Without(part):
            said_of = holds_of(part, case, labels)
            return None if said_of is None else not said_of
        case InState(states):
            return case["state"] in states
        case OwnedBy(agent):
            return bool(case["owner_id"] == agent)
        case InTeam(team):
            return bool(case["team_id"] == team)
        case HasLabel(None):
            return not set(case["label_ids"]) & set(labels)
        case HasLabel(label):
            return label in case["label_ids"]
        case HasTopic(topics):
            return case["topic_id"] in topics if topics else case["topic_id"] is None
        case HasPriority(priority):
            return bool(case["priority"] == priority)
        case InCase(one):
            return bool(case["id"] == one)
        case InIncident(None):
            return bool(case["has_incident"])
        case InIncident(incident):
            return bool(case["incident_id"] == incident)
        case IsInNoIncident():
            return case["incident_id"] is None
        case Owes(how, at):
            return any(
                at < due and near is not None and near <= at if how == "due" else due <= at
                for due, near in zip(case["dues"], case["nears"], strict=True)
            )
        case HasTrouble():
            return bool(case["has_trouble"])
        case HasField(field, value):
            has = {one["field_id"]: one["value"] for one in case["fields"]}.get(field)
            return has is not None and (value is None or has.lower() == value.lower())
        case _:
            return None
