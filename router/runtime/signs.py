"""Shows people on their network that an agent reads or types, where the network can show it."""

import asyncio
from collections import OrderedDict
from typing import TypeVar

import structlog

from core.clock import Clock
from core.connector import Connector
from core.errors import RateLimited, Unsupported
from core.ids import RemoteId, RemotePlace
from core.messages import Place
from router.bus import Bus, signals
from router.bus.signals import ReadSignal, TypingSignal

TYPING_EVERY = 2.5
"""Seconds between two typing signs in one place: a page says it every three, and networks show one
for about five."""
CALL_SECONDS = 5.0
MOST_WAITING = 100
"""Signs past it are dropped: they are of this moment."""
PLACES_KEPT = 1_000

Value = TypeVar("Value")

log = structlog.get_logger(__name__)


class Signs:
    """One for an account's run. A sign that fails or comes too often is let be: nothing waits."""

    def __init__(self, connector: Connector, account_id: int, bus: Bus, clock: Clock) -> None:
        self._connector = connector
        self._account_id = account_id
        self._bus = bus
        self._clock = clock
        self._waiting: asyncio.Queue[TypingSignal | ReadSignal] = asyncio.Queue(MOST_WAITING)
        self._typed_at: OrderedDict[str, float] = OrderedDict()
        self._read: OrderedDict[str, str] = OrderedDict()
        self._resting_until = 0.0
        self._is_down = False

    async def run(self) -> None:
        """Until cancelled."""
        forget = self._bus.on_live(self._hear)
        try:
            while True:
                await self._show(await self._waiting.get())
        finally:
            forget()

    def _hear(self, raw: bytes) -> None:
        can = self._connector.capabilities
        match signals.decode(raw):
            case TypingSignal(side="agent", account_id=self._account_id) as signal if can.typing:
                self._keep(signal)
            case ReadSignal(account_id=self._account_id) as signal if can.mark_read:
                self._keep(signal)
            case _:
                return

    def _keep(self, signal: TypingSignal | ReadSignal) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(signal)

    async def _show(self, signal: TypingSignal | ReadSignal) -> None:
        if self._clock.monotonic() < self._resting_until or not self._is_news(signal):
            return
        place = Place(remote=RemotePlace(signal.remote_place))
        try:
            async with asyncio.timeout(CALL_SECONDS):
                if isinstance(signal, TypingSignal):
                    await self._connector.set_typing(place, is_typing=signal.is_typing)
                else:
                    await self._connector.mark_read(place, RemoteId(signal.remote_id))
        except Unsupported:
            return  # not in this place
        except RateLimited as error:
            self._resting_until = self._clock.monotonic() + error.retry_after.total_seconds()
        except Exception as error:
            self._note_trouble(error)
        else:
            self._is_down = False

    def _is_news(self, signal: TypingSignal | ReadSignal) -> bool:
        """Whether it says anything that was not just shown there."""
        key = signal.remote_place
        if isinstance(signal, ReadSignal):
            if self._read.get(key) == signal.remote_id:
                return False
            _remember(self._read, key, signal.remote_id)
            return True
        typed_at = self._typed_at.pop(key, None)
        if not signal.is_typing:
            return typed_at is not None
        now = self._clock.monotonic()
        if typed_at is not None and now - typed_at < TYPING_EVERY:
            self._typed_at[key] = typed_at
            return False
        _remember(self._typed_at, key, now)
        return True

    def _note_trouble(self, error: Exception) -> None:
        """Logged once when it begins."""
        if not self._is_down:
            log.info("sign.failed", account=self._account_id, fault=type(error).__name__)
        self._is_down = True


def _remember(known: OrderedDict[str, Value], key: str, value: Value) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > PLACES_KEPT:
        known.popitem(last=False)
