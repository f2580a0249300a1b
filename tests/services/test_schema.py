"""The migrations make exactly the schema that the code describes."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from router.storage.engine import Database
from router.storage.migrate import (
    MigrationFailed,
    create_database,
    current_revision,
    known_revisions,
    migrate,
    newest_revision,
)
from router.storage.upgrade import alembic_config, schema_differences
from tests.waiting import until


async def test_migrated_schema_equals_the_tables_in_code(database_url: str) -> None:
    assert await schema_differences(database_url) == []


async def test_nodes_that_make_the_database_at_once_all_have_it(postgres_url: str) -> None:
    name = f"made_at_once_{os.getpid()}"

    urls = await asyncio.gather(*(create_database(postgres_url, name) for _ in range(8)))

    assert len(set(urls)) == 1
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f'drop database "{name}"')
    await connection.close()


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert await migrate(database_url) == (newest_revision(), newest_revision())


async def test_announced_facts_are_written_once_and_in_order(database: Database) -> None:
    from router.storage.unit_of_work import Fact

    woken: list[bool] = []
    database.on_announced(lambda: woken.append(True), lambda position: None)
    async with database.transaction() as work:
        work.announce(Fact.CASE_CHANGED, person=1, ref=2)
        work.announce(Fact.PERSON_CHANGED, person=1, ref=1)
        work.announce(Fact.CASE_CHANGED, person=1, ref=2)

    async with database.reading() as work:
        rows = await work.driver.fetch("select kind, ref from outbox order by id")
    assert [tuple(row) for row in rows] == [("case.changed", 2), ("person.changed", 1)]
    assert woken == [True]


def test_revisions_read_from_file_names_are_those_that_alembic_follows() -> None:
    script = ScriptDirectory.from_config(alembic_config())

    assert known_revisions() == {one.revision for one in script.walk_revisions()}
    assert newest_revision() == script.get_current_head()


def test_serving_a_database_of_this_version_loads_neither_alembic_nor_sqlalchemy(
    database_url: str,
) -> None:
    program = (
        "import asyncio, sys, router.bootstrap; from router.storage.migrate import migrate;"
        f"asyncio.run(migrate({database_url!r}));"
        "print(sorted({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_desk_with_mail_and_chat_has_loaded_nothing_that_only_a_read_mail_or_a_typo_needs() -> None:
    program = (
        "import sys, router.bootstrap; from router.runtime.registry import Registry\n"
        "for channel in ('email', 'webchat'): Registry().load(channel)\n"
        "print(sorted({'nh3', 'difflib', 'connectors.email.kinds.kinds',"
        " 'connectors.email.reading.mime'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.stdout.strip(), done.stderr) == ("[]", "")


async def test_connection_that_the_server_ended_is_replaced_without_an_error(
    database: Database,
) -> None:
    async with database.reading() as work:
        process = await work.driver.fetchval("select pg_backend_pid()")
    async with database.transaction() as work:
        await work.driver.execute("select pg_terminate_backend($1)", process)
    await until(lambda: _is_gone(database, process))

    async with database.reading() as work:
        assert await work.driver.fetchval("select pg_backend_pid()") != process


async def _is_gone(database: Database, process: int) -> bool:
    async with database.transaction() as work:
        return (
            await work.driver.fetchval("select 1 from pg_stat_activity where pid = $1", process)
            is None
        )


async def test_migration_that_fails_leaves_the_database_as_it_was(
    empty_database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    url = empty_database_url
    connection = await asyncpg.connect(url)
    await connection.execute("create table persons (name text)")

    with pytest.raises(MigrationFailed, match="left the database as it was"):
        await migrate(url)

    assert await current_revision(url) is None
    assert await connection.fetchval("select to_regclass('accounts')") is None
    await connection.close()
    assert "already exists" in capfd.readouterr().err
