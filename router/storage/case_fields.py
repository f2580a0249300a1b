"""Fields of cases: what admins defined, what cases have in them, and what those were."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.case_fields import FieldKind
from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork


class FieldRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    kind: FieldKind
    choices: tuple[str, ...]
    retired_choices: tuple[str, ...]
    is_required: bool
    is_personal: bool
    team_ids: tuple[int, ...]
    place: int
    is_retired: bool


class FieldChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    field_id: int
    name: str
    kind: FieldKind
    at: datetime
    cause: str
    agent_id: int | None
    value: str | None


class FieldStepRow(msgspec.Struct, frozen=True, kw_only=True):
    field_id: int
    id: int
    value: str | None
    former: str | None
    """What stood there before it; None: nothing, of both."""


_COLUMNS = """f.id, f.name, f.kind, f.choices, f.retired_choices, f.is_required, f.is_personal,
    f.team_ids, f.place, f.retired_at is not null as is_retired"""
_CASTS = {"choices": "::jsonb", "retired_choices": "::jsonb", "team_ids": "::bigint[]"}
_SEEN = """(f.team_ids = '{}'::bigint[] or f.team_ids && array(
    select team_id from memberships where agent_id = $1))"""


async def list_fields(work: UnitOfWork) -> list[FieldRow]:
    """All, in their order; retired ones last."""
    rows = await fetch(
        work,
        f"select {_COLUMNS} from case_fields f order by f.retired_at is not null, f.place, f.id",
    )
    return [_row(row) for row in rows]


async def list_seen(work: UnitOfWork, agent_id: int) -> list[FieldRow]:
    """Those in use that this agent sees, in their order."""
    rows = await fetch(
        work,
        f"""select {_COLUMNS} from case_fields f
        where f.retired_at is null and {_SEEN} order by f.place, f.id""",
        agent_id,
    )
    return [_row(row) for row in rows]


async def list_hidden(work: UnitOfWork, agent_id: int) -> frozenset[int]:
    """Those that this agent does not see, retired ones too."""
    rows = await fetch(work, f"select f.id from case_fields f where not {_SEEN}", agent_id)
    return frozenset(row["id"] for row in rows)


async def is_for_all(work: UnitOfWork, field_id: int) -> bool:
    """Whether everybody sees it, which stays so until the commit."""
    found = await work.driver.fetchval(
        """select cardinality(team_ids) = 0 from case_fields
        where id = $1 and retired_at is null for share""",
        field_id,
    )
    return bool(found)


async def lock_fields(work: UnitOfWork) -> list[FieldRow]:
    """All, as nobody else changes them until the commit."""
    await work.driver.execute("lock table case_fields in share row exclusive mode")
    return await list_fields(work)


async def hold_fields(work: UnitOfWork) -> None:
    """None of them changes before the commit."""
    await work.driver.execute("select from case_fields order by id for share")


async def hold_seen(work: UnitOfWork, agent_id: int) -> list[FieldRow]:
    """As `list_seen`, and none of them changes before the commit."""
    await hold_fields(work)
    return await list_seen(work, agent_id)


async def insert_field(work: UnitOfWork, values: Mapping[str, Any]) -> int:
    """Below all others. Under `lock_fields`."""
    names = sorted(values)
    placed = ", ".join(_placed(name, at) for at, name in enumerate(names, start=2))
    return int(
        await work.driver.fetchval(
            f"""insert into case_fields (made_at, place, {", ".join(names)})
            select $1, coalesce(max(place), 0) + 1, {placed} from case_fields returning id""",
            work.now(),
            *(_kept(name, values[name]) for name in names),
        )
    )


async def change_field(work: UnitOfWork, field_id: int, values: Mapping[str, Any]) -> None:
    """Under `lock_fields`."""
    names = sorted(values)
    placed = ", ".join(f"{name} = {_placed(name, at)}" for at, name in enumerate(names, start=2))
    await work.driver.execute(
        f"update case_fields set {placed} where id = $1",
        field_id,
        *(_kept(name, values[name]) for name in names),
    )


async def blot_erased(work: UnitOfWork, field_id: int) -> None:
    """Nothing of people who were erased stands in it, nor in its history. Once it is personal: whom
    somebody erases meanwhile waits for it, or has gone before.
    """
    theirs = """(select c.id from identities i join cases c on c.person_id = i.home_person_id
        where lower(i.handle) like 'erased:%')"""
    await work.driver.execute(
        f"delete from case_field_values where field_id = $1 and case_id in {theirs}", field_id
    )
    await work.driver.execute(
        f"""update case_field_history set value = null
        where field_id = $1 and value is not null and case_id in {theirs}""",
        field_id,
    )


async def put_in_order(work: UnitOfWork, field_ids: Sequence[int]) -> None:
    """Under `lock_fields`."""
    await work.driver.execute(
        """update case_fields f set place = u.place
        from unnest($1::bigint[]) with ordinality u(id, place) where f.id = u.id""",
        list(field_ids),
    )


async def counts(work: UnitOfWork, sight: Sight) -> dict[int, int]:
    """Field -> how many cases, as far as they are seen, have something in it."""
    rows = await fetch(
        work,
        "select v.field_id, count(*) as cases from case_field_values v"
        " join cases c on c.id = v.case_id where c.access_class = any($1::text[])"
        " group by v.field_id",
        sight.listed,
    )
    return {row["field_id"]: row["cases"] for row in rows}


async def values_of(work: UnitOfWork, case_id: int) -> dict[int, str]:
    """Whoever may not see a field is the caller's to leave it out."""
    rows = await fetch(
        work, "select field_id, value from case_field_values where case_id = $1", case_id
    )
    return {row["field_id"]: row["value"] for row in rows}


