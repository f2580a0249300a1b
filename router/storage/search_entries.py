"""Search entries: made from messages by one follower of the outbox, found by their words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from router.storage import followers
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork

FOLLOWER = "search"
HISTORY = "search_history"
CONFIG = "russian"
"""PostgreSQL's: Russian endings, and English ones of words in Latin letters."""
MOST_CHARACTERS = 200_000
"""Of one message: its subject, the names of its files, its text."""
REFUSING = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""What PostgreSQL raises when it is the words that it does not take."""
_FILES = "select {what} from attachments a where a.message_id = m.id"
_SOURCE = f"""
    select m.id, left(
        concat_ws(' ', m.subject, ({_FILES.format(what="string_agg(a.name, ' ')")}), m.text),
        {MOST_CHARACTERS}
    ) as said
    from messages m
    where {{where}} and m.direction <> 'event' and m.state = 'shown' and m.deleted_at is null
    order by m.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The next entries of the outbox, as many as one transaction takes on."""

    until: int
    """Position of the last of them."""
    count: int
    message_ids: Sequence[int]
    """That they speak of."""
    person_ids: Sequence[int]
    """Who may be new, or known by something else since."""
    is_behind: bool
    """Whether more may be there."""
    has_gap: bool
    """Entries before them were dropped unread."""


async def changed_after(work: UnitOfWork, position: int, *, limit: int, room: int) -> Changes:
    """Where entries after the position were dropped, what comes after those.

    `room`: characters of all the messages that they speak of; one message is taken whatever it
    has.
    """
    rows = await fetch(
        work,
        f"""
        select position, case when kind in ('{Fact.MESSAGE_CREATED}', '{Fact.MESSAGE_CHANGED}')
            then coalesce(ref, 0) else 0 end as message_id,
            case when kind in ('{Fact.MESSAGE_CREATED}', '{Fact.PERSON_CHANGED}')
            then coalesce(person_id, 0) else 0 end as person_id
        from outbox where position > $1 order by position limit $2
        """,
        position,
        limit,
    )
    # After the rows: those that are dropped between the two statements were not read either.
    trimmed = await followers.trimmed(work)
    said = [int(row["message_id"]) for row in rows]
    count = await _fitting(work, said, room)
    return Changes(
        until=max(int(rows[count - 1]["position"]) if rows else position, trimmed),
        count=count,
        message_ids=sorted(set(said[:count]) - {0}),
        person_ids=sorted({int(row["person_id"]) for row in rows[:count]} - {0}),
        is_behind=count < len(rows) or len(rows) >= limit,
        has_gap=trimmed > position,
    )


async def is_behind(work: UnitOfWork) -> bool:
    """Whether something was said or changed that is not found yet by its words."""
    kinds = f"('{Fact.MESSAGE_CREATED}', '{Fact.MESSAGE_CHANGED}')"
    row = await fetch_one(
        work,
        f"""
        (select id from outbox
        where position > coalesce((select position from followers where name = $1), 0)
          and kind in {kinds}
        order by position limit 1)
        union all
        (select id from outbox where position is null and kind in {kinds} order by id limit 1)
        limit 1
        """,
        FOLLOWER,
    )
    return row is not None


async def _fitting(work: UnitOfWork, message_ids: Sequence[int], room: int) -> int:
    """How many of the first of these have no more characters than that together, or one alone."""
    rows = await fetch(
        work,
        f"""
        select m.id, least({MOST_CHARACTERS}, octet_length(m.subject) + octet_length(m.text)
            + coalesce(({_FILES.format(what="sum(octet_length(a.name))")}), 0)) as size
        from messages m where m.id = any($1::bigint[])
        """,
        sorted(set(message_ids)),
    )
    sizes = {row["id"]: int(row["size"]) for row in rows}
    taken: set[int] = set()
    for count, id in enumerate(message_ids):
        if id in taken or id not in sizes:
            continue
        room -= sizes[id]
        if room < 0 and taken:
            return count
        taken.add(id)
    return len(message_ids)


async def sources(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """What is said in those of these messages that may be found."""
    return await fetch(work, _SOURCE.format(where="m.id = any($1::bigint[])"), sorted(message_ids))


async def older_than(work: UnitOfWork, below: int, *, limit: int, room: int) -> list[int]:
    """The next messages up to this id, newest first. None: there are no more."""
    rows = await fetch(
        work, "select id from messages where id <= $1 order by id desc limit $2", below, limit
    )
    ids = [int(row["id"]) for row in rows]
    return ids[: await _fitting(work, ids, room)]


async def newest_message(work: UnitOfWork) -> int:
    row = await fetch_one(work, "select id from messages order by id desc limit 1")
    return 0 if row is None else int(row["id"])


async def put(work: UnitOfWork, entries: Mapping[int, str]) -> list[int]:
    """Each message's words, separated by spaces, in place of those before.

    The messages whose words PostgreSQL refuses; they have no entry then.
    """
    try:
        async with work.savepoint():
            await _put(work, entries)
    except REFUSING:
        if len(entries) == 1:
            await drop(work, entries)
            return list(entries)
        alone = [await put(work, {id: words}) for id, words in entries.items()]
        return [id for refused in alone for id in refused]
    return []


async def _put(work: UnitOfWork, entries: Mapping[int, str]) -> None:
    await work.driver.execute(
        f"""
        insert into search_entries as e (message_id, words)
        select id, to_tsvector('{CONFIG}', words)
        from unnest($1::bigint[], $2::text[]) u(id, words) order by id
        on conflict (message_id) do update set words = excluded.words
        where e.words <> excluded.words
        """,
        list(entries),
        list(entries.values()),
    )


async def drop(work: UnitOfWork, message_ids: Collection[int]) -> None:
    await work.driver.execute(
        "delete from search_entries where message_id = any($1::bigint[])", sorted(message_ids)
    )


async def lexemes(work: UnitOfWork, words: Sequence[str]) -> dict[str, str]:
    """Word -> what it is indexed as; without words that are too common to be indexed."""
    rows = await fetch(
        work,
        f"""
        select word, (tsvector_to_array(to_tsvector('{CONFIG}', word)))[1] as lexeme
        from unnest($1::text[]) word
        """,
        list(dict.fromkeys(words)),
    )
    return {row["word"]: row["lexeme"] for row in rows if row["lexeme"] is not None}


async def said_in(work: UnitOfWork, message_ids: Collection[int]) -> dict[int, Record]:
    """What a hit shows of a message, by id."""
    rows = await fetch(
        work,
        """
        select m.id, m.direction, m.case_id, m.account_id, m.received_at, m.subject,
            left(m.text, 20000) as text, coalesce(nullif(m.author_name, ''), a.name, p.display_name)
                as author,
            coalesce((select string_agg(f.name, ' · ' order by f.position) from attachments f
                where f.message_id = m.id), '') as files
        from messages m join persons p on p.id = m.person_id
        left join agents a on a.id = m.agent_id
        where m.id = any($1::bigint[]) and m.deleted_at is null
        """,
        list(message_ids),
    )
    return {row["id"]: row for row in rows}
