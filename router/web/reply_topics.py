"""Routes: reply topics, and what each needs."""

import msgspec

from router.services import reply_topics
from router.services.reply_topics import ChannelNames, MinimumLevel, NewTopic, TopicChange
from router.services.roles import Permission
from router.storage.reply_topics import TopicRow
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="reply topics")

CHANGE = allow(Permission.CHANGE_TOPICS)


class ReplyTopic(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is about, chosen by who writes it."""

    id: int
    name: str
    minimum_level: MinimumLevel
    """How well whoever is told of it must be proven."""
    allowed_channels: ChannelNames
    """By which channels they may be told; none listed: by any."""


class ReplyTopics(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[ReplyTopic, ...]


@routes.get("/reply-topics", policy=READ)
async def list_reply_topics(call: Call) -> ReplyTopics:
    """All in use, by name."""
    rows = await reply_topics.list_topics(call.context.database)
    return ReplyTopics(topics=tuple(to_topic(row) for row in rows))


@routes.post("/reply-topics", policy=CHANGE, status=201, errors=(409,))
async def add_reply_topic(call: Call, body: NewTopic) -> ReplyTopic:
    """A new topic. It counts at once for cases whose topic has its name."""
    return to_topic(await reply_topics.add_topic(call.context.database, call.caller, body))


@routes.patch("/reply-topics/{topic_id}", policy=CHANGE, errors=(409,))
async def change_reply_topic(call: Call, topic_id: Id, body: TopicChange) -> ReplyTopic:
    """Change a topic; what is left out stays. What waits and needs more now is cancelled."""
    row = await reply_topics.change_topic(call.context.database, call.caller, topic_id, body)
    return to_topic(row)


@routes.delete("/reply-topics/{topic_id}", policy=CHANGE)
async def remove_reply_topic(call: Call, topic_id: Id) -> None:
    """Nobody chooses it any more. What was said of it keeps what it needed."""
    await reply_topics.remove_topic(call.context.database, call.caller, topic_id)


def to_topic(row: TopicRow) -> ReplyTopic:
    return ReplyTopic(
        id=row.id,
        name=row.name,
        minimum_level=row.minimum_level,
        allowed_channels=row.allowed_channels,
    )
