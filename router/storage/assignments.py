"""Giving cases to agents, in sets and under the locks of their conversations; each step is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from router.storage import case_history, persons
from router.storage.case_history import Cause
from router.storage.records import Record, fetch
from router.storage.unit_of_work import Fact, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on a case's way to its owner, and the line of the timeline that says it."""

    case_id: int
    step: str
    because: str
    agent_id: int | None
    """Whom it concerns."""
    by_id: int | None = None
    """Who did it, if somebody did."""
    rule_id: int | None = None
    """Which rule did."""
    weight: int | None = None
    waiting_since: datetime | None = None
    event: str | None = None
    """None: somebody else says it."""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Of:
    """Whose a case is."""

    person_id: int
    root_id: int


async def lock_free(work: UnitOfWork, case_ids: Collection[int]) -> dict[int, Of]:
    """Hold the conversations of these cases, but for those that somebody else holds just now.

    It waits for nobody, so it may come after any other lock.
    """
    before = await _whose(work, case_ids)
    rows = await fetch(
        work,
        "select id from persons where id = any($1::bigint[]) order by id"
        " for no key update skip locked",
        sorted({one.root_id for one in before.values()}),
    )
    held = {row["id"] for row in rows}
    # Anew: who stands for them may have changed before we held them.
    return {
        case: one for case, one in (await _whose(work, case_ids)).items() if one.root_id in held
    }


async def _whose(work: UnitOfWork, case_ids: Collection[int]) -> dict[int, Of]:
    rows = await fetch(
        work,
        "select c.id, c.person_id, p.root_id from cases c join persons p on p.id = c.person_id"
        " where c.id = any($1::bigint[])",
        list(case_ids),
    )
    return {row["id"]: Of(row["person_id"], row["root_id"]) for row in rows}


async def own(work: UnitOfWork, owners: Sequence[tuple[int, int, int]]) -> set[int]:
    """(case, agent, weight): the agent owns the case from now on, if nobody does and it waits.

    Under the conversations' locks and those of the desks. Which cases that came true for; they
    stand in the queue no more.
    """
    rows = await fetch(
        work,
        """
        with owned as (
            update cases c set owner_id = u.agent, weight = u.weight, revision = c.revision + 1
            from unnest($1::bigint[], $2::bigint[], $3::int[]) u(id, agent, weight)
            where c.id = u.id and c.owner_id is null and c.state = 'open'
            returning c.id
        ), gone as (
            delete from waiting_cases w using owned where w.case_id = owned.id
        )
        select id from owned
        """,
        *([one[column] for one in owners] for column in range(3)),
    )
    return {row["id"] for row in rows}


async def offer(work: UnitOfWork, offers: Sequence[tuple[int, int]], until: datetime) -> set[int]:
    """(case, agent): it is offered to them until then, if it waits and is offered to nobody."""
    rows = await fetch(
        work,
        """
        update waiting_cases w set offered_to_id = u.agent, offered_until = $3
        from unnest($1::bigint[], $2::bigint[]) u(id, agent), cases c
        where w.case_id = u.id and w.offered_to_id is null
          and c.id = u.id and c.owner_id is null and c.state = 'open'
        returning w.case_id
        """,
        *([one[column] for one in offers] for column in range(2)),
        until,
    )
    return {row["case_id"] for row in rows}


async def end_offers(
    work: UnitOfWork, case_ids: Collection[int], *, refused_until: datetime | None
) -> list[Record]:
    """Offers of these cases are over, each not made to the same agent again before then."""
    rows = await fetch(
        work,
        """
        with former as (
            select case_id, offered_to_id from waiting_cases
            where case_id = any($1::bigint[]) and offered_to_id is not null
            for update
        )
        update waiting_cases w set offered_to_id = null, offered_until = null
        from former f where w.case_id = f.case_id
        returning f.case_id, f.offered_to_id as agent_id
        """,
        list(case_ids),
    )
    if refused_until is not None:
        await work.driver.execute(
            "insert into case_refusals (case_id, agent_id, until)"
            " select u.*, $3::timestamptz from unnest($1::bigint[], $2::bigint[]) u order by 1, 2"
            " on conflict (case_id, agent_id) do update set until = excluded.until",
            [row["case_id"] for row in rows],
            [row["agent_id"] for row in rows],
            refused_until,
        )
    return rows


