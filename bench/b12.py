"""B12: understanding a mail, beside what the standard library's parser alone takes for it.

Whole understanding is what the connector does with each mail: parse, decode, strip the history,
sanitise, classify, authenticate. The limit is `email.message_from_bytes` with its default policy,
and nothing asked of what it returns.
"""

import email
import email.policy
import time
from collections.abc import Callable
from pathlib import Path

from bench.bar import Figure
from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.worker.pool import WorkerPool
from connectors.email.worker.process import resident_bytes
from core.errors import UnreadableEvent
from tests import connectors as test_connectors

SAMPLES = Path(test_connectors.__path__[0]) / "email" / "samples"
PASSES = 5
READING = Reading(own_address="help@desk.example", authserv_ids=("mx.desk.example",))
MIB = 1024 * 1024


async def measure(server_url: str, number: int) -> list[Figure]:
    """Needs no database. The quickest of several passes counts: another program only adds time."""
    mails = [sample.read_bytes() for sample in sorted(SAMPLES.rglob("*.eml"))]
    bare = _rate(mails, _parse)
    whole = _rate(mails, _understand)
    memory = await _worker_memory(mails)
    return [
        Figure(
            bar="B12",
            what="whole understanding of a mail, over the samples",
            value=whole,
            unit="mails/s",
            limit=bare,
            must=0.25,
        ),
        Figure(
            bar="B12",
            what="memory of a reading process after them",
            value=memory,
            unit="MiB",
            must=60,
            is_ceiling=True,
        ),
    ]


def _rate(mails: list[bytes], read: Callable[[bytes], None]) -> float:
    """Mails per second of processor time."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.process_time()
        for raw in mails:
            read(raw)
        best = min(best, time.process_time() - started)
    return len(mails) / best


def _parse(raw: bytes) -> None:
    email.message_from_bytes(raw, policy=email.policy.default)


def _understand(raw: bytes) -> None:
    try:
        to_events(raw, READING)
    except UnreadableEvent:
        # A mail without a sender: it was read whole all the same.
        return


async def _worker_memory(mails: list[bytes]) -> float:
    """Of the largest process, after reading each mail ten times."""
    pool = WorkerPool()
    try:
        for _ in range(10):
            for raw in mails:
                await pool.read(raw, READING)
        return max(resident_bytes(process_id) for process_id in pool.process_ids) / MIB
    finally:
        await pool.close()
