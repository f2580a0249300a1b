"""The reading processes of this one: as few as are needed, shared by all mailboxes.

The first starts with the first mail; another one only when a mail has to wait, up to the number of
processors. They end after a while without any mail.
"""

import asyncio
import os
from weakref import WeakKeyDictionary

import msgspec

from connectors.email.reading.envelope import Reading
from connectors.email.trust.records import Records
from connectors.email.worker.jobs import Answer, Job
from connectors.email.worker.worker import DEADLINE, MOST_JOBS, STARVED_DEADLINE, Worker

IDLE_LIFETIME = 60.0
MOST_WORKERS = max(2, min(4, os.cpu_count() or 1))


class WorkerPool:
    """Mails that are read at once each have a process of their own."""

    def __init__(
        self,
        *,
        size: int = MOST_WORKERS,
        deadline: float = DEADLINE,
        starved_deadline: float = STARVED_DEADLINE,
        idle_lifetime: float = IDLE_LIFETIME,
        most_jobs: int = MOST_JOBS,
    ) -> None:
        self._deadline = deadline
        self._starved_deadline = starved_deadline
        self._idle_lifetime = idle_lifetime
        self._most_jobs = most_jobs
        self._turns = asyncio.Semaphore(size)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._leaving: list[Worker] = []
        self._retire: asyncio.TimerHandle | None = None
        self._encoder = msgspec.msgpack.Encoder()
        self.holders = 0
        """How many mailboxes use it."""

    @property
    def process_ids(self) -> list[int]:
        return [worker.process_id for worker in (*self._idle, *self._busy)]

    async def read(self, raw: bytes, reading: Reading, records: Records | None = None) -> Answer:
        """Raises TimeoutError, WorkerLost, and TransientError if no process can be started.

        After any of them the process that had the mail is gone.
        """
        job = Job(reading=reading, records=dict(records) if records is not None else None)
        async with self._turns:
            self._stay()
            worker = await self._free_worker()
            self._busy.add(worker)
            is_fit = False
            try:
                answer = await worker.ask(self._encoder.encode(job), raw)
                is_fit = not answer.is_last
            finally:
                self._busy.discard(worker)
                if is_fit:
                    self._idle.append(worker)
                else:
                    await worker.end()
                self._retire_later()
        return answer

    async def close(self) -> None:
        """Every process has ended. Idempotent."""
        self._stay()
        workers = [*self._idle, *self._busy, *self._leaving]
        self._idle, self._leaving = [], []
        for worker in workers:
            await worker.end()

    async def _free_worker(self) -> Worker:
        """The one that worked last, so that the others get old and leave."""
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.end()
        return await Worker.start(
            deadline=self._deadline,
            starved_deadline=self._starved_deadline,
            most_jobs=self._most_jobs,
        )

    def _stay(self) -> None:
        if self._retire is not None:
            self._retire.cancel()
            self._retire = None

    def _retire_later(self) -> None:
        self._stay()
        if self._idle:
            loop = asyncio.get_running_loop()
            self._retire = loop.call_later(self._idle_lifetime, self._end_idle)

    def _end_idle(self) -> None:
        """The next mail starts another."""
        self._retire = None
        self._leaving = [worker for worker in self._leaving if worker.is_alive] + self._idle
        self._idle = []
        for worker in self._leaving:
            worker.let_go()


# One for each event loop, and so for each process that serves: mailboxes cannot know of each other,
# and a hundred of them must not start a hundred processes.
_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, WorkerPool] = WeakKeyDictionary()


def hold_shared_pool() -> WorkerPool:
    """The pool of the running loop, kept until `release_shared_pool` was called as often."""
    loop = asyncio.get_running_loop()
    pool = _SHARED.get(loop)
    if pool is None:
        pool = _SHARED[loop] = WorkerPool()
    pool.holders += 1
    return pool


async def release_shared_pool(pool: WorkerPool) -> None:
    """The last one to let go ends its processes."""
    pool.holders -= 1
    if pool.holders <= 0:
        loop = asyncio.get_running_loop()
        if _SHARED.get(loop) is pool:
            del _SHARED[loop]
        await pool.close()
