"""Hints that people gave, and what they suggest: pairs of persons, with grounds."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.people import Level
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork

FOLLOWER = "suggestions"
COMMON = 5
"""A value that more people give than this is nobody's own, but of who is proven to have it, unless
so many are. If so many gave it as customers of the host, nobody else is thought of."""
MOST_NAMED = 4 * COMMON
"""A name that more persons bear is nobody's own, whoever stands for them: `Deleted Account`."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A message that somebody wrote, as far as it may give hints."""

    id: int
    person_id: int
    root_id: int
    root_name: str
    realm: str
    handle: str
    is_shared: bool
    text: str
    context: dict[str, Any]
    level: int
    """At which it was said."""
    at: datetime


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of whom the same is known."""

    person_id: int
    root_id: int
    message_id: int | None
    """In which they typed it. None: it is a handle of theirs."""
    level: int


class Namesake(msgspec.Struct, frozen=True, kw_only=True):
    root_id: int
    seen_at: datetime
    language: str | None


class SuggestionRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    left_id: int
    right_id: int
    score: int
    grounds: list[dict[str, Any]]
    state: str
    found_at: datetime
    decided_at: datetime | None
    decided_by_id: int | None
    decided_by: str | None
    decision_reason: str
    merge_id: int | None
    left_root: int
    right_root: int


async def heard_after(work: UnitOfWork, position: int, *, limit: int) -> tuple[int, list[Heard]]:
    """The position of the last of the next entries (or that given), and the messages of people."""
    rows = await fetch(
        work,
        f"""
        select o.position, m.id, m.person_id, p.root_id, r.display_name as root_name,
               i.realm, i.handle, i.is_shared, m.text, m.context,
               coalesce(m.level, 0) as level, m.received_at as at
        from (
            select position, kind, ref from outbox
            where position > $1 order by position limit $2
        ) o
        left join lateral (
            -- By its key whatever the planner thinks of a young table: never all messages.
            select * from messages
            where o.kind = '{Fact.MESSAGE_CREATED}' and id = o.ref offset 0
        ) m on m.direction = 'in' and m.nature = 'human' and m.state = 'shown'
            and m.deleted_at is null
        left join persons p on p.id = m.person_id
        left join persons r on r.id = p.root_id
        left join identities i on i.id = m.identity_id
        order by o.position
        """,
        position,
        limit,
    )
    heard = [
        Heard(**{name: row[name] for name in Heard.__struct_fields__})
        for row in rows
        if row["id"] is not None and row["realm"] is not None
    ]
    return (rows[-1]["position"] if rows else position), heard


async def insert_hints(work: UnitOfWork, heard: Heard, hints: Sequence[tuple[str, str]]) -> None:
    """Each once, by the message that gave it at the highest level."""
    await work.driver.execute(
        """
        insert into person_hints (person_id, message_id, level, kind, value, at)
        select $1, $2, $6, kind, value, $5 from unnest($3::text[], $4::text[]) u(kind, value)
        on conflict (person_id, kind, value) do update
            set message_id = excluded.message_id, level = excluded.level, at = excluded.at
            where person_hints.level < excluded.level
        """,
        heard.person_id,
        heard.id,
        [kind for kind, _ in hints],
        [value for _, value in hints],
        work.now(),
        heard.level,
    )


async def candidates(
    work: UnitOfWork, hint: tuple[str, str], realms: Sequence[str], handles: Sequence[str]
) -> list[Candidate]:
    """Whoever typed this, or has it as a handle; shared identities aside. None of those whom nobody
    vouches for if all are more than COMMON, of those vouched for only who is proven to have it if
    they are, and none at all if so many are proven: whoever can begin chats, or open accounts at
    the host, cannot make of somebody's address what is nobody's own.
    """
    rows = await fetch(
        work,
        f"""
        select * from (
            select distinct on (p.root_id) p.id as person_id, p.root_id, f.message_id, f.level,
                   f.is_proven, f.is_vouched
            from (
                (select i.home_person_id as person_id, null::bigint as message_id, i.level,
                        i.level > {int(Level.CLAIMED)} as is_proven,
                        i.level > {int(Level.CLAIMED)} as is_vouched
                 from identities i where i.realm = any($3::text[]) and i.handle = any($4::text[])
                   and not i.is_shared)
                union all
                (select h.person_id, h.message_id, 0, false, h.level >= {int(Level.LINKED)}
                 from person_hints h
                 where h.kind = $1 and h.value = $2 order by h.level desc, h.id limit $5)
            ) f
            join persons p on p.id = f.person_id
            order by p.root_id, f.is_proven desc, f.is_vouched desc, f.level desc,
                f.message_id nulls first
        ) one order by is_proven desc, is_vouched desc, root_id limit $5
        """,
        hint[0],
        hint[1],
        list(realms),
        list(handles),
        COMMON + 1,
    )
    if len(rows) > COMMON:
        weight = "is_proven" if all(row["is_vouched"] for row in rows) else "is_vouched"
        rows = [row for row in rows if row[weight]]
    if len(rows) > COMMON:
        return []
    return [
        Candidate(
            person_id=row["person_id"],
            root_id=row["root_id"],
            message_id=row["message_id"],
            level=row["level"],
        )
        for row in rows
    ]


async def is_named(work: UnitOfWork, root_id: int) -> Record | None:
    """Display name, language and attributes of a conversation, and whether a handle is shared."""
    return await fetch_one(
        work,
        """
        select p.display_name, p.language, p.attributes, exists (
            select from persons o join identities i on i.home_person_id = o.id
            where o.root_id = p.id and i.is_shared) as is_shared
        from persons p where p.id = $1
        """,
        root_id,
    )


async def namesakes(
    work: UnitOfWork, root_id: int, name: str, *, at: datetime, near: timedelta
) -> list[Namesake]:
    """Others who are shown under this name and were last seen about then. None if they are many."""
    named = await fetch(
        work,
        "select id from persons where lower(display_name) = lower($2) and root_id <> $1 limit $3",
        root_id,
        name,
        MOST_NAMED + 1,
    )
    if len(named) > MOST_NAMED:
        return []
    rows = await fetch(
        work,
        """
        select p.root_id, max(i.seen_at) as seen_at, min(r.language) as language
        from persons p
        join persons r on r.id = p.root_id
        join identities i on i.home_person_id = p.id and not i.is_shared
        where p.id = any($1::bigint[])
        group by p.root_id limit $2
        """,
        [row["id"] for row in named],
        COMMON + 1,
    )
    found = [Namesake(**row) for row in rows]
    return [] if len(found) > COMMON else [one for one in found if abs(one.seen_at - at) <= near]


async def between(work: UnitOfWork, left_root: int, right_root: int) -> list[SuggestionRow]:
    """Everything that was ever suggested between these two conversations as they are now."""
    rows = await fetch(
        work,
        f"""
        {_ROWS} where (l.root_id, r.root_id) in (($1, $2), ($2, $1))
          and s.left_id in (select id from persons where root_id in ($1, $2))
        order by s.id
        """,
        left_root,
        right_root,
    )
    return [SuggestionRow(**row) for row in rows]


async def put(
    work: UnitOfWork, left_id: int, right_id: int, score: int, grounds: Sequence[dict[str, Any]]
) -> None:
    """Suggest it, or suggest it again with more grounds."""
    await work.driver.execute(
        """
        insert into join_suggestions (left_id, right_id, score, grounds, found_at)
        values (least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint), $3, $4::jsonb, $5)
        on conflict (left_id, right_id) do update set score = excluded.score,
            grounds = excluded.grounds, state = 'open', found_at = excluded.found_at,
            decided_at = null, decided_by_id = null, decision_reason = '', merge_id = null
        """,
        left_id,
        right_id,
        score,
        msgspec.json.encode(grounds).decode(),
        work.now(),
    )


async def count_open(work: UnitOfWork, root_id: int) -> int:
    return int(
        await work.driver.fetchval(
            """
            select count(*) from join_suggestions s
            join persons l on l.id = s.left_id join persons r on r.id = s.right_id
            where s.state = 'open' and l.root_id <> r.root_id and (
                s.left_id in (select id from persons where root_id = $1)
                or s.right_id in (select id from persons where root_id = $1))
            """,
            root_id,
        )
    )


_ROWS = """
    select s.id, s.left_id, s.right_id, s.score, s.grounds, s.state, s.found_at, s.decided_at,
           s.decided_by_id, a.name as decided_by, s.decision_reason, s.merge_id,
           l.root_id as left_root, r.root_id as right_root
    from join_suggestions s
    join persons l on l.id = s.left_id join persons r on r.id = s.right_id
    left join agents a on a.id = s.decided_by_id
