"""A database of before each identity had a person of its own becomes one in which each has."""

import json
from typing import Any

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from router.services.identity import merging
from router.storage.engine import Database, sqlalchemy_url
from router.storage.migrate import migrate
from router.storage.upgrade import alembic_config

BEFORE = "0014"
# One home for a session, its host account and an address, as signed tokens made them; and Bo.
SHARED_HOME = """
insert into accounts (id, channel, label, hook_token, created_at)
    values (1, 'sample', 'Desk', 'hook', now());
insert into agents (id, email, name, role, created_at)
    values (1, 'bo@desk.invalid', 'Bo', 'agent', now());
insert into persons (id, root_id, display_name, language, created_at, last_message_id, open_cases)
    values (1, 1, 'Ana', 'pt', now(), 6, 2), (2, 2, 'Bo', null, now(), 7, 1);
insert into identities (id, realm, handle, home_person_id, shown_as, level, host_account,
        created_at, seen_at)
    values (1, 'host', '41', 1, 'Ana', 2, '41', now(), now()),
           (2, 'web:shop', 's1', 1, 'Ana', 2, '41', now(), now()),
           (3, 'email', 'ana@example.com', 1, '', 2, '41', now(), now()),
           (4, 'sample', 'bo', 2, 'Bo', 1, null, now(), now());
insert into places (id, account_id, remote_place, kind, created_at)
    values (1, 1, 's1', 'widget_session', now()), (2, 1, 'ana', 'mail_thread', now());
insert into cases (id, person_id, opened_at, last_message_id)
    values (1, 1, now(), 3), (2, 1, now(), 5), (3, 2, now(), 7);
insert into messages (id, person_id, case_id, place_id, account_id, direction, identity_id, text,
        received_at)
    values (1, 1, 1, 1, 1, 'in', 2, 'in the chat', now()),
           (2, 1, 1, 1, 1, 'out', 2, 'answered there', now()),
           (3, 1, 1, 2, 1, 'in', 3, 'by mail, same case', now()),
           (4, 1, 2, 2, 1, 'in', 3, 'by mail', now()),
           (5, 1, 2, 2, 1, 'out', 3, 'answered by mail', now()),
           (6, 1, 2, null, null, 'note', null, 'of the mail', now()),
           (7, 2, 3, 1, 1, 'in', 4, 'of Bo', now());
insert into deliveries (id, message_id, person_id, account_id, place_id, identity_id, lane,
        send_key, state, due_at, queued_at, state_at)
    values (1, 5, 1, 1, 2, 3, '2:1', 'k1', 'queued', now(), now(), now()),
           (2, 2, 1, 1, 1, 2, '1:1', 'k2', 'queued', now(), now(), now());
insert into thread_keys (account_id, kind, key, case_id, message_id)
    values (1, 'mail', '<1>', 2, 5);
insert into read_marks (agent_id, person_id, message_id, at) values (1, 1, 6, now());
"""


@pytest.fixture
async def old(empty_database_url: str) -> str:
    await _upgrade(empty_database_url, BEFORE)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(SHARED_HOME)
    for table in ("persons", "identities", "cases", "messages", "agents", "accounts", "places"):
        await connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), 100)")
    await connection.close()
    return empty_database_url


async def _upgrade(url: str, revision: str) -> None:
    engine = create_async_engine(
        sqlalchemy_url(url), async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )

    def run(connection: Connection) -> None:
        connection.execute(text("select 1"))
        command.upgrade(alembic_config(connection), revision)

    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


async def _rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def test_each_identity_has_a_person_of_its_own_joined_to_whose_it_was(old: str) -> None:
    await migrate(old)

    homes = dict(await _rows(old, "select handle, home_person_id from identities order by id"))
    assert len(set(homes.values())) == 4
    assert homes["s1"] == 1, "whoever spoke first keeps the person"
    assert await _rows(old, "select distinct root_id from persons where root_id <> 2") == [(1,)]
    edges = await _rows(
        old, "select loser_id, winner_id, ground, proof from person_merges order by id"
    )
    assert [(edge[:3], json.loads(edge[3])) for edge in edges] == [
        ((homes[one], 1, "signed_token"), {"host_account": "41"})
        for one in ("41", "ana@example.com")
    ]


async def test_what_an_identity_said_and_was_told_goes_with_it(old: str) -> None:
    before = await _rows(old, "select id, text from messages order by id")
    await migrate(old)

    homes = dict(await _rows(old, "select handle, home_person_id from identities"))
    mail = homes["ana@example.com"]
    assert await _rows(old, "select id, text from messages order by id") == before
    assert dict(await _rows(old, "select id, person_id from messages")) == {
        1: 1, 2: 1, 3: mail, 4: mail, 5: mail, 6: mail, 7: 2,
    }  # fmt: skip
    assert dict(await _rows(old, "select id, person_id from cases")) == {1: 1, 2: mail, 3: 2}
    assert await _rows(old, "select id, person_id, lane from deliveries order by id") == [
        (1, mail, f"2:{mail}"),
        (2, 1, "1:1"),
    ]
    assert (mail, 6) in await _rows(old, "select person_id, message_id from read_marks")


async def test_such_an_identity_can_then_be_taken_out_alone(old: str) -> None:
    await migrate(old)
    database = Database(old)

    await merging.split(database, identity_id=3, agent_id=None, reason="Not hers.")

    await database.close()
    said = await _rows(
        old,
        "select p.root_id, array_agg(m.id order by m.id) from messages m"
        " join persons p on p.id = m.person_id group by 1 order by 1",
    )
    [(mail,)] = await _rows(old, "select home_person_id from identities where id = 3")
    assert said == [(1, [1, 2]), (2, [7]), (mail, [3, 4, 5, 6])]
