"""Fields of cases, as admins define them: added, renamed, ordered, retired and brought back."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from core.case_fields import FieldKind
from core.ids import RowId
from router.services import audit, renaming
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.partial import said_of
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.storage import case_fields as stored
from router.storage import cases
from router.storage.case_fields import FieldRow
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_FIELDS = 50
MOST_CHOICES = 100
MOST_RETIRED_CHOICES = 300
FieldName = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Choices = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=80)], ...],
    msgspec.Meta(max_length=MOST_CHOICES),
]
TeamIds = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=50)]


class NewField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: FieldName
    kind: FieldKind
    choices: Choices = ()
    """Of a field of kind `choice`: what may stand in it."""
    is_required: bool = False
    """Whoever sees it solves no case without it."""
    is_personal: bool = True
    """It may say something of the person: what stands in it goes when they are erased."""
    team_ids: TeamIds = ()
    """Whose members see it; none: everybody who sees the case."""


class FieldChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. A field keeps its kind."""

    name: FieldName | UnsetType = UNSET
    choices: Choices | UnsetType = UNSET
    """Cases keep what they have, also where it is no choice any more."""
    is_required: bool | UnsetType = UNSET
    is_personal: bool | UnsetType = UNSET
    team_ids: TeamIds | UnsetType = UNSET
    is_retired: bool | UnsetType = UNSET
    """It stands nowhere but in histories, and can come back with what cases had."""


