"""Labels: agents make them as they put them on cases; who keeps the desk renames and drops them."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from core.queries import can_be_asked_for
from router.services import audit, renaming
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.viewer import Viewer
from router.storage import labels as stored
from router.storage import persons
from router.storage.engine import Database
from router.storage.labels import LabelRow
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_LABELS = 500
MOST_ON_A_CASE = 20
LONGEST = 40
TINTS = 6
MOST_AT_ONCE = 200
"""Cases that are moved from one label to another in one transaction."""

LabelName = Annotated[str, msgspec.Meta(max_length=200)]
Tint = Annotated[int, msgspec.Meta(ge=0, lt=TINTS)]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    tint: Tint
    """Which of the colours that every page has for labels."""


class CountedLabel(Label, frozen=True, kw_only=True):
    cases: int
    """On how many it is, solved ones too."""


async def list_labels(database: Database) -> list[Label]:
    """By name."""
    async with database.reading() as work:
        rows = await stored.list_labels(work)
    return [_shown(row) for row in rows]


async def list_counted(database: Database, viewer: Viewer) -> list[CountedLabel]:
    """By name, with how much each is used on cases that the viewer sees."""
    async with database.reading() as work:
        rows, counts = await stored.list_labels(work), await stored.counts(work, viewer.sight)
    shown = [(_shown(row), counts.get(row.id, 0)) for row in rows]
    return [
        CountedLabel(id=one.id, name=one.name, tint=one.tint, cases=cases) for one, cases in shown
    ]


async def add_label(
    database: Database, caller: Caller, name: str, tint: int | None = None
) -> Label:
    """The label of this name, made if there is none. Raises Refused."""
    name = _checked(name)
    async with database.transaction() as work:
        await stored.lock(work)
        found = await stored.find_named(work, name)
        if found is None:
            if len(await stored.list_labels(work)) >= MOST_LABELS:
                raise Refused(f"At most {MOST_LABELS} labels.", code="too_many", field="name")
            found = await stored.insert(work, name, tint)
            await _tell(work, caller, "label.added", found.id)
        return _shown(found)


async def change_label(
    database: Database, caller: Caller, label_id: int, name: str, tint: int | None = None
) -> Label:
    """Its name and tint, on every case. Without a tint it keeps its own. Raises NotFound, Refused,
    Conflict (another one has this name).
    """
    name = _checked(name)
    async with database.transaction() as work:
        await stored.lock(work)
        before = await _load(work, label_id)
        other = await stored.find_named(work, name)
        if other is not None and other.id != label_id:
            raise Conflict(f"There is a label “{other.name}” already.", code="taken")
        tint = before.tint if tint is None else tint
        await stored.change(work, label_id, name, tint)
        followed = await renaming.follow_label_name(work, caller.agent_id, before.name, name)
        await _tell(work, caller, "label.changed", label_id, followed)
    return _shown(msgspec.structs.replace(before, name=name, tint=tint))


async def merge_label(database: Database, caller: Caller, label_id: int, into: int) -> Label:
    """Every case that had the one has the other, rules, macros and saved views that named it name
    the other, and the one is dropped. Raises NotFound, Refused.

    Some hundred cases at a time: what is interrupted goes on when it is asked for again.
    """
    if label_id == into:
        raise Refused("A label cannot go on in itself.", code="same", field="into")
    target: Label | None = None
    while target is None:
        if not await _move_some(database, label_id, into):
            target = await _end(database, caller, label_id, into)
    return target


async def _move_some(database: Database, label_id: int, into: int) -> bool:
    """False: no case has the label."""
    async with database.transaction() as work:
        await stored.hold(work, [into])
        await _load(work, label_id)
        await _load(work, into)
        people = await stored.cases_with(work, label_id, MOST_AT_ONCE)
        roots = await persons.lock_roots(work, people.values())
        for case in await stored.replace(work, people, label_id, into):
            work.announce(Fact.CASE_CHANGED, person=roots[people[case]], ref=case)
        return bool(people)


async def _end(database: Database, caller: Caller, label_id: int, into: int) -> Label | None:
    """None: somebody has put it on a case meanwhile."""
    async with database.transaction() as work:
        # No conversation is held here: whoever changes one asks for its labels after that.
        await renaming.hold_rules(work)
        await stored.seize(work, [label_id, into])
        former = await _load(work, label_id)
        target = await _load(work, into)
        if await stored.cases_with(work, label_id, 1):
            return None
        await stored.drop(work, label_id)
        followed = await renaming.follow_label(
            work, caller.agent_id, label_id, former.name, into, target.name
        )
        await _tell(work, caller, "label.merged", label_id, {"into": into, **followed})
        return _shown(target)


async def drop_label(database: Database, caller: Caller, label_id: int) -> None:
    """Off every case at once. Raises NotFound."""
    async with database.transaction() as work:
        await _load(work, label_id)
        await stored.drop(work, label_id)
        await _tell(work, caller, "label.dropped", label_id)


async def restore_label(database: Database, caller: Caller, label_id: int) -> Label:
    """One that was dropped is on its cases again, and what another one went on for is on none.
    Raises NotFound, Refused, Conflict `taken`: another one is called so by now.
    """
    async with database.transaction() as work:
        await stored.lock(work)
        row = await stored.find(work, label_id, is_dropped=True)
        if row is None:
            raise NotFound(f"There is no label {label_id} that was dropped.")
        if (other := await stored.find_named(work, row.name)) is not None:
            raise Conflict(f"There is a label “{other.name}” already.", code="taken")
        if len(await stored.list_labels(work)) >= MOST_LABELS:
            raise Refused(f"At most {MOST_LABELS} labels.", code="too_many", field="name")
        await stored.put_back(work, label_id)
        await _tell(work, caller, "label.restored", label_id)
        return _shown(row)


async def check_labels(work: UnitOfWork, label_ids: Collection[int], field: str) -> dict[int, str]:
    """Their names; they stay until the commit. Raises Refused: one of them is not there."""
    names = await stored.hold(work, label_ids)
    for label in label_ids:
        if label not in names:
            raise Refused(f"There is no label {label}.", code="unknown", field=field)
    return names


async def plan_labels(
    work: UnitOfWork,
    case: Record,
    added: Collection[int] | UnsetType,
    dropped: Collection[int] | UnsetType,
) -> dict[str, Any]:
    """What changes of a case that gets these and loses those; left out: none. Raises Refused."""
    added = () if added is UNSET else added
    dropped = () if dropped is UNSET else dropped
    if not added and not dropped:
        return {}
    news = sorted(set(added) - set(case["label_ids"]))
    if news:
        await check_labels(work, news, "add_labels")
    # Cases keep the ids of labels that are gone: the next change of their labels drops them.
    there = await stored.names_of(work, case["label_ids"])
    wanted = sorted({*there, *added} - set(dropped))
    if wanted == sorted(there):
        return {}
    if len(wanted) > max(MOST_ON_A_CASE, len(there)):
        raise Refused(f"At most {MOST_ON_A_CASE} labels.", code="too_many", field="add_labels")
    return {"label_ids": wanted}


async def _load(work: UnitOfWork, label_id: int) -> LabelRow:
    row = await stored.find(work, label_id)
    if row is None:
        raise NotFound(f"There is no label {label_id}.")
    return row


def _shown(row: LabelRow) -> Label:
    """Without a chosen tint it follows from the id, and is the same wherever it is shown."""
    return Label(id=row.id, name=row.name, tint=row.id % TINTS if row.tint is None else row.tint)


def _checked(name: str) -> str:
    """One that can be written in a query: `label:"first line"`."""
    name = " ".join(name.split())
    if not name:
        raise Refused("A name is needed.", code="empty", field="name")
    if len(name) > LONGEST:
        raise Refused(f"At most {LONGEST} characters.", code="too_long", field="name")
    if '"' in name or not name.isprintable():
        raise Refused("Quotation marks cannot be in it.", code="bad_name", field="name")
    if not can_be_asked_for(name):
        raise Refused("A query reads it otherwise.", code="bad_name", field="name")
    return name


async def _tell(
    work: UnitOfWork,
    caller: Caller,
    action: str,
    label_id: int,
    facts: Mapping[str, int | list[int]] | None = None,
) -> None:
    """Pages ask for the labels with their views."""
    work.announce(Fact.VIEWS_CHANGED)
    await audit.record(work, caller.actor, action, f"labels/{label_id}", facts)