async def offers_over(work: UnitOfWork, *, limit: int) -> list[int]:
    """Cases whose offers have run out, or whose agent takes none any more."""
    rows = await fetch(
        work,
        """
        select w.case_id from waiting_cases w
        left join agent_desks d on d.agent_id = w.offered_to_id
        where w.offered_to_id is not null
          and (w.offered_until <= $1 or coalesce(d.availability, 'offline') <> 'online')
        order by w.case_id limit $2
        """,
        work.now(),
        limit,
    )
    return [row["case_id"] for row in rows]


async def give_back(
    work: UnitOfWork, owners: Mapping[int, int], *, is_over: bool = False
) -> list[Record]:
    """Case -> owner: those that are still theirs, while they are still away, are nobody's now.

    Under the conversations' locks. Each with how away its owner is. `is_over`: their shift is, so
    it matters no more whether they are away.
    """
    return await fetch(
        work,
        """
        with former as (
            select c.id, c.owner_id, a.name,
                   case when $3 then 'shift_over' else d.availability end as availability
            from unnest($1::bigint[], $2::bigint[]) u(id, owner) join cases c on c.id = u.id
            join agents a on a.id = c.owner_id
            left join agent_desks d on d.agent_id = c.owner_id
            where c.owner_id = u.owner and c.state = 'open'
              and ($3::boolean or d.availability in ('away', 'offline'))
            for update of c
        )
        update cases c set owner_id = null, revision = c.revision + 1
        from former f where c.id = f.id returning f.id, f.owner_id, f.name, f.availability
        """,
        list(owners),
        list(owners.values()),
        is_over,
    )


async def due_back(
    work: UnitOfWork, *, live_minutes: int | None, slow_minutes: int | None, limit: int
) -> dict[int, int]:
    """Open cases of those who are away for longer than their team's rule lets them keep one, each
    with its owner.

    The minutes are for cases of teams without a rule of their own.
    """
    rows = await fetch(
        work,
        """
        select c.id, c.owner_id from agent_desks d join cases c on c.owner_id = d.agent_id
        left join team_queues t on t.team_id = c.team_id
        left join messages m on m.id = c.last_message_id
        left join accounts a on a.id = m.account_id
        left join live_channels l on l.channel = a.channel
        where d.availability in ('away', 'offline') and c.state = 'open'
          and c.owner_id is not null
          and d.since <= $1::timestamptz - make_interval(mins => case when l.channel is null
              then case when t.team_id is null then $3::int else t.return_slow_minutes end
              else case when t.team_id is null then $2::int else t.return_live_minutes end end)
        order by c.id limit $4
        """,
        work.now(),
        live_minutes,
        slow_minutes,
        limit,
    )
    return {row["id"]: row["owner_id"] for row in rows}


async def due_to_overflow(work: UnitOfWork, *, limit: int) -> dict[int, tuple[int, int]]:
    """Cases that their team had no room for so long: case -> (team, the team that helps it)."""
    rows = await fetch(
        work,
        """
        select w.case_id, t.team_id, t.overflow_team_id from team_queues t
        join queue_lines q on q.team_id = t.team_id join waiting_cases w on w.line_id = q.id
        where t.overflow_team_id is not null and t.overflow_minutes is not null
          and w.offered_to_id is null
          and w.entered_at <= $1::timestamptz - make_interval(mins => t.overflow_minutes)
        order by w.case_id limit $2
        """,
        work.now(),
        limit,
    )
    return {row["case_id"]: (row["team_id"], row["overflow_team_id"]) for row in rows}


