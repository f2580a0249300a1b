"""Topics: what cases and answers are about, kept by admins as a tree, and what that needs.

What binds a topic binds those below it. It counts for a reply that names it, and for every reply in
a case that is of it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
from core.queries import can_be_asked_for
from core.topics import CircleFound, TooDeep, bind, in_order
from router.services import audit, renaming
from router.services.agents import check_name
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound import leveling
from router.services.partial import said_of
from router.storage import cases
from router.storage import topics as stored
from router.storage.engine import Database
from router.storage.topics import TopicRow, TopicValues
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_TOPICS = 300
MOST_EXAMPLES = 100

TopicName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
MinimumLevel = Annotated[int, msgspec.Meta(ge=0, le=3)]
Priority = Annotated[int, msgspec.Meta(ge=1, le=4)]
ChannelNames = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=64)], ...],
    msgspec.Meta(max_length=20),
]
Examples = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...],
    msgspec.Meta(max_length=MOST_EXAMPLES),
]


TopicNames = dict[Literal["en", "zh", "ru"], TopicName]


class NewTopic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: TopicName
    parent_id: RowId | None = None
    """None: it is a topmost one."""
    minimum_level: MinimumLevel = 0
    """How well whoever is told of it must be proven."""
    allowed_channels: ChannelNames = ()
    """By which channels they may be told; none listed: by any."""
    examples: Examples = ()
    """What people write who mean this, in any language."""
    default_priority: Priority | None = None
    """Of a case that gets this topic while its priority is as usual."""
    names: TopicNames = {}
    """How agents read it whose page speaks another language; without one by its name."""
    default_team_id: RowId | None = None
    """Whose a case becomes that gets this topic and is no team's."""


class TopicChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    name: TopicName | UnsetType = UNSET
    parent_id: RowId | UnsetType | None = UNSET
    minimum_level: MinimumLevel | UnsetType = UNSET
    allowed_channels: ChannelNames | UnsetType = UNSET
    examples: Examples | UnsetType = UNSET
    names: TopicNames | UnsetType = UNSET
    """All of them: a language that is left out has none any more."""
    default_priority: Priority | UnsetType | None = UNSET
    default_team_id: RowId | UnsetType | None = UNSET


async def list_topics(database: Database) -> list[TopicRow]:
    """By name."""
    async with database.reading() as work:
        return await stored.list_topics(work)


def as_tree(rows: Sequence[TopicRow]) -> list[TopicRow]:
    """Each right before those below it."""
    by_id = {row.id: row for row in rows}
    ordered = in_order({row.id: row.parent_id for row in rows}, {row.id: row.name for row in rows})
    return [by_id[one] for one in ordered]


async def add_topic(database: Database, caller: Caller, wanted: NewTopic) -> TopicRow:
    """In force at once. Raises Refused, Conflict."""
    async with database.transaction() as work:
        return await add_within(work, caller, TopicValues(**msgspec.structs.asdict(wanted)))


async def add_within(work: UnitOfWork, caller: Caller, wanted: TopicValues) -> TopicRow:
    """The same as part of a transaction."""
    tree = await stored.lock_tree(work)
    if sum(not row.is_archived for row in tree) >= MOST_TOPICS:
        raise Refused(f"At most {MOST_TOPICS} topics.", code="too_many", field="name")
    values = await _checked(work, tree, wanted, None)
    made = await stored.insert_topic(work, values)
    await _bind_anew(work, parent_id=values.parent_id)
    return await _recorded(work, caller, "topic.added", made)


async def change_topic(
    database: Database, caller: Caller, topic_id: int, change: TopicChange
) -> TopicRow:
    """What waits to go out and needs more now is cancelled, also of those below it.

    Raises NotFound, Refused, Conflict.
    """
    async with database.transaction() as work:
        await renaming.hold_rules(work)
        tree = await stored.lock_tree(work)
        before = _find(tree, topic_id)
        was = {name: getattr(before, name) for name in TopicValues.__struct_fields__}
        values = await _checked(work, tree, TopicValues(**{**was, **said_of(change)}), topic_id)
        await stored.change_topic(work, topic_id, values)
        followed = await renaming.follow_topic(
            work, caller.agent_id, before, values.name, values.names
        )
        await _bind_anew(work, parent_id=values.parent_id)
        await leveling.cancel_low(work, "topic", topic_id)
        return await _recorded(work, caller, "topic.changed", topic_id, followed)


