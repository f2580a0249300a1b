"""Reply topics: what admins say an answer about something needs (a withdrawal, an identity check).

A topic counts for a reply that names it, and for every reply in a case whose topic has its name.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from router.services import audit
from router.services.agents import check_name
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound import leveling
from router.storage import reply_topics as stored
from router.storage.engine import Database
from router.storage.reply_topics import TopicRow
from router.storage.unit_of_work import UnitOfWork

MinimumLevel = Annotated[int, msgspec.Meta(ge=0, le=3)]
ChannelNames = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], ...],
    msgspec.Meta(max_length=20),
]


class NewTopic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    minimum_level: MinimumLevel = 0
    """How well whoever is told of it must be proven."""
    allowed_channels: ChannelNames = ()
    """By which channels they may be told; none listed: by any."""


class TopicChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    minimum_level: MinimumLevel | UnsetType = UNSET
    allowed_channels: ChannelNames | UnsetType = UNSET


async def list_topics(database: Database) -> list[TopicRow]:
    """By name."""
    async with database.reading() as work:
        return await stored.list_topics(work)


async def add_topic(database: Database, caller: Caller, wanted: NewTopic) -> TopicRow:
    """In force at once, also for cases whose topic has that name. Raises Refused, Conflict."""
    name = check_name(wanted.name)
    async with database.transaction() as work:
        channels = await check_channels(work, wanted.allowed_channels)
        made = await stored.insert_topic(
            work,
            name=name,
            minimum_level=wanted.minimum_level,
            allowed_channels=channels,
        )
        if made is None:
            raise _taken()
        await leveling.cancel_low(work, "topic", made)
        return await _recorded(work, caller, "reply_topic.added", made)


async def change_topic(
    database: Database, caller: Caller, topic_id: int, change: TopicChange
) -> TopicRow:
    """What waits to go out and needs more now is cancelled. Raises NotFound, Refused, Conflict."""
    async with database.transaction() as work:
        before = await stored.lock_topic(work, topic_id)
        if before is None:
            raise _unknown(topic_id)
        channels = before.allowed_channels
        if change.allowed_channels is not UNSET:
            channels = await check_channels(work, change.allowed_channels)
        level = before.minimum_level if change.minimum_level is UNSET else change.minimum_level
        changed = await stored.change_topic(
            work,
            topic_id,
            name=before.name if change.name is UNSET else check_name(change.name),
            minimum_level=level,
            allowed_channels=channels,
        )
        if not changed:
            raise _taken()
        await leveling.cancel_low(work, "topic", topic_id)
        return await _recorded(work, caller, "reply_topic.changed", topic_id)


async def remove_topic(database: Database, caller: Caller, topic_id: int) -> None:
    """Nobody chooses it any more; what was said of it keeps what it needed. Raises NotFound."""
    async with database.transaction() as work:
        if not await stored.remove_topic(work, topic_id):
            raise _unknown(topic_id)
        await audit.record(work, caller.actor, "reply_topic.removed", f"reply_topics/{topic_id}")


async def check_channels(
    work: UnitOfWork, channels: Sequence[str], *, field: str = "allowed_channels"
) -> tuple[str, ...]:
    """Each once, sorted. Raises Refused if no account of ours is of one of them."""
    wanted = tuple(sorted(set(channels)))
    unknown = await stored.unknown_channels(work, wanted)
    if unknown:
        raise Refused(f"No account of the channel {unknown[0]} is here.", field=field)
    return wanted


async def _recorded(work: UnitOfWork, caller: Caller, action: str, topic_id: int) -> TopicRow:
    topic = await stored.find_topic(work, topic_id)
    assert topic is not None
    await audit.record(
        work,
        caller.actor,
        action,
        f"reply_topics/{topic_id}",
        {
            "minimum_level": topic.minimum_level,
            "allowed_channels": list(topic.allowed_channels),
        },
    )
    return topic


def _unknown(topic_id: int) -> NotFound:
    return NotFound(f"There is no reply topic {topic_id}.")


def _taken() -> Conflict:
    return Conflict("A reply topic has that name.", code="name_taken")
