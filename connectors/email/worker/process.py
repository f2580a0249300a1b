"""The process that reads mails, so that a poisoned one can be killed: `python -m` this module.

It takes jobs on standard input and answers on standard output, one at a time, until its input
closes. It holds no secret and opens no connection.
"""

import os
import resource
import sys
from typing import BinaryIO

import msgspec

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import names_to_look_up
from connectors.email.worker.jobs import LENGTH, SAME_RAW, Answer, Job
from core.errors import UnreadableEvent
from core.messages import AnyInboundEvent

MEMORY_LIMIT = 1024 * 1024 * 1024
"""Bytes of address space, beyond which the process fails rather than the machine."""
RESIDENT_LIMIT = 60 * 1024 * 1024
"""Bytes that it may go on holding; above, it ends after its answer and another one starts."""
NICENESS = 10


def answer(raw: bytes, job: Job) -> Answer:
    """Asks for DNS records first where the sender's proof depends on them."""
    try:
        if job.records is None and (names := names_needed(raw, job.reading)):
            return Answer(needs=names)
        events = to_events(raw, job.reading, job.records)
    except UnreadableEvent as error:
        return Answer(refusal=str(error))
    # The last resort of a process that must answer whatever it is given; the caller quarantines.
    except Exception as error:
        return Answer(refusal=f"The mail could not be understood ({type(error).__name__}).")
    return Answer(events=tuple(_without_raw(event) for event in events))


def names_needed(raw: bytes, reading: Reading) -> tuple[str, ...]:
    if not reading.verifies_signatures and not reading.arc_sealers:
        return ()
    return names_to_look_up(read_headers(raw), reading.trust)


def _without_raw(event: AnyInboundEvent) -> AnyInboundEvent:
    return msgspec.structs.replace(event, raw=SAME_RAW) if event.raw is not None else event


def read_frame(stream: BinaryIO) -> bytes | None:
    """None: the other side closed."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def write_frame(stream: BinaryIO, content: bytes) -> None:
    stream.write(LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def resident_bytes(process_id: int | None = None) -> int:
    """Memory that a process holds now, this one unless told; 0 where it cannot be asked."""
    try:
        with open(f"/proc/{process_id or 'self'}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def main(most_jobs: int) -> None:
    """Reads so many mails at most: what a library leaks is given back with the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        # Woken by a mail it would otherwise take the processor from who woke it.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    decoder = msgspec.msgpack.Decoder(Job)
    encoder = msgspec.msgpack.Encoder()
    write_frame(stdout, b"")
    for number in range(1, most_jobs + 1):
        frame, raw = read_frame(stdin), read_frame(stdin)
        if frame is None or raw is None:
            return
        found = answer(raw, decoder.decode(frame))
        del raw
        is_last = number == most_jobs or resident_bytes() > RESIDENT_LIMIT
        if is_last:
            found = msgspec.structs.replace(found, is_last=True)
        write_frame(stdout, encoder.encode(found))
        if is_last:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
