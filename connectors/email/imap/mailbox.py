"""Reading all folders of a mailbox: at once while connections last, the rest in turns."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from connectors.email.errors import FolderRefused, ImapLost, ImapRefused
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.folder import FolderStream, Following
from connectors.email.imap.names import from_wire
from connectors.email.imap.report import Report
from connectors.email.imap.uses import Use, find_use
from core.connector import Cursor

FIRST_WAIT = 1.0
"""Seconds of the first IDLE after a mail; each further one is twice as long.

What comes between a look and IDLE is not announced by every server, and mails come in flocks.
"""
REFUSED_PAUSE = 120.0
"""Seconds until a folder that cannot be opened is tried again."""
LONGEST_QUIET = 240.0
"""Seconds without a command after which a connection may be dead without anybody knowing."""
TURN = 10
"""Batches of one folder before the next one has its turn."""

JUNK = "Junk"
"""Asked for where a server has nothing that looks like it: then that it is missing is seen."""

Connect = Callable[[], Awaitable[ImapConnection]]
"""Raises what `ImapConnection.connect` raises, and ConnectorError."""


class MailboxReading:
    """One life of `receive`. Never ends by itself; the first failure of a connection ends all."""

    def __init__(self, following: Following, connect: Connect, report: Report) -> None:
        self._following = following
        self._connect = connect
        self._report = report
        self._connections: list[ImapConnection] = []

    async def run(self, cursors: Mapping[str, Cursor], first: ImapConnection | None) -> None:
        """Raises ImapLost, ImapRefused, OSError, and what the sink raises.

        `first`: a connection that is open already. All are closed afterwards.
        """
        try:
            first = first or await self._opened()
            if first not in self._connections:
                self._connections.append(first)
            names = await self._names(first)
            self._report.begin(names)
            streams = [
                FolderStream(name, self._following, cursors.get(name), self._report.warn)
                for name in names
            ]
            await self._widen(len(streams))
            await self._follow_all(streams)
        finally:
            for connection in self._connections:
                connection.abort()

    async def _names(self, connection: ImapConnection) -> tuple[str, ...]:
        config = self._following.config
        names = list(config.folders)
        if config.read_junk:
            names.append(await _junk_of(connection) or JUNK)
        return tuple(dict.fromkeys(names))

    async def _opened(self) -> ImapConnection:
        connection = await self._connect()
        self._connections.append(connection)
        return connection

    async def _widen(self, wanted: int) -> None:
        """As many connections as are wanted, allowed by ops, and granted by the server."""
        while len(self._connections) < min(wanted, self._following.config.max_connections):
            try:
                await self._opened()
            except (ImapLost, OSError, TimeoutError):
                # One is open: the server only grants no more of them now.
                return

    async def _follow_all(self, streams: list[FolderStream]) -> None:
        """Each folder on a connection of its own; those that are too many share the last one."""
        last = len(self._connections) - 1
        try:
            async with asyncio.TaskGroup() as group:
                for number, connection in enumerate(self._connections):
                    ours = streams[number:] if number == last else streams[number : number + 1]
                    if len(ours) == 1:
                        group.create_task(self._follow(ours[0], connection))
                    else:
                        group.create_task(self._follow_in_turns(ours, connection))
        except BaseExceptionGroup as failures:
            first = failures.exceptions[0]
            raise first from first.__cause__

    async def _follow(self, stream: FolderStream, connection: ImapConnection) -> None:
        """Waits by IDLE, where the server has it."""
        config = self._following.config
        wait, is_open = FIRST_WAIT, False
        while True:
            if not is_open and not await self._open(stream, connection):
                await self._rest(connection, REFUSED_PAUSE)
                continue
            found = more = False
            while True:
                came, more = await self._take_turn(stream, connection)
                found = found or came
                if not more:
                    break
            wait = FIRST_WAIT if found else min(wait * 2, config.idle_seconds)
            if connection.can_idle:
                await connection.wait_for_change(wait)
            else:
                await self._rest(connection, config.poll_seconds)
            # A look from anew: UIDs may be void, and some servers show no more in an old one.
            is_open = wait < config.idle_seconds

    async def _follow_in_turns(
        self, streams: list[FolderStream], connection: ImapConnection
    ) -> None:
        """None has more than its turn before the next one."""
        while True:
            is_more = False
            for stream in streams:
                if await self._open(stream, connection):
                    _, more = await self._take_turn(stream, connection)
                    is_more = is_more or more
            if not is_more:
                await self._rest(connection, self._following.config.poll_seconds)

    async def _open(self, stream: FolderStream, connection: ImapConnection) -> bool:
        try:
            await stream.open(connection)
        except FolderRefused as error:
            stream.forget()
            self._report.refuse(stream.name, f"This folder is not read: {error}.")
            return False
        self._report.refuse(stream.name, "")
        return True

    async def _take_turn(
        self, stream: FolderStream, connection: ImapConnection
    ) -> tuple[bool, bool]:
        """Whether anything came, and whether more waits."""
        found = False
        for _ in range(TURN):
            progress = await stream.take_batch(connection)
            self._report.note(stream.name, progress)
            found = found or progress.taken > 0 or progress.waiting > 0
            if not progress.waiting:
                return found, False
        return found, True

    async def _rest(self, connection: ImapConnection, seconds: float) -> None:
        """A dead connection is noticed meanwhile."""
        clock = self._following.clock
        while seconds > 0:
            pause = min(seconds, LONGEST_QUIET)
            await clock.sleep(pause)
            await connection.noop()
            seconds -= pause


async def _junk_of(connection: ImapConnection) -> str | None:
    try:
        found = find_use(Use.JUNK, await connection.folders())
    except ImapRefused:
        return None
    return from_wire(found.name) if found is not None else None
