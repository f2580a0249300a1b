"""Reading mails in a process of their own, so that a poisoned one costs seconds and no more.

The loop only moves bytes. The process starts with the first mail, ends after a while without any,
and is killed when a mail takes too long; that mail becomes a placeholder.
"""

import asyncio
import contextlib
import os
import sys

import msgspec

from connectors.email.reading.envelope import Reading
from connectors.email.reading.placeholder import to_unreadable
from connectors.email.worker.jobs import LENGTH, SAME_RAW, Answer, Job
from core.errors import TransientError
from core.messages import AnyInboundEvent

DEADLINE = 5.0
"""Seconds of work on one mail."""
STARVED_DEADLINE = 20.0
"""Seconds by the clock, for a machine too busy to give the process its turn."""
START_DEADLINE = 60.0
IDLE_LIFETIME = 60.0
WORKER = "connectors.email.worker.process"


class MailReader:
    """One process at most; mails are read one after the other."""

    def __init__(
        self,
        reading: Reading,
        *,
        deadline: float = DEADLINE,
        starved_deadline: float = STARVED_DEADLINE,
        idle_lifetime: float = IDLE_LIFETIME,
    ) -> None:
        self._reading = reading
        self._deadline = deadline
        self._starved_deadline = starved_deadline
        self._idle_lifetime = idle_lifetime
        self._process: asyncio.subprocess.Process | None = None
        self._leaving: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()
        self._retire: asyncio.TimerHandle | None = None
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Answer)

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def read(self, raw: bytes) -> tuple[AnyInboundEvent, ...]:
        """The events of one mail; a placeholder if it cannot be read. Raises TransientError.

        TransientError: the machine lets us start no process; the mail stays where it is.
        """
        async with self._one_at_a_time:
            self._stay()
            process = await self._started()
            try:
                answer = await self._ask(process, Job(raw=raw, reading=self._reading))
            except TimeoutError:
                await self._kill()
                return (to_unreadable(raw, "Reading this mail takes too long.", self._reading),)
            except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
                await self._kill()
                reason = "Reading this mail needs more than is allowed."
                return (to_unreadable(raw, reason, self._reading),)
            except asyncio.CancelledError:
                await self._kill()
                raise
            self._retire_later()
        if answer.refusal is not None:
            return (to_unreadable(raw, answer.refusal, self._reading),)
        return tuple(_with_raw(event, raw) for event in answer.events)

    async def close(self) -> None:
        """The process has ended. Idempotent."""
        self._stay()
        await self._kill()
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            await _end_now(leaving)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                WORKER,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # Nothing of our own environment: it may hold secrets, and a parser needs none.
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                limit=1024 * 1024,
            )
        except OSError as error:
            raise TransientError(f"The process that reads mail does not start: {error}") from error
        self._process = process
        try:
            async with asyncio.timeout(START_DEADLINE):
                await _read_frame(process)
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await self._kill()
            raise TransientError("The process that reads mail does not start.") from error
        except asyncio.CancelledError:
            await self._kill()
            raise
        return process

    async def _ask(self, process: asyncio.subprocess.Process, job: Job) -> Answer:
        frame = self._encoder.encode(job)
        reply = asyncio.ensure_future(_exchange(process, frame))
        try:
            done, _ = await asyncio.wait({reply}, timeout=self._deadline)
            if not done and _processor_seconds(process.pid) < self._deadline / 2:
                done, _ = await asyncio.wait(
                    {reply}, timeout=self._starved_deadline - self._deadline
                )
            if not done:
                raise TimeoutError
            return self._decoder.decode(reply.result())
        finally:
            if not reply.done():
                reply.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reply

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await _end_now(process)

    def _stay(self) -> None:
        if self._retire is not None:
            self._retire.cancel()
            self._retire = None

    def _retire_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._retire = loop.call_later(self._idle_lifetime, self._end)

    def _end(self) -> None:
        """Closing its input ends the process; the next mail starts another."""
        self._retire = None
        self._leaving, self._process = self._process, None
        if self._leaving is not None and self._leaving.stdin is not None:
            self._leaving.stdin.close()


async def _end_now(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()
    # The transport closes its pipes in callbacks of its own; let them run.
    await asyncio.sleep(0)


async def _exchange(process: asyncio.subprocess.Process, frame: bytes) -> bytes:
    if process.stdin is None:
        raise ConnectionError("the process has no input")
    process.stdin.write(LENGTH.pack(len(frame)))
    process.stdin.write(frame)
    await process.stdin.drain()
    return await _read_frame(process)


async def _read_frame(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise ConnectionError("the process has no output")
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return await process.stdout.readexactly(length)


def _processor_seconds(process_id: int) -> float:
    """Of user time, as Linux tells it; infinite where it cannot be asked."""
    try:
        with open(f"/proc/{process_id}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return float("inf")


def _with_raw(event: AnyInboundEvent, raw: bytes) -> AnyInboundEvent:
    return msgspec.structs.replace(event, raw=raw) if event.raw == SAME_RAW else event
