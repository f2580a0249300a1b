"""Bulk rows of a demonstration: answers to what was said, and cases that are over.

Only for a database that holds nothing else: it takes no locks that others would wait for. The
answers have no deliveries, because nothing of them ever went out.
"""

from collections.abc import Sequence

from router.storage.unit_of_work import Fact, UnitOfWork


async def answer_all(
    work: UnitOfWork, *, after: int, share: int, agents: Sequence[int], texts: Sequence[str]
) -> int:
    """Answers of these agents to `share` of 100 of what came in above that id; how many."""
    rows = await work.driver.fetch(
        f"""
        with said as (
            select m.*, a.id as by_id, a.name as by_name
              from messages m
              join agents a on a.id = ($3::bigint[])[1 + m.id % cardinality($3::bigint[])]
             where m.id > $1 and m.direction = 'in' and m.place_id is not null
               and (m.person_id * 37) % 100 < $2
        ), answered as (
            insert into messages (person_id, case_id, place_id, account_id, direction, identity_id,
                agent_id, author_name, level, text, client_key, received_at, sent_at)
            select person_id, case_id, place_id, account_id, 'out', identity_id, by_id, by_name,
                   level, ($4::text[])[1 + id % cardinality($4::text[])], 'demo-' || id,
                   $5::timestamptz, $5
              from said order by id
            returning id, person_id, case_id
        ), told as (
            insert into outbox (kind, person_id, ref, at)
            select '{Fact.MESSAGE_CREATED}', person_id, id, $5 from answered
        ), newest as (
            select person_id, case_id, max(id) as id from answered group by 1, 2
        ), cased as (
            update cases c set last_message_id = n.id, state = 'waiting',
                   first_reply_at = coalesce(c.first_reply_at, $5)
              from newest n where c.id = n.case_id
            returning c.*
        ), noted as (
            insert into case_history (case_id, at, cause, state, owner_id, team_id, priority)
            select id, $5, 'answered', state, owner_id, team_id, priority from cased order by id
        )
        update persons p set last_message_id = n.id from newest n where p.id = n.person_id
        returning p.id
        """,
        after,
        share,
        list(agents),
        list(texts),
        work.now(),
    )
    return len(rows)


async def solve_all(work: UnitOfWork, *, share: int) -> int:
    """`share` of 100 of the answered cases are over; of how many people."""
    rows = await work.driver.fetch(
        """
        with solved as (
            update cases set state = 'solved', solved_at = $2
             where state = 'waiting' and (person_id * 53) % 100 < $1
            returning *
        ), noted as (
            insert into case_history (case_id, at, cause, state, owner_id, team_id, priority)
            select id, $2, 'agent', state, owner_id, team_id, priority from solved order by id
        )
        update persons p set open_cases = greatest(p.open_cases - s.count, 0)
          from (select person_id, count(*)::int as count from solved group by 1) s
         where p.id = s.person_id returning p.id
        """,
        share,
        work.now(),
    )
    return len(rows)


async def newest_message(work: UnitOfWork) -> int:
    return int(await work.driver.fetchval("select coalesce(max(id), 0) from messages"))


async def counts(work: UnitOfWork) -> tuple[int, int]:
    """(persons, messages)"""
    row = await work.driver.fetchrow(
        "select (select count(*) from persons) as persons,"
        " (select count(*) from messages) as messages"
    )
    return int(row["persons"]), int(row["messages"])