class CaseField(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    kind: FieldKind
    choices: tuple[str, ...]
    retired_choices: tuple[str, ...]
    """What was one once: cases may have it still, and may be asked for by it."""
    is_required: bool
    is_personal: bool
    team_ids: tuple[int, ...]
    is_retired: bool


class CountedField(CaseField, frozen=True, kw_only=True):
    cases: int | None = None
    """How many have something in it; null: told to whoever defines fields alone."""
    is_seen: bool
    """The caller sees what stands in it, and fills it in; who defines it need not."""


async def list_fields(database: Database, caller: Caller) -> list[CountedField]:
    """In their order: those in use that the caller sees; all, for whoever defines them."""
    async with database.reading() as work:
        seen = await stored.list_seen(work, caller.agent_id)
        if Permission.CHANGE_FIELDS not in caller.permissions:
            return [CountedField(**facts_of(one), is_seen=True) for one in seen]
        rows = await stored.list_fields(work)
        counts = await stored.counts(work, viewer_of(caller).sight)
    ids = {one.id for one in seen}
    return [
        CountedField(**facts_of(one), cases=counts.get(one.id, 0), is_seen=one.id in ids)
        for one in rows
    ]


async def add_field(database: Database, caller: Caller, wanted: NewField) -> CaseField:
    """Below all others. Raises Refused, Conflict `name_taken`."""
    async with database.transaction() as work:
        fields = await stored.lock_fields(work)
        _check_room(fields)
        values = msgspec.structs.asdict(wanted)
        await _check(work, fields, values, wanted.kind, None)
        made = await stored.insert_field(work, values)
        return await _told(work, caller, "case_field.added", made)


async def change_field(
    database: Database, caller: Caller, field_id: int, change: FieldChange
) -> CaseField:
    """What rules ask of or fill in stays theirs, and saved views ask for it as it is called then.
    Raises NotFound, Refused, Conflict `name_taken`,
    `named_by_rules` (rules or macros for others name what they would lose).
    """
    async with database.transaction() as work:
        fields = await stored.lock_fields(work)
        before = _find(fields, field_id)
        said = said_of(change)
        later = {**facts_of(before), **said}
        followed: renaming.Followed = {}
        if said:
            names = ("name", "choices", "is_required", "is_personal", "team_ids")
            values = {name: later[name] for name in names}
            others = [] if later["is_retired"] else fields
            await _check(work, others, values, before.kind, field_id)
            values["retired_choices"] = _retired(before, values["choices"])
            if before.is_retired and not later["is_retired"]:
                _check_room(fields)
            values["retired_at"] = work.now() if later["is_retired"] else None
            await stored.change_field(work, field_id, values)
            if values["is_personal"] and not before.is_personal:
                await stored.blot_erased(work, field_id)
            await _check_naming(work, before, values)
            if values["name"] != before.name and not before.is_retired:
                followed = await renaming.follow_field(
                    work, caller.agent_id, before.name, values["name"]
                )
        return await _told(work, caller, "case_field.changed", field_id, followed)


async def order_fields(
    database: Database, caller: Caller, field_ids: Sequence[int]
) -> list[CountedField]:
    """In this order from now on. Raises Refused `moved_on` unless each in use is named once."""
    async with database.transaction() as work:
        fields = await stored.lock_fields(work)
        if sorted(field_ids) != sorted(one.id for one in fields if not one.is_retired):
            raise Refused("Name each field in use once.", code="moved_on", field="ids")
        await stored.put_in_order(work, field_ids)
        work.announce(Fact.VIEWS_CHANGED)
        await audit.record(work, caller.actor, "case_fields.ordered", "case-fields")
    return await list_fields(database, caller)


def _check_room(fields: Sequence[FieldRow]) -> None:
    """For one more. Raises Refused."""
    if sum(not one.is_retired for one in fields) >= MOST_FIELDS:
        raise Refused(f"At most {MOST_FIELDS} fields.", code="too_many", field="name")


async def _check(
    work: UnitOfWork,
    fields: Sequence[FieldRow],
    values: dict[str, Any],
    kind: FieldKind,
    field_id: int | None,
) -> None:
    """Writes the values in their one way. Raises Refused, Conflict."""
    name = " ".join(values["name"].split())
    if not name or not name.isprintable() or set(name) & set('"='):
        raise Refused("Quotation marks and = cannot be in it.", code="bad_name", field="name")
    for one in fields:
        is_other = one.id != field_id and not one.is_retired
        if is_other and one.name.casefold() == name.casefold():
            raise Conflict("A field has that name.", code="name_taken")
    choices = tuple(" ".join(one.split()) for one in values["choices"])
    if (kind is FieldKind.CHOICE) != bool(choices):
        sentence = "Name the choices." if kind is FieldKind.CHOICE else "Only a choice has choices."
        raise Refused(sentence, code="bad_choices", field="choices")
    if not all(choices) or len({one.casefold() for one in choices}) != len(choices):
        raise Refused("Name each choice once.", code="bad_choices", field="choices")
    for team in values["team_ids"]:
        if not await cases.team_exists(work, team):
            raise Refused(f"There is no team {team}.", code="unknown", field="team_ids")
    values |= {"name": name, "choices": choices, "team_ids": sorted(set(values["team_ids"]))}


async def _check_naming(work: UnitOfWork, before: FieldRow, values: dict[str, Any]) -> None:
    """With the field changed already, so that whoever saves a rule comes before or after that.

    Raises Conflict: a rule would see nothing in a field that is retired or a team's, and “is not
    set” would hold for every case.
    """
    was_for_all = not before.is_retired and not before.team_ids
    if was_for_all and (values["retired_at"] is not None or values["team_ids"]):
        naming = await renaming.list_naming_field(work, before.id)
        if naming:
            raise _in_use("Rules or macros name this field", naming)
    kept = {one.casefold() for one in values["choices"]}
    gone = [one for one in before.choices if one.casefold() not in kept]
    naming = await renaming.list_naming_field(work, before.id, gone) if gone else []
    if naming:
        raise _in_use(f"Rules or macros name a choice that would go ({', '.join(gone)})", naming)


def _in_use(what: str, naming: Sequence[str]) -> Conflict:
    listed = ", ".join(f"“{one}”" for one in naming[:5])
    return Conflict(f"{what}: {listed}. Change these first.", code="named_by_rules", names=listed)


def _retired(before: FieldRow, choices: Sequence[str]) -> list[str]:
    """With these choices from now on. Of too many, those that went first are forgotten."""
    now = {one.casefold() for one in choices}
    once = dict.fromkeys((*before.retired_choices, *before.choices))
    return [one for one in once if one.casefold() not in now][-MOST_RETIRED_CHOICES:]


def _find(fields: Sequence[FieldRow], field_id: int) -> FieldRow:
    found = next((one for one in fields if one.id == field_id), None)
    if found is None:
        raise NotFound(f"There is no field {field_id}.")
    return found


def facts_of(row: FieldRow) -> dict[str, Any]:
    """The values of `CaseField`."""
    return {name: getattr(row, name) for name in CaseField.__struct_fields__}


async def _told(
    work: UnitOfWork,
    caller: Caller,
    action: str,
    field_id: int,
    followed: renaming.Followed | None = None,
) -> CaseField:
    """Pages ask for fields with their views."""
    row = _find(await stored.list_fields(work), field_id)
    facts: dict[str, int | list[int]] = {
        "is_required": row.is_required,
        "is_personal": row.is_personal,
        "is_retired": row.is_retired,
        "team_ids": list(row.team_ids),
        **(followed or {}),
    }
    await audit.record(work, caller.actor, action, f"case-fields/{field_id}", facts)
    work.announce(Fact.VIEWS_CHANGED)
    return CaseField(**facts_of(row))
