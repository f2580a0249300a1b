"""Brings the schema to this version, under a lock so that nodes may start together."""

import asyncio
import contextlib
import re
import sys
from importlib.resources import files
from pathlib import Path

import asyncpg

from router.storage.engine import DatabaseUnavailable, with_database

MIGRATIONS = Path(str(files("migrations")))
REVISION = re.compile(r"(\d{4})_\w+\.py")
"""A migration's file is named after its revision."""
FOLLOWS = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)
"""What a revision comes after: not always the number before its own."""


_MADE_MEANWHILE = (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError)


class SchemaIsNewer(DatabaseUnavailable):
    """A later version of us made this database; we must not touch it."""


class MigrationFailed(DatabaseUnavailable):
    """The database stays at its former revision. Why is on stderr, in PostgreSQL's words."""


async def create_database(server_url: str, name: str) -> str:
    """The address of database `name`, made if it was not there."""
    connection = await _connect(server_url)
    try:
        known = await connection.fetchval("select 1 from pg_database where datname = $1", name)
        if known is None:
            # Another node may do the same just now: the loser of the two finds it made.
            with contextlib.suppress(*_MADE_MEANWHILE):
                await connection.execute(f'create database "{name}" template template0')
    finally:
        await connection.close()
    return with_database(server_url, name)


async def migrate(url: str) -> tuple[str | None, str]:
    """Upgrade to the newest revision. Returns (revision before, revision now).

    Raises DatabaseUnavailable, SchemaIsNewer, MigrationFailed. Safe to call from several nodes at
    once; a killed run leaves the former revision, because all of it is one transaction.
    """
    before = await current_revision(url)
    if before == newest_revision():
        return before, before
    if before is not None and before not in known_revisions():
        raise SchemaIsNewer(
            f"The database was made by a newer onethread (revision {before}):"
            " install that version, or restore a backup of this one"
        )
    if not await _upgrade(url):
        raise MigrationFailed(
            f"The migration failed and left the database as it was (revision {before or 'none'})."
            " What PostgreSQL said stands above"
        )
    return before, newest_revision()


def newest_revision() -> str:
    """The one that none comes after. Raises MigrationFailed if they do not end in one."""
    texts = [path.read_text("utf-8") for path in _files().values()]
    followed = {match[1] for text in texts if (match := FOLLOWS.search(text))}
    ends = sorted(known_revisions() - followed)
    if len(ends) != 1:
        raise MigrationFailed(f"The migrations end in {' and '.join(ends) or 'nothing'}.")
    return ends[0]


def known_revisions() -> frozenset[str]:
    return frozenset(_files())


def _files() -> dict[str, Path]:
    """By revision."""
    paths = (MIGRATIONS / "versions").iterdir()
    return {match[1]: path for path in paths if (match := REVISION.fullmatch(path.name))}


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


async def _upgrade(url: str) -> bool:
    # The address goes over stdin: it may hold a password, and arguments can be seen by anybody.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "router.storage.upgrade", stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(url.encode())
    return process.returncode == 0


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error
