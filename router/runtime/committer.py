"""Group commit for the path in: whoever waits while one batch commits goes into the next.

No artificial delay: an idle committer starts at once, a busy one has filled the next batch by the
time it is free. That alone is several times the rate of one commit for each event.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

import structlog

from core.connector import Cursor, InboundSink
from core.messages import AnyInboundEvent, Typing
from router.blobs import Blobs
from router.bus import Bus, signals
from router.failpoints import failpoint
from router.services.inbound import Accepted, Incoming, accept
from router.services.outbound.automatic import Voice
from router.storage.engine import Database, DatabaseUnavailable

MAX_EVENTS = 400
"""Events of one transaction. More makes a failed batch dearer and commits no faster."""
WRITERS = 2
PATIENCE_SECONDS = 0.05
"""How long a batch is waited for before another starts beside it. Two at a time as a rule
would each commit half as many messages, for a third more work; but one that is held up by a lock
must not hold up the rest, and one that was fetched, with its files, is not waited for at all."""

log = structlog.get_logger(__name__)


class Committer:
    """One for a process. `run` until cancelled; `accept` from anywhere in the loop."""

    def __init__(
        self, database: Database, blobs: Blobs, bus: Bus, voice: Voice | None = None
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._voice = voice
        self._bus = bus
        self._waiting: deque[tuple[Incoming, asyncio.Future[Accepted]]] = deque()
        self._wake = asyncio.Event()
        self._under_way = 0
        self._ended = asyncio.Event()

    def sink(self, account_id: int, *, fence: int | None = None) -> "AccountSink":
        """What a connector of this account gets. With a fence it writes under the lease only."""
        return AccountSink(self, self._bus, account_id, fence)

    async def accept(self, incoming: Incoming) -> Accepted:
        """Returns once everything is committed. Raises LeaseLost, DatabaseUnavailable."""
        if not incoming.events and incoming.cursor is None:
            return []
        result: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._waiting.append((incoming, result))
        self._wake.set()
        return await result

    async def run(self) -> None:
        """Commit what is handed over until cancelled; what still waits then is refused."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(WRITERS):
                    group.create_task(self._write(), name=f"committer-{number}")
        finally:
            while self._waiting:
                _, result = self._waiting.popleft()
                result.cancel()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            await self._turn()
            batch = self._take()
            if not batch:
                self._wake.clear()
                continue
            if any(incoming.fence is not None for incoming, _ in batch):
                await self._commit(batch)
                continue
            self._under_way += 1
            self._ended.clear()
            try:
                await self._commit(batch)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._ended.set()

    async def _turn(self) -> None:
        """Returns when no batch is under way, or the newest has been for too long."""
        with contextlib.suppress(TimeoutError):
            while self._under_way:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._ended.wait()

    def _take(self) -> list[tuple[Incoming, asyncio.Future[Accepted]]]:
        batch: list[tuple[Incoming, asyncio.Future[Accepted]]] = []
        events = 0
        while self._waiting and events < MAX_EVENTS:
            incoming, result = self._waiting.popleft()
            if result.cancelled():
                continue
            batch.append((incoming, result))
            events += len(incoming.events)
        return batch

    async def _commit(self, batch: list[tuple[Incoming, asyncio.Future[Accepted]]]) -> None:
        try:
            await failpoint("before_commit")
            incoming = [one for one, _ in batch]
            results = await accept(self._database, self._blobs, incoming, self._voice)
            await failpoint("after_commit")
        except asyncio.CancelledError:
            for _, result in batch:
                result.cancel()
            raise
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, DatabaseUnavailable):
                for alone in batch:  # one account's trouble must not become its neighbours'
                    await self._commit([alone])
                return
            log.warning("inbound.not_committed", fault=type(error).__name__, requests=len(batch))
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), outcome in zip(batch, results, strict=True):
            if result.done():
                continue
            if isinstance(outcome, BaseException):
                result.set_exception(outcome)
            else:
                result.set_result(outcome)


class AccountSink(InboundSink):
    """The sink of one account."""

    def __init__(self, committer: Committer, bus: Bus, account_id: int, fence: int | None) -> None:
        self._committer = committer
        self._bus = bus
        self._account_id = account_id
        self._fence = fence

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        await self.store(events, cursor=cursor)

    async def store(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> Accepted:
        """Like `accept`; for each event the id of its message, a duplicate's included.

        A typing sign is passed on live and never stored: its place in the answer is None.
        """
        for event in events:
            if isinstance(event, Typing):
                await self._bus.say_live(self._typing(event))
        lasting = tuple(event for event in events if not isinstance(event, Typing))
        await failpoint("after_fetch")
        stored = iter(
            await self._committer.accept(
                Incoming(
                    account_id=self._account_id,
                    fence=self._fence,
                    events=lasting,
                    cursor=cursor,
                )
            )
        )
        await failpoint("before_ack")
        return [None if isinstance(event, Typing) else next(stored) for event in events]

    def _typing(self, event: Typing) -> bytes:
        return signals.encode(
            signals.TypingSignal(
                side="person",
                account_id=self._account_id,
                remote_place=event.place.remote,
                is_typing=event.is_typing,
                name=event.sender.shown_as,
            )
        )