async def move_to_team(work: UnitOfWork, teams: Mapping[int, tuple[int, int]]) -> set[int]:
    """Case -> (from, to): those that are of the one team still are of the other one now."""
    rows = await fetch(
        work,
        """
        update cases c set team_id = u.target, revision = c.revision + 1
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) u(id, source, target)
        where c.id = u.id and c.team_id = u.source and c.state = 'open' and c.owner_id is null
        returning c.id
        """,
        list(teams),
        [one[0] for one in teams.values()],
        [one[1] for one in teams.values()],
    )
    return {row["id"] for row in rows}


async def record(work: UnitOfWork, steps: Sequence[Step], of: Mapping[int, Of]) -> None:
    """Keep these steps, say each in its timeline, and announce both. Under the locks."""
    if not steps:
        return
    await work.driver.execute(
        """
        insert into assignments (case_id, agent_id, by_id, rule_id, step, because, weight,
            waiting_since, at)
        select u.case_id, u.agent, u.by_id, u.rule_id, u.step, u.because, u.weight, u.since, $9
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::int[],
            $7::timestamptz[], $8::bigint[]) with ordinality
            u(case_id, agent, by_id, step, because, weight, since, rule_id, ord)
        order by ord
        """,
        [one.case_id for one in steps],
        [one.agent_id for one in steps],
        [one.by_id for one in steps],
        [one.step for one in steps],
        [one.because for one in steps],
        [one.weight for one in steps],
        [one.waiting_since for one in steps],
        [one.rule_id for one in steps],
        work.now(),
    )
    said = [one for one in steps if one.event is not None]
    await case_history.note(work, {one.case_id for one in said}, Cause.QUEUE)
    rows = await fetch(
        work,
        """
        insert into messages (person_id, case_id, direction, agent_id, text, context, received_at)
        select u.person, u.case_id, 'event', u.by_id, u.event, u.context::jsonb, $6
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
            with ordinality u(person, case_id, by_id, event, context, ord)
        order by ord returning id, case_id
        """,
        [of[one.case_id].person_id for one in said],
        [one.case_id for one in said],
        [one.by_id for one in said],
        [one.event for one in said],
        [_context(one) for one in said],
        work.now(),
    )
    for row in rows:
        root = of[row["case_id"]].root_id
        work.announce(Fact.MESSAGE_CREATED, person=root, ref=row["id"])
    for case in sorted({one.case_id for one in steps}):
        work.announce(Fact.CASE_CHANGED, person=of[case].root_id, ref=case)
    for agent in sorted({one.agent_id for one in steps if one.agent_id is not None}):
        work.announce(Fact.DESK_CHANGED, ref=agent)


def _context(step: Step) -> str:
    facts = {
        "event": step.event,
        "case_id": step.case_id,
        "agent_id": step.by_id,
        "because": step.because,
        **step.facts,
    }
    return msgspec.json.encode(facts).decode()


async def steps_of(work: UnitOfWork, case_id: int, *, limit: int) -> list[Record]:
    """The newest first."""
    return await fetch(
        work,
        """
        select s.id, s.step, s.because, s.at, s.weight, s.waiting_since, s.agent_id,
               a.name as agent_name, s.by_id, b.name as by_name, s.rule_id, r.name as rule_name
        from assignments s left join agents a on a.id = s.agent_id
        left join agents b on b.id = s.by_id left join rules r on r.id = s.rule_id
        where s.case_id = $1 order by s.id desc limit $2
        """,
        case_id,
        limit,
    )


async def lock_case(work: UnitOfWork, case_id: int) -> Of | None:
    """Hold its conversation, waiting for it. None: there is no such case."""
    row = (await _whose(work, [case_id])).get(case_id)
    if row is None:
        return None
    root = await persons.lock_root(work, row.person_id)
    return None if root is None else Of(row.person_id, root)


async def owner_of(work: UnitOfWork, case_id: int) -> int | None:
    found: int | None = await work.driver.fetchval(
        "select owner_id from cases where id = $1", case_id
    )
    return found
