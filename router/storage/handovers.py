"""What one shift hands to the next: packets, notes, receipts, and what a packet is made of."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork


class HandoverRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    team_id: int
    team_name: str
    agent_id: int | None
    ends_at: datetime
    next_until: datetime
    made_at: datetime
    leaving_ids: list[int]
    next_ids: list[int]


_ROW = """
    select h.id, h.team_id, t.name as team_name, h.agent_id, h.ends_at, h.next_until, h.made_at,
        h.leaving_ids, h.next_ids
    from handovers h join teams t on t.id = h.team_id
"""


async def insert(
    work: UnitOfWork,
    *,
    team_id: int,
    agent_id: int | None,
    ends_at: datetime,
    next_until: datetime,
    leaving_ids: Collection[int],
    next_ids: Collection[int],
    kept: bytes,
) -> int | None:
    """None: this end of a shift has one already, or there is no such team any more."""
    made: int | None = await work.driver.fetchval(
        """
        insert into handovers (team_id, agent_id, ends_at, next_until, made_at, leaving_ids,
            next_ids, kept)
        select id, $2, $3, $4, $5, $6, $7, $8::jsonb from teams where id = $1 for key share
        on conflict (team_id, ends_at) where agent_id is null do nothing returning id
        """,
        team_id,
        agent_id,
        ends_at,
        next_until,
        work.now(),
        sorted(leaving_ids),
        sorted(next_ids),
        kept.decode(),
    )
    if made is not None:
        work.announce(Fact.HANDOVER_CHANGED, ref=made)
    return made


async def find(work: UnitOfWork, handover_id: int) -> HandoverRow | None:
    row = await fetch_one(work, f"{_ROW} where h.id = $1", handover_id)
    return None if row is None else HandoverRow(**row)


async def load_kept(work: UnitOfWork, handover_id: int) -> bytes:
    found: str = await work.driver.fetchval(
        "select kept::text from handovers where id = $1", handover_id
    )
    return found.encode()


async def list_before(
    work: UnitOfWork, before: int | None, *, team_id: int | None, limit: int
) -> list[HandoverRow]:
    """Newest first."""
    rows = await fetch(
        work,
        f"""{_ROW} where ($1::bigint is null or h.id < $1)
            and ($2::bigint is null or h.team_id = $2) order by h.id desc limit $3""",
        before,
        team_id,
        limit,
    )
    return [HandoverRow(**row) for row in rows]


async def waiting_for(work: UnitOfWork, agent_id: int, since: datetime) -> list[int]:
    """Those made since then that the agent takes over and has not said so, newest first."""
    rows = await fetch(
        work,
        """
        select h.id from handovers h
        where h.made_at >= $2 and h.next_ids @> array[$1::bigint] and not exists (
            select from handover_receipts r where r.handover_id = h.id and r.agent_id = $1)
        order by h.id desc limit 20
        """,
        agent_id,
        since,
    )
    return [row["id"] for row in rows]


async def put_note(work: UnitOfWork, handover_id: int, agent_id: int, text: str) -> None:
    """The agent's only one. Empty: they have none."""
    if text:
        await work.driver.execute(
            "insert into handover_notes (handover_id, agent_id, text, at) values ($1, $2, $3, $4)"
            " on conflict (handover_id, agent_id) do update"
            " set text = excluded.text, at = excluded.at",
            handover_id,
            agent_id,
            text,
            work.now(),
        )
    else:
        await work.driver.execute(
            "delete from handover_notes where handover_id = $1 and agent_id = $2",
            handover_id,
            agent_id,
        )
    work.announce(Fact.HANDOVER_CHANGED, ref=handover_id)


async def put_receipt(work: UnitOfWork, handover_id: int, agent_id: int) -> None:
    """The first one stays."""
    await work.driver.execute(
        "insert into handover_receipts (handover_id, agent_id, at) values ($1, $2, $3)"
        " on conflict do nothing",
        handover_id,
        agent_id,
        work.now(),
    )
    work.announce(Fact.HANDOVER_CHANGED, ref=handover_id)


async def notes(work: UnitOfWork, handover_id: int, agent_id: int, sight: Sight) -> list[Record]:
    """Those that this agent may read: their own; all, if they see what the team's members see, or
    are one of those who leave or take over.
    """
    return await fetch(
        work,
        "select n.agent_id, a.name, n.text, n.at from handover_notes n"
        " join agents a on a.id = n.agent_id join handovers h on h.id = n.handover_id"
        " join teams t on t.id = h.team_id where n.handover_id = $1"
        " and (n.agent_id = $2 or t.access_classes <@ to_jsonb($3::text[])"
        " or $2 = any(h.leaving_ids) or $2 = any(h.next_ids)) order by n.at, n.agent_id",
        handover_id,
        agent_id,
        sight.listed,
    )


