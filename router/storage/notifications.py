"""LISTEN and NOTIFY on a connection of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from router.storage.engine import Database


class NotificationLink:
    """Made by `listening`. One statement at a time goes over it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._lost = asyncio.Event()
        self._speaking = asyncio.Lock()
        connection.add_termination_listener(lambda _: self._lost.set())

    async def say(self, channel: str, text: str) -> None:
        """NOTIFY; at most 8,000 bytes. Raises ConnectionError."""
        try:
            async with self._speaking:
                await self._connection.execute("select pg_notify($1, $2)", channel, text)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise ConnectionError("the notification was lost") from error

    async def lost(self) -> None:
        await self._lost.wait()


@asynccontextmanager
async def listening(
    database: Database, hear: Mapping[str, Callable[[str], None]]
) -> AsyncIterator[NotificationLink]:
    """Call `hear[channel]` with each text said on the channel. Raises DatabaseUnavailable."""
    async with database.session() as connection:
        # What is said here is a hint: nobody waits for the disk.
        await connection.execute("set synchronous_commit = off")
        link = NotificationLink(connection)
        for channel, call in hear.items():

            def heard(_link: Any, _pid: int, _name: str, text: Any, call: Any = call) -> None:
                call(str(text))

            await connection.add_listener(channel, heard)
        yield link
