"""Moves of messages from one case to another: kept, read with what follows from them, written."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.case_placing import Move, Placing
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

LINES = ("participant_wrote", "promise_made")
"""Events that go where what was said goes; the others tell what became of their case."""
_LISTED = ", ".join(f"'{one}'" for one in LINES)
_GOES = f"(m.direction <> 'event' or m.text in ({_LISTED}))"


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: str
    from_case_id: int
    to_case_id: int
    from_class: str
    to_class: str
    agent_id: int | None
    agent_name: str | None
    at: datetime
    undone_at: datetime | None
    message_count: int


_MOVE = """
    select v.id, v.kind, v.from_case_id, v.to_case_id, f.access_class as from_class,
        t.access_class as to_class, v.agent_id, a.name as agent_name, v.at, v.undone_at,
        (select count(*) from moved_messages n where n.move_id = v.id) as message_count
    from case_moves v join cases f on f.id = v.from_case_id join cases t on t.id = v.to_case_id
    left join agents a on a.id = v.agent_id
"""


async def find_move(work: UnitOfWork, move_id: int) -> MoveRow | None:
    row = await fetch_one(work, f"{_MOVE} where v.id = $1", move_id)
    return None if row is None else MoveRow(**row)


async def moves_of(work: UnitOfWork, case_id: int, limit: int) -> list[MoveRow]:
    """Of what came to this case or left it, the newest first."""
    rows = await fetch(
        work,
        f"{_MOVE} where v.from_case_id = $1 or v.to_case_id = $1 order by v.id desc limit $2",
        case_id,
        limit,
    )
    return [MoveRow(**row) for row in rows]


async def going(work: UnitOfWork, case_id: int, limit: int) -> list[int]:
    """What would go with all of this case, oldest first."""
    rows = await fetch(
        work,
        f"select m.id from messages m where m.case_id = $1 and {_GOES} order by m.id limit $2",
        case_id,
        limit,
    )
    return [row["id"] for row in rows]


async def going_of(work: UnitOfWork, case_id: int, message_ids: Collection[int]) -> list[int]:
    """Those of these messages that are in the case and can go."""
    rows = await fetch(
        work,
        f"""
        select m.id from messages m
        where m.case_id = $1 and m.id = any($2::bigint[]) and {_GOES} order by m.id
        """,
        case_id,
        sorted(message_ids),
    )
    return [row["id"] for row in rows]


async def insert_move(
    work: UnitOfWork,
    *,
    kind: str,
    from_case_id: int,
    to_case_id: int,
    agent_id: int | None,
    message_ids: Sequence[int],
) -> int:
    """Kept only: where the messages are is `write`'s."""
    move = int(
        await work.driver.fetchval(
            """
            insert into case_moves (kind, from_case_id, to_case_id, agent_id, at)
            values ($1, $2, $3, $4, $5) returning id
            """,
            kind,
            from_case_id,
            to_case_id,
            agent_id,
            work.now(),
        )
    )
    await work.driver.execute(
        """
        insert into moved_messages (move_id, message_id, home_case_id)
        select $1, m.id, coalesce((select home_case_id from moved_messages n
                                   where n.message_id = m.id limit 1), m.case_id)
        from messages m where m.id = any($2::bigint[])
        """,
        move,
        list(message_ids),
    )
    return move


async def forget(work: UnitOfWork, message_ids: Collection[int]) -> None:
    """No move speaks of these any more: where they are is where they belong."""
    await work.driver.execute(
        "delete from moved_messages where message_id = any($1::bigint[])", sorted(message_ids)
    )


async def cases_of(work: UnitOfWork, message_ids: Collection[int]) -> dict[int, int]:
    """Message -> the case in which it is."""
    rows = await fetch(
        work,
        "select id, case_id from messages where id = any($1::bigint[]) and case_id is not null",
        sorted(message_ids),
    )
    return {row["id"]: row["case_id"] for row in rows}


async def mark_undone(work: UnitOfWork, move_id: int, agent_id: int) -> None:
    await work.driver.execute(
        "update case_moves set undone_at = $2, undone_by_id = $3 where id = $1",
        move_id,
        work.now(),
        agent_id,
    )


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What says where the messages of a conversation's cases are."""

    homes: dict[int, int]
    moves: tuple[Move, ...]
    inhabited: frozenset[int]