async def receipts(work: UnitOfWork, handover_ids: Sequence[int]) -> list[Record]:
    return await fetch(
        work,
        "select r.handover_id, r.agent_id, a.name, r.at from handover_receipts r"
        " join agents a on a.id = r.agent_id where r.handover_id = any($1::bigint[])"
        " order by r.handover_id, r.at, r.agent_id",
        list(handover_ids),
    )


async def team_members(work: UnitOfWork, team_id: int) -> list[int]:
    rows = await fetch(
        work,
        "select m.agent_id from memberships m join agents a on a.id = m.agent_id and a.is_active"
        " where m.team_id = $1 order by m.agent_id",
        team_id,
    )
    return [row["agent_id"] for row in rows]


_OPEN = "c.state <> 'solved' and (c.team_id = $1 or c.owner_id = any($2::bigint[]))"
"""The team's, and those of whoever leaves."""


async def open_cases(
    work: UnitOfWork, team_id: int, leaving_ids: Collection[int], limit: int
) -> list[Record]:
    """Those of who leaves first, each part the most urgent first; with the newest message of both
    sides.
    """
    return await fetch(
        work,
        f"""
        select c.id, c.owner_id, c.state, i.id as last_in_id, o.id as last_out_id,
            coalesce(c.owner_id = any($2::bigint[]), false) as is_handed_over
        from cases c
        left join lateral (select id from messages m where m.case_id = c.id
            and m.direction = 'in' order by id desc limit 1) i on true
        left join lateral (select id from messages m where m.case_id = c.id
            and m.direction = 'out' order by id desc limit 1) o on true
        where {_OPEN}
        order by (c.owner_id = any($2::bigint[])) is true desc, c.priority, c.id limit $3
        """,
        team_id,
        sorted(leaving_ids),
        limit,
    )


async def count_open(work: UnitOfWork, team_id: int, leaving_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        f"""
        select c.owner_id, c.access_class, count(*)::int as cases from cases c where {_OPEN}
        group by c.owner_id, c.access_class order by cases desc, c.owner_id
        """,
        team_id,
        sorted(leaving_ids),
    )


async def owed_in(work: UnitOfWork, case_ids: Collection[int], until: datetime) -> list[Record]:
    """What was promised in these cases, and what else runs and is due before then, by time."""
    return await fetch(
        work,
        """
        select d.case_id, d.target, d.ref, d.due_at from deadlines d
        where d.case_id = any($1::bigint[]) and d.ended_at is null and d.due_at is not null
          and (d.target = 'promise' or d.due_at < $2)
        order by d.due_at, d.case_id, d.target, d.ref
        """,
        sorted(case_ids),
        until,
    )


async def waiting_approvals(
    work: UnitOfWork, team_id: int, leaving_ids: Collection[int]
) -> list[int]:
    rows = await fetch(
        work,
        """
        select v.id from approvals v left join cases c on c.id = v.case_id
        where v.state = 'waiting' and v.expires_at > $3
          and (v.agent_id = any($2::bigint[]) or c.team_id = $1)
        order by v.expires_at, v.id limit 100
        """,
        team_id,
        sorted(leaving_ids),
        work.now(),
    )
    return [row["id"] for row in rows]


async def cases_now(work: UnitOfWork, case_ids: Collection[int], sight: Sight) -> dict[int, Record]:
    """Those of them that are seen, as they are now."""
    rows = await fetch(
        work,
        """
        select c.id, p.root_id, r.display_name, c.subject, c.priority, c.state, c.owner_id,
            t.name as topic, f.danger
        from cases c join persons p on p.id = c.person_id join persons r on r.id = p.root_id
        left join topics t on t.id = c.topic_id
        left join lateral (
            select f.danger from messages m join findings f on f.message_id = m.id
            left join finding_corrections k on k.message_id = m.id
            where m.case_id = c.id and m.direction = 'in' and f.danger is not null
              and k.is_urgent is distinct from false
            order by m.id desc limit 1) f on true
        where c.id = any($1::bigint[]) and c.access_class = any($2::text[])
        """,
        sorted(case_ids),
        sight.listed,
    )
    return {row["id"]: row for row in rows}


async def words_of(
    work: UnitOfWork, message_ids: Collection[int], length: int
) -> dict[int, tuple[int, str]]:
    """Of those that are still there: the case in which each stands now, and how it begins."""
    rows = await fetch(
        work,
        "select id, case_id, left(text, $2) as said from messages"
        " where id = any($1::bigint[]) and deleted_at is null and case_id is not null",
        sorted(message_ids),
        length,
    )
    return {row["id"]: (row["case_id"], row["said"]) for row in rows}


async def owed_now(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    """What became of deadlines of these cases, with the words of promises."""
    return await fetch(
        work,
        """
        select d.case_id, d.target, d.ref, d.ended_at, d.ending, p.words, p.agent_id
        from deadlines d left join promises p on d.target = 'promise' and p.id = d.ref
        where d.case_id = any($1::bigint[])
        """,
        sorted(case_ids),
    )