"""


async def of_person(work: UnitOfWork, root_id: int, *, limit: int) -> list[SuggestionRow]:
    """What is open between this conversation and others, the best first."""
    rows = await fetch(
        work,
        f"""
        {_ROWS} where s.state = 'open' and l.root_id <> r.root_id and s.id in (
            (select id from join_suggestions where left_id in
                (select id from persons where root_id = $1))
            union
            (select id from join_suggestions where right_id in
                (select id from persons where root_id = $1)))
        order by s.score desc, s.id desc limit $2
        """,
        root_id,
        limit,
    )
    return [SuggestionRow(**row) for row in rows]


async def open_ones(work: UnitOfWork, before: int | None, *, limit: int) -> list[SuggestionRow]:
    """Of the whole desk, the newest first, before this id."""
    rows = await fetch(
        work,
        f"""
        {_ROWS} where s.state = 'open' and l.root_id <> r.root_id
          and ($1::bigint is null or s.id < $1) order by s.id desc limit $2
        """,
        before,
        limit,
    )
    return [SuggestionRow(**row) for row in rows]


async def find(work: UnitOfWork, suggestion_id: int) -> SuggestionRow | None:
    row = await fetch_one(work, f"{_ROWS} where s.id = $1 for update of s", suggestion_id)
    return None if row is None else SuggestionRow(**row)


async def read(work: UnitOfWork, suggestion_id: int) -> SuggestionRow | None:
    row = await fetch_one(work, f"{_ROWS} where s.id = $1", suggestion_id)
    return None if row is None else SuggestionRow(**row)


async def decide(
    work: UnitOfWork,
    suggestion_ids: Collection[int],
    state: str,
    *,
    agent_id: int,
    reason: str,
    merge_id: int | None,
) -> None:
    await work.driver.execute(
        """
        update join_suggestions set state = $2, decided_at = $3, decided_by_id = $4,
            decision_reason = $5, merge_id = $6 where id = any($1::bigint[])
        """,
        list(suggestion_ids),
        state,
        work.now(),
        agent_id,
        reason,
        merge_id,
    )
