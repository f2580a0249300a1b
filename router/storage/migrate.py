"""Brings the schema to this version: alembic, under a lock so that nodes may start together.

alembic and SQLAlchemy are loaded only when there is something to migrate: they cost a serving
process half of its start and a third of its memory.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from router.storage.engine import DatabaseUnavailable, with_database

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

LOCK = 0x6F6E6574
"""Of pg_advisory_lock: one migration at a time."""


class SchemaIsNewer(DatabaseUnavailable):
    """A later version of us made this database; we must not touch it."""


MIGRATIONS = Path(str(files("migrations")))
REVISION = re.compile(r"(\d{4})_\w+\.py")
"""A migration's file is named after its revision; they follow one another in this order."""


def alembic_config(connection: "Connection | None" = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def create_database(server_url: str, name: str) -> str:
    """The address of database `name`, made if it was not there."""
    connection = await _connect(server_url)
    try:
        known = await connection.fetchval("select 1 from pg_database where datname = $1", name)
        if known is None:
            await connection.execute(f'create database "{name}" template template0')
    finally:
        await connection.close()
    return with_database(server_url, name)


async def migrate(url: str) -> tuple[str | None, str]:
    """Upgrade to the newest revision. Returns (revision before, revision now).

    Raises DatabaseUnavailable, SchemaIsNewer. Safe to call from several nodes at once; a killed
    run leaves the former revision, because each one runs in a transaction.
    """
    before = await current_revision(url)
    if before == newest_revision():
        return before, before
    if before is not None and before not in known_revisions():
        raise SchemaIsNewer(
            f"The database was made by a newer onethread (revision {before}):"
            " install that version, or restore a backup of this one"
        )
    await _on_connection(url, _upgrade)
    return before, newest_revision()


def newest_revision() -> str:
    return max(known_revisions())


def known_revisions() -> frozenset[str]:
    names = (path.name for path in (MIGRATIONS / "versions").iterdir())
    return frozenset(match[1] for name in names if (match := REVISION.fullmatch(name)))


async def current_revision(url: str) -> str | None:
    """The schema's revision; None: an empty database. Raises DatabaseUnavailable."""
    connection = await _connect(url)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        revision = await connection.fetchval("select version_num from alembic_version")
        return None if revision is None else str(revision)
    finally:
        await connection.close()


def _upgrade(connection: "Connection") -> None:
    from alembic import command
    from sqlalchemy import text

    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    command.upgrade(alembic_config(connection), "head")


def differences(connection: "Connection") -> list[Any]:
    """What the tables in code have and the database lacks, or the other way round."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from router.storage.tables import metadata

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def schema_differences(url: str) -> list[Any]:
    found: list[Any] = await _on_connection(url, differences)
    return found


async def _on_connection(url: str, call: Any) -> Any:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        sqlalchemy_url(url), async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(call)
    finally:
        await engine.dispose()


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy's asyncpg dialect."""
    parts = urlsplit(url)
    rest = urlunsplit(parts._replace(scheme="x"))
    return "postgresql+asyncpg" + rest.removeprefix("x")
