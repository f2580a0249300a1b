"""The bus over PostgreSQL NOTIFY: from the one relay and for live signals, to every node.

NOTIFY takes a lock at commit that all committers share, so nothing on the hot path uses it.
"""

import asyncio
import base64
import contextlib
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog

from router.bus import LiveListener, Positions
from router.bus.local import LocalBus
from router.storage.engine import Database, DatabaseUnavailable

POSITION_CHANNEL = "onethread_position"
LIVE_CHANNEL = "onethread_live"
RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class PostgresBus:
    """A lost connection is made again; meanwhile listeners live from their poll."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._local = LocalBus()
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._ready = asyncio.Event()
        self._speaking = asyncio.Lock()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="bus")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._ready.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._local.close()

    async def announce(self, position: int) -> None:
        self._local.tell(position)
        await self._notify(POSITION_CHANNEL, str(position))

    def positions(self) -> Positions:
        return self._local.positions()

    async def say_live(self, signal: bytes) -> None:
        await self._notify(LIVE_CHANNEL, base64.b64encode(signal).decode())

    def on_live(self, listener: LiveListener) -> Callable[[], None]:
        return self._local.on_live(listener)

    async def _notify(self, channel: str, text: str) -> None:
        connection = self._connection
        if connection is None or connection.is_closed():
            return
        try:
            async with self._speaking:  # asyncpg: one operation at a time
                await connection.execute("select pg_notify($1, $2)", channel, text)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            log.warning("bus.hint_lost", channel=channel)

    async def _listen(self) -> None:
        was_lost = False
        while True:
            try:
                async with self._database.session() as connection:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _, lost=lost: lost.set())
                    await connection.add_listener(POSITION_CHANNEL, self._on_position)
                    await connection.add_listener(LIVE_CHANNEL, self._on_live_signal)
                    self._connection = connection
                    self._ready.set()
                    if was_lost:
                        log.info("bus.back")
                    was_lost = False
                    await lost.wait()
            except (DatabaseUnavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass
            finally:
                self._connection = None
            if not was_lost:
                log.warning("bus.lost")
            was_lost = True
            await asyncio.sleep(RECONNECT_SECONDS)

    def _on_position(self, _connection: Any, _pid: int, _channel: str, text: Any) -> None:
        self._local.tell(int(text))

    def _on_live_signal(self, _connection: Any, _pid: int, _channel: str, text: Any) -> None:
        self._local.tell_live(base64.b64decode(text))
