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
from connectors.email.worker.jobs import LENGTH, SAME_RAW, Answer, Job
from core.errors import UnreadableEvent
from core.messages import AnyInboundEvent

MEMORY_LIMIT = 1024 * 1024 * 1024


def answer(job: Job) -> Answer:
    try:
        events = to_events(job.raw, job.reading)
    except UnreadableEvent as error:
        return Answer(refusal=str(error))
    # The last resort of a process that must answer whatever it is given; the caller quarantines.
    except Exception as error:
        return Answer(refusal=f"The mail could not be understood ({type(error).__name__}).")
    return Answer(events=tuple(_without_raw(event) for event in events))


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


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    decoder = msgspec.msgpack.Decoder(Job)
    encoder = msgspec.msgpack.Encoder()
    write_frame(stdout, b"")
    while (frame := read_frame(stdin)) is not None:
        write_frame(stdout, encoder.encode(answer(decoder.decode(frame))))


if __name__ == "__main__":
    main()
