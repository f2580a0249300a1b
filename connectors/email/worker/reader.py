"""Reading the mails of one mailbox, so that a poisoned one costs seconds and no more.

The loop only moves bytes. A mail that takes too long, or kills the process that reads it, becomes a
placeholder.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from connectors.email.reading.envelope import Reading
from connectors.email.reading.placeholder import to_unreadable
from connectors.email.trust.records import Records
from connectors.email.worker.jobs import SAME_RAW
from connectors.email.worker.pool import WorkerPool, hold_shared_pool, release_shared_pool
from connectors.email.worker.worker import WorkerLost
from core.messages import AnyInboundEvent

LookUp = Callable[[tuple[str, ...]], Awaitable[Records]]

TOO_LONG = "Reading this mail takes too long."
TOO_MUCH = "Reading this mail needs more than is allowed."


class MailReader:
    """Reads in the processes that all mailboxes of this program share, or in those of `pool`."""

    def __init__(
        self,
        reading: Reading,
        *,
        pool: WorkerPool | None = None,
        look_up: LookUp | None = None,
    ) -> None:
        """`look_up` asks the DNS; without it every name is one that could not be told."""
        self._reading = reading
        self._look_up = look_up
        self._own_pool = pool
        self._shared: WorkerPool | None = None

    async def read(self, raw: bytes) -> tuple[AnyInboundEvent, ...]:
        """The events of one mail; a placeholder if it cannot be read. Raises TransientError.

        TransientError: the machine lets us start no process; the mail stays where it is.
        """
        try:
            answer = await self._pool().read(raw, self._reading)
            if answer.needs:
                records = await self._records(answer.needs)
                answer = await self._pool().read(raw, self._reading, records)
        except TimeoutError:
            return (await self._placeholder(raw, TOO_LONG),)
        except WorkerLost:
            return (await self._placeholder(raw, TOO_MUCH),)
        if answer.refusal is not None:
            return (await self._placeholder(raw, answer.refusal),)
        return tuple(_with_raw(event, raw) for event in answer.events)

    async def _records(self, names: tuple[str, ...]) -> Records:
        return await self._look_up(names) if self._look_up is not None else {}

    async def close(self) -> None:
        """Its processes have ended, unless other mailboxes use them. Idempotent."""
        if self._own_pool is not None:
            await self._own_pool.close()
        shared, self._shared = self._shared, None
        if shared is not None:
            await release_shared_pool(shared)

    def _pool(self) -> WorkerPool:
        if self._own_pool is not None:
            return self._own_pool
        if self._shared is None:
            self._shared = hold_shared_pool()
        return self._shared

    async def _placeholder(self, raw: bytes, reason: str) -> AnyInboundEvent:
        # In a thread: the digest of a large mail alone takes longer than the loop may wait.
        return await asyncio.to_thread(to_unreadable, raw, reason, self._reading)


def _with_raw(event: AnyInboundEvent, raw: bytes) -> AnyInboundEvent:
    return msgspec.structs.replace(event, raw=raw) if event.raw == SAME_RAW else event