async def put_values(
    work: UnitOfWork,
    case_id: int,
    values: Mapping[int, str | None],
    cause: str,
    *,
    agent_id: int | None = None,
    move_id: int | None = None,
) -> None:
    """Written, with a row of history each; None: the case has nothing there any more. Under the
    conversation's lock, and only what is another than before."""
    gone = sorted(field for field, value in values.items() if value is None)
    await work.driver.execute(
        "delete from case_field_values where case_id = $1 and field_id = any($2::bigint[])",
        case_id,
        gone,
    )
    kept = sorted((field, value) for field, value in values.items() if value is not None)
    await work.driver.execute(
        """insert into case_field_values (case_id, field_id, value)
        select $1, u.field, u.value from unnest($2::bigint[], $3::text[]) u(field, value)
        on conflict (case_id, field_id) do update set value = excluded.value""",
        case_id,
        [field for field, _ in kept],
        [value for _, value in kept],
    )
    fields = sorted(values)
    await work.driver.execute(
        """insert into case_field_history (case_id, field_id, at, cause, agent_id, value, move_id)
        select $1, u.field, $4, $5, $6, u.value, $7
        from unnest($2::bigint[], $3::text[]) u(field, value)""",
        case_id,
        fields,
        [values[one] for one in fields],
        work.now(),
        cause,
        agent_id,
        move_id,
    )


async def lacking(
    work: UnitOfWork,
    from_case_id: int,
    to_case_id: int,
    *,
    with_personal: bool = True,
    only_by_hand: bool = False,
) -> dict[int, str]:
    """What the one has and the other has not; `only_by_hand`: of that only what was said in it."""
    rows = await fetch(
        work,
        """select v.field_id, v.value
        from case_field_values v join case_fields f on f.id = v.field_id
        where v.case_id = $1 and (f.is_personal = false or $3) and f.retired_at is null
          and v.field_id not in (select field_id from case_field_values where case_id = $2)
          and (not $4 or 'agent' = (select h.cause from case_field_history h
              where h.case_id = $1 and h.field_id = v.field_id order by h.id desc limit 1))""",
        from_case_id,
        to_case_id,
        with_personal,
        only_by_hand,
    )
    return {row["field_id"]: row["value"] for row in rows}


