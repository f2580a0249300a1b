"""Search entries follow the outbox: made after what was said, never within its transaction."""

from collections.abc import Sequence

from core.search_words import words_of
from router.storage import search_entries as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

BATCH = 200
"""Entries of the outbox, or messages of the past, that one transaction looks at."""
MOST_CHARACTERS = 200_000
"""Of one message. PostgreSQL's limit is a megabyte of lexemes."""


async def follow(database: Database, *, limit: int = BATCH) -> int:
    """Read on in the outbox: what was said has its words, what is gone has none.

    How many entries of the outbox that were. They are committed with how far was read, and doing
    it twice changes nothing. The follower's row is locked before anything is read, so that an
    erasure, which takes it too, leaves nothing behind.
    """
    async with database.transaction() as work:
        position = await stored.take_position(work, stored.FOLLOWER)
        until, count, said = await stored.changed_after(work, position, limit=limit)
        if said:
            await _enter(work, said, await stored.sources(work, said))
        if until > position:
            await stored.keep_position(work, stored.FOLLOWER, until)
    return count


async def catch_up(database: Database, *, limit: int = BATCH) -> bool:
    """Enter the next messages that are older than the follower, newest first. False: all are."""
    async with database.transaction() as work:
        await stored.take_position(work, stored.FOLLOWER)
        below = await stored.take_position(work, stored.HISTORY)
        if below <= 0:
            return False
        first, rows = await stored.older_sources(work, below, limit=limit)
        await _enter(work, [], rows)
        await stored.keep_position(work, stored.HISTORY, max(first - 1, 0))
        return first > 1


async def _enter(work: UnitOfWork, asked: Sequence[int], rows: Sequence[Record]) -> None:
    entries = {row["id"]: _words(row) for row in rows}
    if gone := set(asked) - entries.keys():
        await stored.drop(work, gone)
    if entries:
        await stored.put(work, entries)


def _words(row: Record) -> str:
    """Subject, text and names of files, one after the other."""
    texts = (row["subject"], row["text"][:MOST_CHARACTERS], row["files"])
    return " ".join(word for text in texts for word in words_of(text))
