"""What a case, its topic and a message need of whoever is told, and how well somebody is proven."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class NeedsRow(msgspec.Struct, frozen=True, kw_only=True):
    """What binds a message: its case, the topic of that, and its own topic."""

    case_id: int | None
    topic_id: int | None
    """By which a step-up counts: the message's own, or else the case's."""
    said_level: int
    """How well was proven whom it was said to first; 0: nobody was told yet."""
    minimum_levels: tuple[int, ...]
    channel_lists: tuple[tuple[str, ...], ...]
    host_account: str | None
    """That the case is about."""


class ThereRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who and what is at the other end, at this moment."""

    channel: str
    place_kind: str
    identity_id: int | None
    """None: an outsider."""
    level: int
    host_account: str | None
    is_shared: bool
    is_stepped_up: bool
    """For this case and topic."""


# Joined to a relation `s` of (case_id, topic_id, said_level). A participant's side of a case needs
# what the case itself (`j`) does. What a topic is bound by, those above it included, is in its row.
_NEEDS = """
    s.case_id, coalesce(s.topic_id, ct.id) as topic_id, s.said_level,
    array_remove(array[c.minimum_level, j.minimum_level, t.bound_level, ct.bound_level,
        jt.bound_level], null) as minimum_levels,
    jsonb_build_array(c.allowed_channels, j.allowed_channels)
        || coalesce(t.bound_channels, '[]') || coalesce(ct.bound_channels, '[]')
        || coalesce(jt.bound_channels, '[]') as channel_lists,
    c.host_account as case_host_account, j.id as joined_case_id,
    array_remove(array[t.id, ct.id, jt.id], null) as topic_ids
"""
_NEEDS_FROM = """
    left join cases c on c.id = s.case_id
    left join topics t on t.id = s.topic_id
    left join topics ct on ct.id = c.topic_id
    left join cases j on j.id = c.joined_case_id
    left join topics jt on jt.id = j.topic_id
"""
# Joined to `s`, a place `l` and an identity `i` (or none); now is $1.
_THERE = """
    a.channel, l.kind as place_kind, i.id as identity_id, coalesce(i.level, 0) as level,
    i.host_account, coalesce(i.is_shared, false) as is_shared,
    (select true from step_ups u
     where u.identity_id = i.id and u.case_id = s.case_id and u.ended_at is null
       and u.topic_id is not distinct from {topic}
       and u.host_account = i.host_account and u.confirmed_at <= $1 and u.granted_until > $1
     limit 1) is not null as is_stepped_up
"""
_SAID = """
    case when m.context ->> 'automatic' = any({fixed}::text[]) then null else m.case_id end
        as case_id, m.topic_id,
    case when m.direction = 'out' then least(coalesce(m.level, 0), 2) else 0 end as said_level
"""
_OF_MESSAGE = f"select {_SAID.format(fixed='$3')} from messages m where m.id = $2"
_OF_WORDS = "select $2::bigint as case_id, $3::bigint as topic_id, 0 as said_level"


async def needs_of_message(
    work: UnitOfWork, message_id: int, *, fixed: Collection[str], holds: bool
) -> NeedsRow:
    """Of a message that is stored. One of the `fixed` automatic lines says nothing of its case.

    `holds`: nobody changes its topics until the commit.
    """
    return await _needs(work, _OF_MESSAGE, (message_id, sorted(fixed)), holds=holds)


async def needs_of_words(work: UnitOfWork, case_id: int | None, topic_id: int | None) -> NeedsRow:
    """Of what would be said in a case."""
    return await _needs(work, _OF_WORDS, (case_id, topic_id), holds=False)


async def _needs(
    work: UnitOfWork, source: str, values: Sequence[object], *, holds: bool
) -> NeedsRow:
    statement = f"select {_NEEDS} from ({source}) s {_NEEDS_FROM} where $1::timestamptz is not null"
    row = await fetch_one(work, statement, work.now(), *values)
    assert row is not None
    if holds and (row["topic_ids"] or row["joined_case_id"] is not None):
        # Whoever raises a topic, or the case that this one joins, cancels what waits: it must see
        # what we write, or we its own. That case is of another conversation, whose lock we lack.
        await work.driver.execute(
            "select from cases where id = $1 for share", row["joined_case_id"]
        )
        await work.driver.execute(
            "select from topics where id = any($1::bigint[]) order by id for share",
            row["topic_ids"],
        )
        row = await fetch_one(work, statement, work.now(), *values)
        assert row is not None
    return _to_needs(row)


