"""Commands and answers on one IMAP connection, under our own clock.

Left to itself the library hangs for ever on a BYE in IDLE, does not notice a closed connection and
never ends a command of a server that drips. Here every wait is for the answer, the loss of the
connection and the clock together, and any doubt ends the connection.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from connectors.email.errors import ImapLost, ImapRefused
from connectors.email.imap import answers
from connectors.email.imap.protocol import MAX_RESPONSE, ImapProtocol, ProtocolError

SILENCE = 30.0
"""Seconds without a byte after which a server that owes an answer is given up."""
SLOWEST = 512
"""Bytes a second, over more than `PATIENCE`: less is a server that drips."""
PATIENCE = 120.0


class Exchange:
    """One command at a time; after any doubt the connection is closed and not used again."""

    def __init__(self, protocol: ImapProtocol, *, silence: float = SILENCE) -> None:
        self.protocol = protocol
        self.silence = silence
        self.capabilities: frozenset[str] = frozenset()
        """In upper case."""

    async def ask_capabilities(self) -> None:
        self.capabilities = answers.capabilities(await self.command("CAPABILITY"))

    async def command(
        self, name: str, *arguments: str, prefix: str = "", limit: int = MAX_RESPONSE
    ) -> list[bytes]:
        """The lines of the answer, its status last. Raises ImapRefused, ImapLost.

        `limit`: bytes of an answer above which the connection is ended.
        """
        protocol = self.protocol
        protocol.response_limit = limit
        command = protocol.make(name, *arguments, prefix=prefix)
        response = await self.run(protocol.execute(command))
        if response.result != "OK":
            raise ImapRefused(f"{name}: {answers.said(b' '.join(response.lines[-1:]))}")
        return list(response.lines)

    async def run(self, call: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.ensure_future(call)
        self.protocol.response_size = 0
        try:
            return await self.finish(task)
        except BaseException:
            self.abort()
            raise
        finally:
            await drop(task)

    async def finish(self, task: "asyncio.Future[Any]") -> Any:
        """The task's result, unless the connection ends or too little comes for too long."""
        protocol = self.protocol
        waits: set[asyncio.Future[Any]] = {task, protocol.lost}
        clock = asyncio.get_running_loop().time
        began, first_seen = clock(), protocol.bytes_seen
        while True:
            seen = protocol.bytes_seen
            done, _ = await asyncio.wait(
                waits, timeout=self.silence, return_when=asyncio.FIRST_COMPLETED
            )
            if task in done:
                return result_of(task)
            if protocol.lost in done:
                raise ImapLost(protocol.lost.result())
            if protocol.bytes_seen == seen:
                raise self._given_up("the server has fallen silent")
            took = clock() - began
            if took > PATIENCE and protocol.bytes_seen - first_seen < took * SLOWEST:
                raise self._given_up("the server answers too slowly")

    def abort(self) -> None:
        """Closed at once; safe at any time."""
        self.protocol.end("closed by us")

    def _given_up(self, reason: str) -> ImapLost:
        self.abort()
        return ImapLost(reason)


def result_of(task: "asyncio.Future[Any]") -> Any:
    try:
        return task.result()
    except ProtocolError as error:
        raise ImapLost(f"{type(error).__name__}: {error}") from error


async def drop(*futures: "asyncio.Future[Any]") -> None:
    """Every one of them is over, and its result looked at."""
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)
