"""Routes: topics as a tree, the ready tree, and what an answer about each needs."""

from typing import Literal, cast

import msgspec

from router.services import ready_topics, topics
from router.services.roles import Permission
from router.services.topics import (
    ChannelNames,
    Examples,
    MinimumLevel,
    NewTopic,
    Priority,
    TopicChange,
    TopicNames,
)
from router.storage.topics import TopicRow
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="topics")

CHANGE = allow(Permission.CHANGE_TOPICS)


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What cases and answers are about."""

    id: int
    name: str
    names: TopicNames
    """How it is called in other languages."""
    key: str
    """Which one of the ready tree it came from; empty: it is the desk's own."""
    parent_id: int | None
    path: tuple[int, ...]
    """From the topmost down to itself."""
    minimum_level: MinimumLevel
    """How well whoever is told of it must be proven: its own word."""
    allowed_channels: ChannelNames
    needed_level: MinimumLevel
    """The same with all that are above it, which is what counts."""
    needed_channels: ChannelNames
    """By which channels it may be said, with all that are above it; none listed: by any."""
    examples: Examples
    default_priority: Priority | None
    default_team_id: int | None


class Topics(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[Topic, ...]


class ReadyTree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    language: Literal["en", "zh", "ru"] = "en"
    """Of the names; the examples are in all of them."""


class ReplyTopic(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is about, chosen by who writes it."""

    id: int
    name: str
    names: TopicNames
    """How it is called in other languages."""
    minimum_level: MinimumLevel
    """How well whoever is told of it must be proven, with the topics above it."""
    allowed_channels: ChannelNames
    """By which channels they may be told, likewise; none listed: by any."""


class ReplyTopics(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[ReplyTopic, ...]


@routes.get("/topics", policy=READ)
async def list_topics(call: Call) -> Topics:
    """All in use, each right before those below it."""
    rows = topics.as_tree(await topics.list_topics(call.context.database))
    return Topics(topics=tuple(to_topic(row) for row in rows))


@routes.post("/topics", policy=CHANGE, status=201, errors=(409,))
async def add_topic(call: Call, body: NewTopic) -> Topic:
    """A new topic, topmost or below another. 409 `name_taken`."""
    return to_topic(await topics.add_topic(call.context.database, call.caller, body))


@routes.patch("/topics/{topic_id}", policy=CHANGE, errors=(409,))
async def change_topic(call: Call, topic_id: Id, body: TopicChange) -> Topic:
    """Change or move a topic; what is left out stays. What waits and needs more is cancelled."""
    return to_topic(await topics.change_topic(call.context.database, call.caller, topic_id, body))


@routes.delete("/topics/{topic_id}", policy=CHANGE)
async def archive_topic(call: Call, topic_id: Id) -> None:
    """Nobody chooses it, or one below it, any more. What is of it keeps what it needed."""
    await topics.archive_topic(call.context.database, call.caller, topic_id)


@routes.post("/topics/ready", policy=CHANGE)
async def add_ready_topics(call: Call, body: ReadyTree) -> Topics:
    """Add what is missing of the ready tree of an exchange; what the desk has stays as it is."""
    rows = await ready_topics.add_ready(call.context.database, call.caller, body.language)
    return Topics(topics=tuple(to_topic(row) for row in topics.as_tree(rows)))


@routes.get("/reply-topics", policy=READ)
async def list_reply_topics(call: Call) -> ReplyTopics:
    """All in use, by name, with what an answer about each needs."""
    rows = await topics.list_topics(call.context.database)
    return ReplyTopics(topics=tuple(to_reply_topic(row) for row in rows))


@routes.post("/reply-topics", policy=CHANGE, status=201, errors=(409,))
async def add_reply_topic(call: Call, body: NewTopic) -> ReplyTopic:
    """The same as `POST /topics`."""
    return to_reply_topic(await topics.add_topic(call.context.database, call.caller, body))


@routes.patch("/reply-topics/{topic_id}", policy=CHANGE, errors=(409,))
async def change_reply_topic(call: Call, topic_id: Id, body: TopicChange) -> ReplyTopic:
    """The same as `PATCH /topics/{topic_id}`."""
    row = await topics.change_topic(call.context.database, call.caller, topic_id, body)
    return to_reply_topic(row)


@routes.delete("/reply-topics/{topic_id}", policy=CHANGE)
async def remove_reply_topic(call: Call, topic_id: Id) -> None:
    """The same as `DELETE /topics/{topic_id}`."""
    await topics.archive_topic(call.context.database, call.caller, topic_id)


def to_topic(row: TopicRow) -> Topic:
    return Topic(
        id=row.id,
        name=row.name,
        names=cast("TopicNames", row.names),
        key=row.key,
        parent_id=row.parent_id,
        path=row.path,
        minimum_level=row.minimum_level,
        allowed_channels=row.allowed_channels,
        needed_level=row.bound_level,
        needed_channels=row.channels,
        examples=row.examples,
        default_priority=row.default_priority,
        default_team_id=row.default_team_id,
    )


def to_reply_topic(row: TopicRow) -> ReplyTopic:
    return ReplyTopic(
        id=row.id,
        name=row.name,
        names=cast("TopicNames", row.names),
        minimum_level=row.bound_level,
        allowed_channels=row.channels,
    )