def _to_needs(row: Record) -> NeedsRow:
    return NeedsRow(
        case_id=row["case_id"],
        topic_id=row["topic_id"],
        said_level=row["said_level"],
        minimum_levels=tuple(row["minimum_levels"]),
        channel_lists=tuple(tuple(one) for one in row["channel_lists"] if one),
        host_account=row["case_host_account"],
    )


async def load_there(
    work: UnitOfWork, needs: NeedsRow, *, place_id: int, identity_id: int | None
) -> ThereRow:
    """Who reads along in a place when it is said to this identity."""
    row = await fetch_one(
        work,
        f"""
        select {_THERE.format(topic="s.topic_id")}
        from (select $2::bigint as case_id, $3::bigint as topic_id) s
        join places l on l.id = $4
        join accounts a on a.id = l.account_id
        left join identities i on i.id = $5
        """,
        work.now(),
        needs.case_id,
        needs.topic_id,
        place_id,
        identity_id,
    )
    assert row is not None
    return _to_there(row)


async def load_identity(work: UnitOfWork, needs: NeedsRow, identity_id: int) -> ThereRow:
    """The same of an identity that would be written to alone; the channel is left empty."""
    row = await fetch_one(
        work,
        f"""
        select {_THERE.format(topic="s.topic_id")}
        from (select $2::bigint as case_id, $3::bigint as topic_id) s
        join identities i on i.id = $4
        cross join (select '' as channel) a cross join (select 'direct' as kind) l
        """,
        work.now(),
        needs.case_id,
        needs.topic_id,
        identity_id,
    )
    assert row is not None
    return _to_there(row)


def _to_there(row: Record) -> ThereRow:
    return ThereRow(**{name: row[name] for name in ThereRow.__struct_fields__})


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that has not gone out, or is just being tried."""

    id: int
    root_id: int
    is_copy: bool
    needs: NeedsRow
    there: ThereRow


Which = Literal["case", "conversation", "topic", "level"]
_WHICH: Mapping[Which, str] = {
    "case": """m.case_id = any(array(
        select id from cases where id = $2
        union select id from cases where joined_case_id = $2))""",
    "conversation": "p.root_id = $2",
    "topic": "$2 = any(t.path || ct.path || jt.path)",
    "level": "m.level = $2",
}


async def list_waiting(
    work: UnitOfWork, which: Which, value: int, *, fixed: Collection[str]
) -> list[WaitingRow]:
    """What waits in a case, a conversation, of a topic or one below it, or was first said at a
    level; by id.

    Nothing that takes words back.
    """
    rows = await fetch(
        work,
        f"""
        select d.id, p.root_id, d.copy_to <> '' as is_copy, {_NEEDS},
            {_THERE.format(topic="coalesce(s.topic_id, ct.id)")}
        from deliveries d
        join messages m on m.id = d.message_id
        join persons p on p.id = d.person_id
        cross join lateral (select {_SAID.format(fixed="$3")}) s
        {_NEEDS_FROM}
        join places l on l.id = d.place_id
        join accounts a on a.id = l.account_id
        left join identities i on i.id = d.identity_id
        where {_WHICH[which]} and d.state in ('held', 'queued', 'sending') and d.kind <> 'delete'
        order by d.id
        """,
        work.now(),
        value,
        sorted(fixed),
    )
    return [
        WaitingRow(
            id=row["id"],
            root_id=row["root_id"],
            is_copy=row["is_copy"],
            needs=_to_needs(row),
            there=_to_there(row),
        )
        for row in rows
    ]


async def note_level(work: UnitOfWork, message_id: int, level: int) -> None:
    """How well was proven whom this was said to, once: at first."""
    await work.driver.execute(
        "update messages set level = $2 where id = $1 and direction = 'out' and level is null",
        message_id,
        level,
    )


class SaidRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said, at which level, and how well they are proven now."""

    level: int
    identity_id: int
    identity_level: int
    is_shared: bool
    case_id: int


async def find_said(work: UnitOfWork, message_id: int) -> SaidRow | None:
    """None: it is not a person's, or of no case."""
    row = await fetch_one(
        work,
        """
        select m.level, i.id as identity_id, i.level as identity_level, i.is_shared, m.case_id
        from messages m join identities i on i.id = m.identity_id
        where m.id = $1 and m.direction = 'in' and m.case_id is not null and m.level is not null
        """,
        message_id,
    )
    return None if row is None else SaidRow(**row)


async def lower(work: UnitOfWork, message_id: int, level: int) -> None:
    """At most this level from now on."""
    await work.driver.execute(
        "update messages set level = least(level, $2) where id = $1", message_id, level
    )
