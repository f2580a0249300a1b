"""Search entries follow the outbox: made after what was said, never within its transaction."""

import asyncio
import unicodedata
from collections.abc import Collection, Iterable, Sequence

import structlog

from core.search_words import words_of
from router.services.search import naming
from router.storage import followers
from router.storage import search_entries as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.search_entries import Changes
from router.storage.unit_of_work import UnitOfWork

BATCH = 200
"""Entries of the outbox, or messages of the past, that one transaction looks at."""
ROOM = 500_000
"""Characters of a batch: well under a second, of the ten that a transaction may be idle."""
MOST_BYTES = 300_000
"""Of a message's different words; what follows is not found. With 7 more for each of three bytes
and 32 KB of positions that is within the 1,048,575 bytes of PostgreSQL's tsvector."""

log = structlog.get_logger(__name__)


async def follow(database: Database, *, limit: int = BATCH, room: int = ROOM) -> Changes:
    """Read on in the outbox: what was said has its words, what is gone has none.

    It is committed with how far was read, and doing it twice changes nothing. Where entries were
    dropped before they were read, all messages and people are the past again, for `catch_up`. The
    follower's row is locked before anything is read, so that an erasure, which takes it too, leaves
    nothing behind.
    """
    async with database.transaction() as work:
        position = await followers.take(work, stored.FOLLOWER)
        changes = await stored.changed_after(work, position, limit=limit, room=room)
        if changes.has_gap:
            await followers.take(work, stored.HISTORY)
            newest = await stored.newest_message(work)
            await followers.keep(work, stored.HISTORY, newest)
            await naming.begin_anew(work)
        await _enter(work, changes.message_ids)
        await naming.enter(work, changes.person_ids)
        if changes.until > position:
            await followers.keep(work, stored.FOLLOWER, changes.until)
    return changes


async def catch_up(database: Database, *, limit: int = BATCH, room: int = ROOM) -> bool:
    """Enter the next messages that are older than the follower, newest first. False: all are."""
    async with database.transaction() as work:
        await followers.take(work, stored.FOLLOWER)
        below = await followers.take(work, stored.HISTORY)
        if below <= 0:
            return False
        ids = await stored.older_than(work, below, limit=limit, room=room)
        await _enter(work, ids)
        first = ids[-1] if ids else 0
        await followers.keep(work, stored.HISTORY, max(first - 1, 0))
        return first > 1


async def _enter(work: UnitOfWork, message_ids: Collection[int]) -> None:
    """Those of them that may be found have their words, the others none."""
    if not message_ids:
        return
    rows = await stored.sources(work, message_ids)
    entries = await asyncio.to_thread(_entries, rows)
    if gone := set(message_ids) - entries.keys():
        await stored.drop(work, gone)
    for id in await stored.put(work, entries) if entries else ():
        log.warning("search.refused", message=id)


def _entries(rows: Sequence[Record]) -> dict[int, str]:
    return {row["id"]: " ".join(_first_words(row["said"])) for row in rows}


def _first_words(text: str) -> Iterable[str]:
    """As many as PostgreSQL takes. Cut once more when spread: one character may stand for 18."""
    spread = unicodedata.normalize("NFKC", text)[: stored.MOST_CHARACTERS]
    known: set[str] = set()
    size = 0
    for word in words_of(spread):
        if word not in known:
            known.add(word)
            size += len(word.encode())
            if size > MOST_BYTES:
                return
        yield word
