"""A desk with a waiting queue: many cases, many agents, laid by statements and entered as ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.desk import inbound_desk
from router.services.assignment import rounds, settings
from router.services.assignment.settings import QueueSettings
from router.storage.engine import Database

LANGUAGES = ("en", "ru", "zh", "de", "fr", "es", "pt", "tr", "vi", "ko", "ja", "uk")
_PEOPLE = """
    with ids as (select nextval(pg_get_serial_sequence('persons', 'id')) as id, n
                 from generate_series(1, $1::int) n)
    insert into persons (id, root_id, display_name, language, created_at)
    select id, id, 'Person ' || n, ($2::text[])[1 + n % 12], $3 from ids
"""
_CASES = """
    insert into cases (person_id, subject, priority, opened_at)
    select p.id, 'Case of ' || p.display_name, 1 + (p.id % 4)::int,
           $1::timestamptz - make_interval(secs => (p.id % 200000)::int)
    from persons p where p.display_name like 'Person %'
"""
_AGENTS = """
    with made as (
        insert into agents (email, name, role, created_at)
        select 'a' || n || '@desk.invalid', 'Agent ' || n, 'agent', $2
        from generate_series(1, $1::int) n returning id
    ), skilled as (
        insert into agent_skills (agent_id, skill, proficiency)
        select m.id, 'language:' || l, 1 + (m.id % 5)::int from made m, unnest($4::text[]) l
    )
    insert into agent_desks (agent_id, availability, capacity, since)
    select id, 'online', $3, $2 from made
"""


@asynccontextmanager
async def open_queue(
    server_url: str, *, agents: int, cases: int, capacity: int
) -> AsyncIterator[Database]:
    """All of the cases stand in the queue, and nobody has any yet."""
    async with inbound_desk(server_url) as desk:
        database = desk.database
        async with database.transaction() as work:
            now = work.now()
            await work.driver.execute("update cases set state = 'solved', solved_at = $1", now)
            await work.driver.execute(_PEOPLE, cases, list(LANGUAGES), now)
            await work.driver.execute(_CASES, now)
            await work.driver.execute(_AGENTS, agents, now, capacity, list(LANGUAGES))
            await work.driver.execute("analyze persons, cases, agents")
        wanted = QueueSettings(mode="automatic", match_languages=True)
        await settings.change(database, actor="cli", wanted=wanted)
        while await rounds.catch_up(database):
            pass
        async with database.transaction() as work:
            await work.driver.execute("analyze waiting_cases, queue_lines")
        yield database