async def load_known(work: UnitOfWork, root_id: int) -> Known:
    rows = await fetch(
        work,
        """
        select v.id, v.kind, v.from_case_id, v.to_case_id, v.undone_at is not null as is_undone,
            array(select message_id from moved_messages n where n.move_id = v.id) as message_ids
        from persons p join cases c on c.person_id = p.id join case_moves v on v.from_case_id = c.id
        where p.root_id = $1 order by v.id
        """,
        root_id,
    )
    moves = tuple(
        Move(
            id=row["id"],
            is_merge=row["kind"] == "merge",
            is_split=row["kind"] == "split",
            from_case=row["from_case_id"],
            to_case=row["to_case_id"],
            is_undone=row["is_undone"],
            message_ids=frozenset(row["message_ids"]),
        )
        for row in rows
    )
    homes = await fetch(
        work,
        "select distinct message_id, home_case_id from moved_messages"
        " where move_id = any($1::bigint[])",
        [move.id for move in moves],
    )
    made = [move.to_case for move in moves if move.is_split]
    inhabited = await fetch(
        work,
        f"""
        select u.id from unnest($1::bigint[]) u(id)
        where (select true from messages m where m.case_id = u.id and {_GOES}
               and (select true from moved_messages n where n.message_id = m.id limit 1) is null
               limit 1) is not null
        """,
        made,
    )
    return Known(
        homes={row["message_id"]: row["home_case_id"] for row in homes},
        moves=moves,
        inhabited=frozenset(row["id"] for row in inhabited),
    )


async def put_messages(
    work: UnitOfWork, root_id: int, before: Mapping[int, int], after: Mapping[int, int]
) -> dict[int, int]:
    """Messages that are elsewhere now, each with the case in which it was.

    Left where they are: those of other people than the case, since their person was split.
    """
    wanted = sorted(one for one, case in before.items() if after[one] != case)
    if not wanted:
        return {}
    rows = await fetch(
        work,
        """
        update messages m set case_id = u.later
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) u(id, earlier, later)
        where m.id = u.id and m.case_id = u.earlier
          and (select p.root_id from persons p where p.id = m.person_id) = $4
          and (select p.root_id from cases c join persons p on p.id = c.person_id
               where c.id = u.later) = $4
        returning m.id, u.earlier
        """,
        wanted,
        [before[one] for one in wanted],
        [after[one] for one in wanted],
        root_id,
    )
    gone = {row["id"]: row["earlier"] for row in rows}
    await work.driver.execute(
        """
        update thread_keys t set case_id = u.later
        from unnest($1::bigint[], $2::bigint[]) u(id, later) where t.message_id = u.id
        """,
        sorted(gone),
        [after[one] for one in sorted(gone)],
    )
    return gone


async def stand_for(work: UnitOfWork, before: Placing, after: Placing) -> list[int]:
    """Cases for which another one stands now, or that stand for themselves again."""
    changed = [
        case
        for case in sorted(before.into.keys() | after.into.keys())
        if before.into.get(case) != after.into.get(case)
    ]
    for case in changed:
        into = after.into.get(case)
        if into is None:
            await work.driver.execute(_STAND_AGAIN, case)
        else:
            await work.driver.execute(_STAND_ASIDE, case, into, work.now())
    return changed


_STAND_ASIDE = """
    update cases set merged_into_id = $2, state = 'solved', snoozed_until = null,
        solved_at = coalesce(solved_at, $3), revision = revision + 1,
        standing = coalesce(standing, jsonb_build_object('state', state, 'solved_at', solved_at,
            'snoozed_until', snoozed_until))
    where id = $1
"""
_STAND_AGAIN = """
    update cases set merged_into_id = null, state = standing ->> 'state',
        solved_at = (standing ->> 'solved_at')::timestamptz,
        snoozed_until = (standing ->> 'snoozed_until')::timestamptz,
        standing = null, revision = revision + 1
    where id = $1
"""


