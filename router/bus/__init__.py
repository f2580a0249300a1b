"""Hints that something happened, between the loops of one process and between nodes.

Losing a hint costs latency, never a message: every listener also polls the record.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

LiveListener = Callable[[bytes], None]


class Bus(Protocol):
    """One per process."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def announce(self, position: int) -> None:
        """The outbox is numbered up to here. Ids, not bodies, leave the process."""
        ...

    def positions(self) -> "Positions":
        """A new listener of its own. Close it when done."""
        ...

    async def say_live(self, signal: bytes) -> None:
        """A typing sign or presence: passed on now or never. At most 7,000 bytes."""
        ...

    def on_live(self, listener: LiveListener) -> Callable[[], None]:
        """`listener` gets every live signal, our own too. Returns what takes it off again."""
        ...


class Positions:
    """The newest position one listener was told of."""

    def __init__(self, forget: Callable[["Positions"], None]) -> None:
        self._newest = 0
        self._changed = asyncio.Event()
        self._forget = forget

    def tell(self, position: int) -> None:
        if position > self._newest:  # else it is what we said ourselves, come back from others
            self._newest = position
            self._changed.set()

    async def wait(self, timeout: float) -> int:
        """The newest position, at once if there was news, else after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()
        return self._newest

    def close(self) -> None:
        self._forget(self)
