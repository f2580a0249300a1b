"""Topics: what cases and answers are about, as a tree, and what that needs."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from core.topics import Bound, Own
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class TopicRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    parent_id: int | None
    minimum_level: int
    allowed_channels: tuple[str, ...]
    """None listed: any."""
    bound_level: int
    """With those above it."""
    bound_channels: tuple[tuple[str, ...], ...]
    path: tuple[int, ...]
    """From the topmost down to itself."""
    examples: tuple[str, ...]
    names: dict[str, str]
    """By language, where it is called otherwise than by its name."""
    key: str
    """Which one of the ready tree it came from; empty: it is the desk's own."""
    default_priority: int | None
    default_team_id: int | None
    is_archived: bool

    @property
    def called(self) -> frozenset[str]:
        """Its names in every language, folded."""
        return frozenset(one.casefold() for one in (self.name, *self.names.values()))

    @property
    def channels(self) -> tuple[str, ...]:
        """By which it may be said, with those above it; none: by any."""
        if not self.bound_channels:
            return ()
        return tuple(sorted(frozenset.intersection(*map(frozenset, self.bound_channels))))

    @property
    def own(self) -> Own:
        return Own(
            parent_id=self.parent_id,
            minimum_level=self.minimum_level,
            allowed_channels=self.allowed_channels,
        )


class TopicValues(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one topic itself."""

    name: str
    parent_id: int | None = None
    minimum_level: int = 0
    allowed_channels: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    default_priority: int | None = None
    default_team_id: int | None = None
    key: str = ""
    names: dict[str, str] = {}


_COLUMNS = """id, name, parent_id, minimum_level, allowed_channels, bound_level, bound_channels,
    path, examples, names, key, default_priority, default_team_id,
    archived_at is not null as is_archived"""
_VALUES = """name, parent_id, minimum_level, allowed_channels, examples, default_priority,
    default_team_id, key, names"""


async def list_topics(work: UnitOfWork, *, with_archived: bool = False) -> list[TopicRow]:
    """Those in use, by name."""
    rows = await fetch(
        work,
        f"select {_COLUMNS} from topics where archived_at is null or $1 order by name, id",
        with_archived,
    )
    return [_row(row) for row in rows]


async def find_topic(work: UnitOfWork, topic_id: int) -> TopicRow | None:
    """One in use."""
    row = await fetch_one(
        work, f"select {_COLUMNS} from topics where id = $1 and archived_at is null", topic_id
    )
    return None if row is None else _row(row)


async def hold_topic(work: UnitOfWork, topic_id: int) -> TopicRow | None:
    """One in use, as nobody changes it until the commit."""
    await work.driver.execute("select from topics where id = $1 for share", topic_id)
    return await find_topic(work, topic_id)


async def find_named(work: UnitOfWork, name: str) -> TopicRow | None:
    """The one in use that has this name; else one that has it but for its case."""
    row = await fetch_one(
        work,
        f"""select {_COLUMNS} from topics
        where lower(name) = lower($1) and archived_at is null order by name = $1 desc, id limit 1
        """,
        name,
    )
    return None if row is None else _row(row)


async def load_topic(work: UnitOfWork, topic_id: int) -> TopicRow:
    """One that there is, archived or not."""
    row = await fetch_one(work, f"select {_COLUMNS} from topics where id = $1", topic_id)
    assert row is not None
    return _row(row)


async def paths_of(work: UnitOfWork, topic_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    rows = await fetch(
        work, "select id, path from topics where id = any($1::bigint[])", sorted(topic_ids)
    )
    return {row["id"]: tuple(row["path"]) for row in rows}


async def names_of(work: UnitOfWork, topic_ids: Collection[int]) -> dict[int, str]:
    """As each is called, or was when it was archived."""
    rows = await fetch(
        work, "select id, name from topics where id = any($1::bigint[])", sorted(topic_ids)
    )
    return {row["id"]: row["name"] for row in rows}


async def lock_tree(work: UnitOfWork) -> list[TopicRow]:
    """All topics, archived ones too, held until the commit: no message of one is queued meanwhile.

    Whoever changes one holds all of them, so that no two changes make a circle.
    """
    await work.driver.execute("lock table topics in share row exclusive mode")
    await work.driver.execute("select from topics order by id for no key update")
    return await list_topics(work, with_archived=True)


async def insert_topic(work: UnitOfWork, values: TopicValues) -> int:
    """The new id. Under `lock_tree`, where no topic in use has that name; `rebind` follows."""
    return int(
        await work.driver.fetchval(
            f"""
            insert into topics ({_VALUES}, created_at)
            values ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9::jsonb, $10) returning id
            """,
            *_values(values),
            work.now(),
        )
    )


async def change_topic(work: UnitOfWork, topic_id: int, values: TopicValues) -> None:
    """Under `lock_tree`, where no other topic in use has that name; `rebind` follows."""
    await work.driver.execute(
        f"""
        update topics set ({_VALUES}) =
            ($2, $3, $4, $5::jsonb, $6::jsonb, $7, $8, $9, $10::jsonb) where id = $1
        """,
        topic_id,
        *_values(values),
    )


async def archive_topics(work: UnitOfWork, topic_ids: Sequence[int]) -> None:
    """Nobody chooses them any more. What was said of them needs what it needed."""
    await work.driver.execute(
        "update topics set archived_at = $2 where id = any($1::bigint[]) and archived_at is null",
        list(topic_ids),
        work.now(),
    )


async def rebind(work: UnitOfWork, bound: Mapping[int, Bound]) -> None:
    """Write what each is bound by, under `lock_tree`."""
    topics = sorted(bound)
    await work.driver.execute(
        """
        update topics t set bound_level = u.level, bound_channels = u.channels,
            path = array(select jsonb_array_elements_text(u.path)::bigint)
        from unnest($1::bigint[], $2::int[], $3::jsonb[], $4::jsonb[]) u(id, level, channels, path)
        where t.id = u.id
        """,
        topics,
        [bound[one].level for one in topics],
        [_json(bound[one].channels) for one in topics],
        [_json(bound[one].path) for one in topics],
    )


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


def _values(values: TopicValues) -> list[object]:
    return [
        values.name,
        values.parent_id,
        values.minimum_level,
        _json(values.allowed_channels),
        _json(values.examples),
        values.default_priority,
        values.default_team_id,
        values.key,
        msgspec.json.encode(values.names).decode(),
    ]


def _json(listed: Sequence[object]) -> str:
    return msgspec.json.encode(list(listed)).decode()


def _row(row: Record) -> TopicRow:
    return msgspec.convert(dict(row), TopicRow)
