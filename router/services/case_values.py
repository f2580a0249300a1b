"""What stands in the fields of a case: read by who may see them, changed with the case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.case_fields import BadValue, FieldKind, is_same, written
from core.ids import RowId
from router.services.case_fields import CaseField, facts_of
from router.services.errors import Conflict, NotFound, Refused
from router.services.viewer import Viewer
from router.storage import case_fields as stored
from router.storage import cases
from router.storage.case_fields import FieldRow
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

FieldText = Annotated[str, msgspec.Meta(max_length=2_000)]


class FieldValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    field_id: RowId
    value: FieldText
    """A number as `12.5`, a day as `2026-11-22`, `yes` or `no`; empty: nothing."""
    expected: FieldText | UnsetType = UNSET
    """What whoever changes it saw there; empty: nothing. Left out: whatever is there."""


FieldValues = Annotated[tuple[FieldValue, ...], msgspec.Meta(max_length=50)]


class FilledField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a case."""

    definition: CaseField
    value: str
    """Empty: nothing."""


class FilledFields(msgspec.Struct, frozen=True, kw_only=True):
    fields: tuple[FilledField, ...]
    """Those that the caller sees, in their order."""
    revision: int
    """Of the case, as these were read."""


class ChangedField(msgspec.Struct, frozen=True, kw_only=True):
    """What a field of a case became."""

    field_id: int
    name: str
    kind: FieldKind
    at: datetime
    cause: Literal["agent", "merged", "moved", "parted", "undone"]
    """`agent` without one: a rule."""
    agent_id: int | None
    value: str | None
    """Null: nothing."""


async def fields_of(database: Database, viewer: Viewer, case_id: int) -> FilledFields:
    """Raises NotFound."""
    async with database.reading() as work:
        found = await cases.load_cases(work, [case_id])
        if not found or found[0]["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no case {case_id}.")
        seen = await stored.list_seen(work, viewer.agent_id)
        values = await stored.values_of(work, case_id) if seen else {}
    shown = tuple(
        FilledField(
            definition=CaseField(**facts_of(one)),
            value=values.get(one.id, ""),
        )
        for one in seen
    )
    return FilledFields(fields=shown, revision=found[0]["revision"])


async def plan_values(
    work: UnitOfWork,
    viewer: Viewer,
    case_id: int,
    wanted: Sequence[FieldValue],
    *,
    is_undo: bool = False,
) -> tuple[dict[int, str | None], list[str]]:
    """What changes, and the names of those of these fields that everybody sees.

    Raises Refused for a field that the viewer does not see, and a value that is not of its kind;
    Conflict `value_moved_on` where neither what was expected stands, nor what is wanted.
    """
    if not wanted:
        return {}, []
    had = await stored.values_of(work, case_id)
    planned = await check_values(work, viewer, wanted, "set_fields", had=had, is_undo=is_undo)
    changes: dict[int, str | None] = {}
    for one, (row, value) in zip(wanted, planned, strict=True):
        is_known = one.expected is UNSET or is_same(
            row.kind, row.choices, one.expected, had.get(row.id, "")
        )
        if not is_known and value != had.get(row.id, ""):
            raise Conflict(
                f"{row.name}: somebody changed it meanwhile.",
                code="value_moved_on",
                field_id=row.id,
                value=had.get(row.id, ""),
            )
        changes[row.id] = value or None
    changes = {field: value for field, value in changes.items() if value != had.get(field)}
    names = [row.name for row, _ in planned if row.id in changes and not row.team_ids]
    return changes, names


async def check_values(
    work: UnitOfWork,
    viewer: Viewer,
    wanted: Sequence[FieldValue],
    path: str,
    *,
    had: Mapping[int, str] | None = None,
    is_undo: bool = False,
) -> list[tuple[FieldRow, str]]:
    """Each field with its value as it is kept; none of them changes before the commit. What it
    `had` can stay, also where it is no choice any more, and comes back with an undo.

    Raises Refused for a field that the viewer does not see, and a value that is not of its kind.
    """
    seen = {one.id: one for one in await stored.hold_seen(work, viewer.agent_id)}
    planned = []
    for number, one in enumerate(wanted):
        row = seen.get(one.field_id)
        at = f"{path}[{number}]"
        if row is None:
            raise Refused(
                f"There is no field {one.field_id}.", code="unknown", field=f"{at}.field_id"
            )
        try:
            stands = filter(None, [(had or {}).get(row.id)])
            choices = (*row.choices, *(row.retired_choices if is_undo else stands))
            planned.append((row, written(row.kind, choices, one.value)))
        except BadValue as error:
            sentence = f"{row.name}: {error}"
            raise Refused(sentence, code="bad_value", field=f"{at}.value") from error
    return planned


async def check_filled(
    work: UnitOfWork, viewer: Viewer, case_id: int, changes: dict[int, str | None]
) -> None:
    """Raises Conflict `fields_missing`: a field that must be filled before the case is solved, and
    that the viewer sees, has nothing in it.
    """
    seen = await stored.list_seen(work, viewer.agent_id)
    required = [one for one in seen if one.is_required]
    if not required:
        return
    has = {**await stored.values_of(work, case_id), **changes}
    missing = [one for one in required if not has.get(one.id)]
    if missing:
        names = ", ".join(one.name for one in missing)
        raise Conflict(
            f"Before it is solved it needs: {names}.", code="fields_missing", fields=names
        )


async def take_back(work: UnitOfWork, move_id: int, agent_id: int) -> list[int]:
    """What cases got by a merge that is undone, unless somebody changed it since; where another
    merge would have brought something, it does now. The cases that changed.
    """
    taken = await stored.taken_by(work, move_id)
    for case_id, fields in taken.items():
        others = await stored.still_brought(work, case_id, fields)
        gone: dict[int, str | None] = dict.fromkeys(one for one in fields if one not in others)
        await stored.put_values(work, case_id, gone, "undone", agent_id=agent_id)
        for field, (value, move) in others.items():
            await stored.put_values(
                work, case_id, {field: value}, "merged", agent_id=agent_id, move_id=move
            )
    return list(taken)


async def bring_along(
    work: UnitOfWork, move_id: int, from_case_id: int, to_case_id: int, agent_id: int
) -> None:
    """What the merged case has, and the one that stands for it has not."""
    theirs = await stored.values_of(work, from_case_id)
    own = await stored.values_of(work, to_case_id)
    values: dict[int, str | None] = {
        field: value for field, value in theirs.items() if field not in own
    }
    if values:
        await stored.put_values(
            work, to_case_id, values, "merged", agent_id=agent_id, move_id=move_id
        )