async def archive_topic(database: Database, caller: Caller, topic_id: int) -> None:
    """Nobody chooses it, or one below it, any more. Cases and answers of it need what they needed.

    Raises NotFound.
    """
    async with database.transaction() as work:
        tree = await stored.lock_tree(work)
        _find(tree, topic_id)
        below = [row.id for row in tree if topic_id in row.path and not row.is_archived]
        for row in tree:
            if row.id in below:
                await renaming.note_archived(work, row)
        await stored.archive_topics(work, below)
        for one in below:
            await audit.record(work, caller.actor, "topic.archived", f"topics/{one}")
        work.announce(Fact.VIEWS_CHANGED)


async def check_channels(
    work: UnitOfWork, channels: Sequence[str], *, field: str = "allowed_channels"
) -> tuple[str, ...]:
    """Each once, sorted. Raises Refused if no account of ours is of one of them."""
    wanted = tuple(sorted(set(channels)))
    unknown = await stored.unknown_channels(work, wanted)
    if unknown:
        raise Refused(f"No account of the channel {unknown[0]} is here.", field=field)
    return wanted


def _find(tree: Sequence[TopicRow], topic_id: int) -> TopicRow:
    found = next((row for row in tree if row.id == topic_id and not row.is_archived), None)
    if found is None:
        raise NotFound(f"There is no topic {topic_id}.")
    return found


async def _checked(
    work: UnitOfWork, tree: Sequence[TopicRow], wanted: TopicValues, topic_id: int | None
) -> TopicValues:
    name = _named(wanted.name)
    names = {one: _named(said) for one, said in sorted(wanted.names.items())}
    called = {one.casefold() for one in (name, *names.values())}
    for row in tree:
        if not row.is_archived and row.id != topic_id and called & row.called:
            raise Conflict("A topic is called so, in one language or other.", code="name_taken")
    if wanted.parent_id is not None and all(
        row.id != wanted.parent_id or row.is_archived for row in tree
    ):
        raise Refused(f"There is no topic {wanted.parent_id}.", code="unknown", field="parent_id")
    team = wanted.default_team_id
    if team is not None and not await cases.team_exists(work, team):
        raise Refused(f"There is no team {team}.", code="unknown", field="default_team_id")
    return msgspec.structs.replace(
        wanted,
        name=name,
        names=names,
        allowed_channels=await check_channels(work, wanted.allowed_channels),
        examples=tuple(dict.fromkeys(" ".join(one.split()) for one in wanted.examples)),
    )


def _named(name: str) -> str:
    """One that can be written in a query: `topic:"first line"`."""
    name = check_name(name)
    if '"' in name:
        raise Refused("Quotation marks cannot be in it.", code="bad_name", field="name")
    if not can_be_asked_for(name):
        raise Refused("A query reads it otherwise.", code="bad_name", field="name")
    return name


async def _bind_anew(work: UnitOfWork, *, parent_id: int | None) -> None:
    rows = await stored.list_topics(work, with_archived=True)
    try:
        bound = bind({row.id: row.own for row in rows})
    except CircleFound:
        raise Refused(
            f"Topic {parent_id} is below this one.", code="circle", field="parent_id"
        ) from None
    except TooDeep:
        raise Refused("The tree would be too deep.", code="too_deep", field="parent_id") from None
    for one in bound.values():
        if one.channels and not frozenset.intersection(*map(frozenset, one.channels)):
            raise Refused(
                "No channel would be left for it, or for a topic below it.",
                code="no_channel",
                field="allowed_channels",
            )
    await stored.rebind(work, bound)


async def _recorded(
    work: UnitOfWork,
    caller: Caller,
    action: str,
    topic_id: int,
    followed: renaming.Followed | None = None,
) -> TopicRow:
    topic = await stored.load_topic(work, topic_id)
    await audit.record(
        work,
        caller.actor,
        action,
        f"topics/{topic_id}",
        {
            "parent_id": topic.parent_id,
            "minimum_level": topic.minimum_level,
            "allowed_channels": list(topic.allowed_channels),
            **(followed or {}),
        },
    )
    work.announce(Fact.VIEWS_CHANGED)
    return topic
