"""Labels: agents make them as they put them on cases; who keeps the desk renames and drops them."""

from collections.abc import Collection
from typing import Annotated

import msgspec

from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.storage import labels as stored
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_LABELS = 500
MOST_ON_A_CASE = 20
LONGEST = 40

LabelName = Annotated[str, msgspec.Meta(max_length=200)]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str


async def list_labels(database: Database) -> list[Label]:
    """By name."""
    async with database.reading() as work:
        rows = await stored.list_labels(work)
    return [Label(id=row.id, name=row.name) for row in rows]


async def add_label(database: Database, caller: Caller, name: str) -> Label:
    """The label of this name, made if there is none. Raises Refused."""
    name = _checked(name)
    async with database.transaction() as work:
        await stored.lock(work)
        found = await stored.find_named(work, name)
        if found is None:
            if len(await stored.list_labels(work)) >= MOST_LABELS:
                raise Refused(f"At most {MOST_LABELS} labels.", code="too_many", field="name")
            found = await stored.insert(work, name)
            await _tell(work, caller, "label.added", found.id)
        return Label(id=found.id, name=found.name)


async def change_label(database: Database, caller: Caller, label_id: int, name: str) -> Label:
    """Rename it, on every case. Raises NotFound, Refused, Conflict (another one has this name)."""
    name = _checked(name)
    async with database.transaction() as work:
        await stored.lock(work)
        await _load(work, label_id)
        other = await stored.find_named(work, name)
        if other is not None and other.id != label_id:
            raise Conflict(f"There is a label “{other.name}” already.", code="taken")
        await stored.rename(work, label_id, name)
        await _tell(work, caller, "label.changed", label_id)
    return Label(id=label_id, name=name)


async def drop_label(database: Database, caller: Caller, label_id: int) -> None:
    """Off every case at once. Raises NotFound."""
    async with database.transaction() as work:
        await _load(work, label_id)
        await stored.drop(work, label_id)
        await _tell(work, caller, "label.dropped", label_id)


async def check_labels(work: UnitOfWork, label_ids: Collection[int], field: str) -> dict[int, str]:
    """Their names. Raises Refused: one of them is not there."""
    names = await stored.names_of(work, label_ids)
    for label in label_ids:
        if label not in names:
            raise Refused(f"There is no label {label}.", code="unknown", field=field)
    return names


async def _load(work: UnitOfWork, label_id: int) -> None:
    if label_id not in await stored.names_of(work, [label_id]):
        raise NotFound(f"There is no label {label_id}.")


def _checked(name: str) -> str:
    """One that can be written in a query: `label:"first line"`."""
    name = " ".join(name.split())
    if not name:
        raise Refused("A name is needed.", code="empty", field="name")
    if len(name) > LONGEST:
        raise Refused(f"At most {LONGEST} characters.", code="too_long", field="name")
    if '"' in name or not name.isprintable():
        raise Refused("Quotation marks cannot be in it.", code="bad_name", field="name")
    return name


async def _tell(work: UnitOfWork, caller: Caller, action: str, label_id: int) -> None:
    """Pages ask for the labels with their views."""
    work.announce(Fact.VIEWS_CHANGED)
    await audit.record(work, caller.actor, action, f"labels/{label_id}")
