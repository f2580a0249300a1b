"""One reading process, seen from the loop: it is started, asked, and ended."""

import asyncio
import contextlib
import os
import sys

import msgspec

from connectors.email.worker.jobs import LENGTH, Answer
from core.errors import TransientError

DEADLINE = 5.0
"""Seconds of work on one mail."""
STARVED_DEADLINE = 20.0
"""Seconds by the clock, for a machine too busy to give the process its turn."""
START_DEADLINE = 60.0
MOST_JOBS = 2000
"""Mails that one process reads before another one takes its place."""
WORKER = "connectors.email.worker.process"
_SLICE = 256 * 1024
"""Bytes that are handed to the pipe at once, so that no mail holds up the loop."""
_DECODER = msgspec.msgpack.Decoder(Answer)


class WorkerLost(Exception):
    """The process died over a mail."""


class Worker:
    """A process that reads one mail at a time. After any failure of `ask` it must be ended."""

    def __init__(
        self, process: asyncio.subprocess.Process, *, deadline: float, starved_deadline: float
    ) -> None:
        self._process = process
        self._deadline = deadline
        self._starved_deadline = starved_deadline

    @classmethod
    async def start(
        cls,
        *,
        deadline: float = DEADLINE,
        starved_deadline: float = STARVED_DEADLINE,
        most_jobs: int = MOST_JOBS,
    ) -> "Worker":
        """Ready for the first mail. Raises TransientError: the machine lets us start none."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                WORKER,
                str(most_jobs),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # Nothing of our own environment: it may hold secrets, and a parser needs none.
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                limit=1024 * 1024,
            )
        except OSError as error:
            raise TransientError(f"The process that reads mail does not start: {error}") from error
        worker = cls(process, deadline=deadline, starved_deadline=starved_deadline)
        try:
            async with asyncio.timeout(START_DEADLINE):
                await worker._read_frame()
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await worker.end()
            raise TransientError("The process that reads mail does not start.") from error
        except asyncio.CancelledError:
            await worker.end()
            raise
        return worker

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, job: bytes, raw: bytes) -> Answer:
        """Raises TimeoutError after the deadline, WorkerLost if the process dies over it."""
        spent = processor_seconds(self.process_id)
        reply = asyncio.ensure_future(self._exchange(job, raw))
        try:
            done, _ = await asyncio.wait({reply}, timeout=self._deadline)
            if not done and processor_seconds(self.process_id) - spent < self._deadline / 2:
                done, _ = await asyncio.wait(
                    {reply}, timeout=self._starved_deadline - self._deadline
                )
            if not done:
                raise TimeoutError
            return _DECODER.decode(reply.result())
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError) as error:
            raise WorkerLost("the process died") from error
        finally:
            if not reply.done():
                reply.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reply

    def let_go(self) -> None:
        """Closing its input ends it, once it has nothing more to do."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def end(self) -> None:
        """It has ended. Idempotent."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        # The transport closes its pipes in callbacks of its own; let them run.
        await asyncio.sleep(0)

    async def _exchange(self, job: bytes, raw: bytes) -> bytes:
        stdin = self._process.stdin
        if stdin is None:
            raise ConnectionError("the process has no input")
        stdin.write(LENGTH.pack(len(job)) + job + LENGTH.pack(len(raw)))
        view = memoryview(raw)
        for start in range(0, len(view), _SLICE):
            stdin.write(view[start : start + _SLICE])
            await stdin.drain()
        return await self._read_frame()

    async def _read_frame(self) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise ConnectionError("the process has no output")
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        return await stdout.readexactly(length)


def processor_seconds(process_id: int) -> float:
    """Of work until now, as Linux tells it; infinite where it cannot be asked."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return float("inf")