async def waits_for_answer(
    work: UnitOfWork, case_ids: Collection[int], message_ids: Collection[int]
) -> bool:
    """Whether one of these is what a person wrote, and nobody answered it in these cases."""
    return bool(
        await work.driver.fetchval(
            """
            select coalesce((
                select max(id) from messages where id = any($2::bigint[]) and direction = 'in'
                  and nature = 'human' and not is_link_code), 0)
              > coalesce((
                select max(id) from messages where case_id = any($1::bigint[])
                  and direction = 'out' and nature = 'human' and deleted_at is null), 0)
            """,
            sorted(case_ids),
            sorted(message_ids),
        )
    )


async def lift(work: UnitOfWork, move_id: int, case_id: int) -> bool:
    """The case is open because of this move; whether it was not."""
    earlier = await fetch_one(
        work,
        f"""
        select v.lifted, v.lifted_after, c.state from cases c left join lateral (
            select lifted, lifted_after from case_moves v
            where v.to_case_id = c.id and v.undone_at is null and v.lifted is not null
              and {_UNDECIDED.format(case="c.id", after="v.lifted_after")}
            order by v.id desc limit 1
        ) v on true
        where c.id = $1
        """,
        case_id,
    )
    assert earlier is not None
    if earlier["state"] == "open":
        if earlier["lifted"] is not None:
            await _keep_lifted(work, move_id, earlier["lifted"], earlier["lifted_after"])
        return False
    row = await fetch_one(
        work,
        """
        with was as (select * from cases where id = $1)
        update cases c set state = 'open', solved_at = null, snoozed_until = null,
            revision = c.revision + 1
        from was where c.id = was.id
        returning was.state, was.solved_at, was.snoozed_until, coalesce((
            select max(id) from case_history where case_id = was.id), 0) as newest
        """,
        case_id,
    )
    assert row is not None
    was = {name: row[name] for name in ("state", "solved_at", "snoozed_until")}
    await _keep_lifted(work, move_id, was, row["newest"])
    return True


async def _keep_lifted(work: UnitOfWork, move_id: int, was: Mapping[str, Any], after: int) -> None:
    await work.driver.execute(
        "update case_moves set lifted = $2::jsonb, lifted_after = $3 where id = $1",
        move_id,
        msgspec.json.encode(was).decode(),
        after,
    )


_UNDECIDED = """
    (select true from case_history h where h.case_id = {case} and h.id > {after}
     and h.cause not in ('merged', 'moved', 'undone') and h.state <> 'open' limit 1) is null
"""


async def let_down(work: UnitOfWork, move_id: int) -> int | None:
    """The case is again what it was before this move opened it, unless somebody decided otherwise
    or its person wrote since, or it is open because of another one as well.

    The case, if it changed.
    """
    row = await fetch_one(
        work,
        f"""
        select v.to_case_id, v.lifted::text as lifted, c.merged_into_id is not null as is_aside
        from case_moves v join cases c on c.id = v.to_case_id
        where v.id = $1 and v.lifted is not null
          and coalesce(c.standing ->> 'state', c.state) = 'open'
          and {_UNDECIDED.format(case="c.id", after="v.lifted_after")}
          and (select true from messages m where m.case_id = c.id and m.received_at > v.at
               and m.direction = 'in' and m.nature = 'human' and not m.is_link_code
               limit 1) is null
          and (select true from case_moves o where o.to_case_id = c.id and o.id <> v.id
               and o.undone_at is null and o.lifted is not null limit 1) is null
        """,
        move_id,
    )
    if row is None:
        return None
    await work.driver.execute(_LET_DOWN_ASIDE if row["is_aside"] else _LET_DOWN, *_was(row))
    return int(row["to_case_id"])


def _was(row: Record) -> tuple[int, str]:
    return row["to_case_id"], row["lifted"]


_LET_DOWN_ASIDE = "update cases set standing = $2::jsonb, revision = revision + 1 where id = $1"
_LET_DOWN = """
    update cases set state = $2::jsonb ->> 'state',
        solved_at = ($2::jsonb ->> 'solved_at')::timestamptz,
        snoozed_until = ($2::jsonb ->> 'snoozed_until')::timestamptz, revision = revision + 1
    where id = $1
"""
