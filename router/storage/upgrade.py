"""What alembic does. A process of its own runs it (`python -m` this module, address on stdin).

alembic and SQLAlchemy take 40 MiB and a second to load: a process that serves for months should
hold neither.
"""

import asyncio
import sys
from typing import Any

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from router.storage.engine import sqlalchemy_url
from router.storage.migrate import MIGRATIONS
from router.storage.tables import metadata

LOCK = 0x6F6E6574
"""Of pg_advisory_lock: one migration at a time."""


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str) -> None:
    """All pending migrations, each in a transaction, after other nodes have finished theirs."""
    await _on_connection(url, _upgrade)


async def schema_differences(url: str) -> list[Any]:
    """What the tables in code have and the database lacks, or the other way round."""
    found: list[Any] = await _on_connection(url, _differences)
    return found


def _upgrade(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    command.upgrade(alembic_config(connection), "head")


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def _on_connection(url: str, call: Any) -> Any:
    engine = create_async_engine(
        sqlalchemy_url(url), async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(call)
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(upgrade(sys.stdin.read()))
