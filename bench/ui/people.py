"""Many people, and one who wrote a lot, put into the database as rows."""

from __future__ import annotations

import asyncpg

LONG = "Long Story"
"""The name of the one with very many messages."""
TALKERS = 200
LINES = 60

_PEOPLE = """
with numbered as (
    select n, $1::bigint + n as id from generate_series(1, $2::int) n
), person as (
    insert into persons (id, display_name, root_id, created_at, open_cases)
    select id, case when n = $2 then $6 else 'Person ' || n end, id, now(), 1 from numbered
    returning id
), identity as (
    insert into identities (id, realm, handle, home_person_id, shown_as, level, created_at, seen_at)
    select id, 'email', 'bench' || n || '@people.example', id, 'Person ' || n, 1, now(), now()
    from numbered returning id
), place as (
    insert into places (id, account_id, remote_place, kind, context, created_at)
    select id, $3, 'bench' || n || '@people.example', 'mail_thread', '{}', now()
    from numbered returning id
), opened as (
    insert into cases (id, person_id, state, subject, opened_at)
    select $4::bigint + n, id, 'open', 'Order ' || (1000 + n), now() - interval '90 days'
    from numbered returning id
)
insert into messages (id, person_id, case_id, place_id, account_id, direction, identity_id,
    author_name, level, text, context, received_at, sent_at)
select $5::bigint + n, id, $4::bigint + n, id, $3, 'in', id, 'Person ' || n, 1,
    'My order ' || n || ' has not come yet. ' || repeat('Please look into it. ', n % 5),
    '{}', now() - interval '80 days' + n * interval '1 second',
    now() - interval '80 days' + n * interval '1 second'
from numbered
"""
_LONG = """
insert into messages (id, person_id, case_id, place_id, account_id, direction, identity_id,
    agent_id, author_name, level, text, context, received_at, sent_at)
select $1::bigint + n, $2, $3::bigint + least(n / 500, $8::int), $2, $4,
    case when n % 3 = 2 then 'out' else 'in' end, $2,
    case when n % 3 = 2 then $6::bigint end, case when n % 3 = 2 then 'Bench' else $7 end, 1,
    'Line ' || n || '. ' || repeat('And there is more to say about it. ', n % 7), '{}',
    now() - interval '70 days' + n * interval '9 minutes',
    now() - interval '70 days' + n * interval '9 minutes'
from generate_series(1, $5::int) n
"""
_TALKS = """
insert into messages (id, person_id, case_id, place_id, account_id, direction, identity_id,
    agent_id, author_name, level, text, context, received_at, sent_at)
select $1::bigint + row_number() over (order by m.n, p.n), $2::bigint - p.n, $3::bigint - p.n,
    $2::bigint - p.n, $4, case when m.n % 3 = 2 then 'out' else 'in' end, $2::bigint - p.n,
    case when m.n % 3 = 2 then $7::bigint end, 'Person ' || p.n, 1,
    'Word ' || m.n || '. ' || repeat('It is still not here. ', m.n % 6), '{}',
    now() - interval '70 days' + m.n * interval '3 hours',
    now() - interval '70 days' + m.n * interval '3 hours'
from generate_series(1, $5::int) p(n), generate_series(1, $6::int) m(n)
"""
_CASES = """
insert into cases (id, person_id, state, subject, opened_at, solved_at)
select $1::bigint + n, $2, case when n < $3 then 'solved' else 'open' end, 'Matter ' || n,
    now() - interval '70 days', case when n < $3 then now() - interval '60 days' end
from generate_series(0, $3::int) n
"""
_POINTERS = (
    "update persons p set last_message_id = m.newest, last_inbound_id = m.newest from"
    " (select person_id, max(id) as newest from messages where id > $1 group by 1) m"
    " where p.id = m.person_id",
    "update cases c set last_message_id = m.newest from"
    " (select case_id, max(id) as newest from messages where id > $1 group by 1) m"
    " where c.id = m.case_id",
)
_TABLES = ("persons", "identities", "places", "cases", "messages")


async def fill(database_url: str, *, conversations: int, longest: int) -> None:
    """So many people with a mail each; the newest 200 with 60 lines each, and one with `longest`.

    The desk has an account of mail and an agent. Nothing is announced: pages see it when they load.
    """
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await _fill(connection, conversations, longest)
        await connection.execute("analyze")
    finally:
        await connection.close()


async def _fill(
    connection: asyncpg.Connection[asyncpg.Record], conversations: int, longest: int
) -> None:
    account = await connection.fetchval("select id from accounts where channel = 'email' limit 1")
    agent = await connection.fetchval("select min(id) from agents")
    top = max([await connection.fetchval(f"select coalesce(max(id), 0) from {t}") for t in _TABLES])
    await connection.execute(_PEOPLE, top, conversations, account, top, top, LONG)
    person = cases = top + conversations
    said = top + conversations
    await connection.execute(
        _TALKS, said, person, top + conversations, account, TALKERS, LINES, agent
    )
    said += TALKERS * LINES
    # Solved ones are shown as a line each: the other half is said in the one that is open.
    solved = longest // 1000
    await connection.execute(_CASES, cases + 1, person, solved)
    await connection.execute(_LONG, said, person, cases + 1, account, longest, agent, LONG, solved)
    for statement in _POINTERS:
        await connection.execute(statement, top)
    await connection.execute("update persons set open_cases = 2 where id = $1", person)
    for table in _TABLES:
        await connection.execute(
            f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"
        )