async def copy_values(
    work: UnitOfWork,
    from_case_id: int,
    to_case_id: int,
    cause: str,
    *,
    with_personal: bool = True,
    only_by_hand: bool = False,
) -> bool:
    """The other has what it lacked (`lacking`). Whether there was anything."""
    values = await lacking(
        work, from_case_id, to_case_id, with_personal=with_personal, only_by_hand=only_by_hand
    )
    if values:
        await put_values(work, to_case_id, dict(values), cause)
    return bool(values)


async def taken_by(work: UnitOfWork, move_id: int) -> dict[int, list[int]]:
    """Case -> fields that it got by a merge of cases and still has just so: to be taken back. So of
    the case into which that one was merged since, after it.
    """
    brought = """h.cause = 'merged'
        and h.value = (select v.value from case_field_values v
                       where v.case_id = h.case_id and v.field_id = h.field_id)
        and h.id = (select max(x.id) from case_field_history x
                    where x.case_id = h.case_id and x.field_id = h.field_id)"""
    rows = await fetch(
        work,
        f"""with recursive taken as (
            select h.id, h.case_id, h.field_id from case_field_history h
            where h.move_id = $1 and {brought}
            union
            select h.id, h.case_id, h.field_id from taken t
            join case_moves m on m.from_case_id = t.case_id and m.undone_at is null
            join case_field_history h on h.move_id = m.id and h.field_id = t.field_id
            where {brought}
        ) select case_id, field_id from taken order by id""",
        move_id,
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["case_id"], []).append(row["field_id"])
    return found


async def still_brought(
    work: UnitOfWork, case_id: int, field_ids: Sequence[int]
) -> dict[int, tuple[str, int]]:
    """Field -> what the case that was merged into this one first, of those that still are, has in
    it, and that merge.
    """
    rows = await fetch(
        work,
        """select distinct on (v.field_id) v.field_id, v.value, m.id as move_id
        from case_moves m join case_field_values v on v.case_id = m.from_case_id
        where m.to_case_id = $1 and m.kind = 'merge' and m.undone_at is null
          and v.field_id = any($2::bigint[])
        order by v.field_id, m.id""",
        case_id,
        list(field_ids),
    )
    return {row["field_id"]: (row["value"], row["move_id"]) for row in rows}


async def history_of(work: UnitOfWork, case_id: int, agent_id: int) -> list[FieldChangeRow]:
    """Of the fields that this agent sees, retired ones too, oldest first."""
    rows = await fetch(
        work,
        f"""select h.field_id, f.name, f.kind, h.at, h.cause, h.agent_id, h.value
        from case_field_history h join case_fields f on f.id = h.field_id
        where h.case_id = $2 and {_SEEN} order by h.id""",
        agent_id,
        case_id,
    )
    return [FieldChangeRow(**row) for row in rows]


async def last_steps(
    work: UnitOfWork, case_id: int, field_ids: Sequence[int]
) -> dict[int, FieldStepRow]:
    """Field -> what it became last; without those that never had anything."""
    rows = await fetch(
        work,
        """select field_id, max(id) as id, (array_agg(value order by id desc))[1] as value,
            (array_agg(value order by id desc))[2] as former
        from case_field_history where case_id = $1 and field_id = any($2::bigint[])
        group by field_id""",
        case_id,
        list(field_ids),
    )
    return {row["field_id"]: FieldStepRow(**row) for row in rows}


async def find_named(work: UnitOfWork, agent_id: int, name: str) -> FieldRow | None:
    """One in use that this agent sees, in any case."""
    row = await fetch_one(
        work,
        f"""select {_COLUMNS} from case_fields f
        where f.retired_at is null and lower(f.name) = lower($2) and {_SEEN}""",
        agent_id,
        name,
    )
    return None if row is None else _row(row)


def _placed(name: str, at: int) -> str:
    return f"${at}" + _CASTS.get(name, "")


def _kept(name: str, value: Any) -> Any:
    match name:
        case "choices" | "retired_choices":
            return msgspec.json.encode(value).decode()
        case "team_ids":
            return sorted(value)
        case _:
            return value


def _row(row: Record) -> FieldRow:
    return msgspec.convert(dict(row), FieldRow)
