"""Search entries: made from messages by one follower of the outbox, found by their words."""

from collections.abc import Collection, Mapping, Sequence

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork

FOLLOWER = "search"
HISTORY = "search_history"
CONFIG = "russian"
"""PostgreSQL's: Russian endings, and English ones of words in Latin letters."""
_SOURCE = """
    select m.id, m.subject, m.text, coalesce((
        select string_agg(a.name, ' ') from attachments a where a.message_id = m.id
    ), '') as files
    from messages m
    where {where} and m.direction <> 'event' and m.state = 'shown' and m.deleted_at is null
    order by m.id
"""


async def take_position(work: UnitOfWork, name: str) -> int:
    """How far this follower has read, locked until the commit."""
    row = await fetch_one(
        work,
        "insert into followers as f (name) values ($1) on conflict (name) do update"
        " set position = f.position returning position",
        name,
    )
    return 0 if row is None else int(row["position"])


async def keep_position(work: UnitOfWork, name: str, position: int) -> None:
    await work.driver.execute("update followers set position = $2 where name = $1", name, position)


async def changed_after(
    work: UnitOfWork, position: int, *, limit: int
) -> tuple[int, int, list[int]]:
    """The position of the last of the next entries of the outbox, how many they are, and the
    messages that they speak of. Where rows before it were dropped, from there.
    """
    trimmed = await fetch_one(work, "select trimmed from relay_state where name = $1", OUTBOX)
    start = max(position, 0 if trimmed is None else int(trimmed["trimmed"]))
    rows = await fetch(
        work,
        f"""
        select position, ref,
            kind in ('{Fact.MESSAGE_CREATED}', '{Fact.MESSAGE_CHANGED}') as is_said
        from outbox where position > $1 order by position limit $2
        """,
        start,
        limit,
    )
    said = sorted({int(row["ref"]) for row in rows if row["is_said"] and row["ref"]})
    return (int(rows[-1]["position"]) if rows else start), len(rows), said


async def sources(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """What is said in those of these messages that may be found."""
    return await fetch(work, _SOURCE.format(where="m.id = any($1::bigint[])"), sorted(message_ids))


async def older_sources(work: UnitOfWork, below: int, *, limit: int) -> tuple[int, list[Record]]:
    """Of the next messages before this id, and the first of their ids (0: there are no more)."""
    ids = await fetch(
        work, "select id from messages where id <= $1 order by id desc limit $2", below, limit
    )
    if not ids:
        return 0, []
    return int(ids[-1]["id"]), await sources(work, [row["id"] for row in ids])


async def put(work: UnitOfWork, entries: Mapping[int, str]) -> None:
    """Each message's words, separated by spaces, in place of those before."""
    await work.driver.execute(
        f"""
        insert into search_entries (message_id, words)
        select id, to_tsvector('{CONFIG}', words)
        from unnest($1::bigint[], $2::text[]) u(id, words) order by id
        on conflict (message_id) do update set words = excluded.words
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
