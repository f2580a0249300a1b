"""Reply topics: what an answer is about, and what that needs."""

from collections.abc import Sequence

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class TopicRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    minimum_level: int
    allowed_channels: tuple[str, ...]
    """None listed: any."""


_COLUMNS = "id, name, minimum_level, allowed_channels"


async def list_topics(work: UnitOfWork) -> list[TopicRow]:
    """Those in use, by name."""
    rows = await fetch(
        work, f"select {_COLUMNS} from reply_topics where removed_at is null order by name, id"
    )
    return [_row(row) for row in rows]


async def find_topic(work: UnitOfWork, topic_id: int) -> TopicRow | None:
    """One in use."""
    row = await fetch_one(
        work,
        f"select {_COLUMNS} from reply_topics where id = $1 and removed_at is null",
        topic_id,
    )
    return None if row is None else _row(row)


async def lock_topic(work: UnitOfWork, topic_id: int) -> TopicRow | None:
    """The same, held until the commit: no message of it is queued meanwhile."""
    row = await fetch_one(
        work,
        f"select {_COLUMNS} from reply_topics where id = $1 and removed_at is null for update",
        topic_id,
    )
    return None if row is None else _row(row)


async def insert_topic(
    work: UnitOfWork, *, name: str, minimum_level: int, allowed_channels: Sequence[str]
) -> int | None:
    """The new id. None: a topic in use has that name."""
    found: int | None = await work.driver.fetchval(
        """
        insert into reply_topics (name, minimum_level, allowed_channels, created_at)
        values ($1, $2, $3::jsonb, $4)
        on conflict (name) where removed_at is null do nothing returning id
        """,
        name,
        minimum_level,
        _json(allowed_channels),
        work.now(),
    )
    return found


async def change_topic(
    work: UnitOfWork,
    topic_id: int,
    *,
    name: str,
    minimum_level: int,
    allowed_channels: Sequence[str],
) -> bool:
    """False: another topic in use has that name."""
    found = await work.driver.fetchval(
        """
        update reply_topics set name = $2, minimum_level = $3, allowed_channels = $4::jsonb
        where id = $1 and (select true from reply_topics o
            where o.name = $2 and o.id <> $1 and o.removed_at is null limit 1) is null
        returning id
        """,
        topic_id,
        name,
        minimum_level,
        _json(allowed_channels),
    )
    return found is not None


async def remove_topic(work: UnitOfWork, topic_id: int) -> bool:
    """Nobody chooses it any more. What was said of it needs what it needed."""
    found = await work.driver.fetchval(
        "update reply_topics set removed_at = $2 where id = $1 and removed_at is null returning id",
        topic_id,
        work.now(),
    )
    return found is not None


async def unknown_channels(work: UnitOfWork, channels: Sequence[str]) -> list[str]:
    """Those of these that no account of ours is of, in order."""
    rows = await fetch(
        work,
        """
        select u.channel from unnest($1::text[]) with ordinality u(channel, ord)
        where (select true from accounts a where a.channel = u.channel and a.state <> 'removed'
               limit 1) is null
        order by u.ord
        """,
        list(channels),
    )
    return [row["channel"] for row in rows]


def _json(channels: Sequence[str]) -> str:
    return msgspec.json.encode(list(channels)).decode()


def _row(row: object) -> TopicRow:
    return msgspec.convert(dict(row), TopicRow)  # type: ignore[call-overload]  # a driver's record
