"""What the desk said without an agent: once for its key, and how often to one person."""

from datetime import datetime

import msgspec

from router.storage.unit_of_work import UnitOfWork


class NewAutomatic(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    line: str
    is_answer: bool
    person_id: int
    case_id: int | None
    place_id: int
    account_id: int
    direction: str
    nature: str
    identity_id: int | None
    """Whom it is for, of one that opens a place: it makes the place one of theirs."""
    subject: str
    text: str
    spans: str | None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The message that an automatic line answers."""

    level: int
    nature: str


async def find_answered(work: UnitOfWork, message_id: int, root_id: int) -> Answered | None:
    """What a person of this conversation wrote. None: there is no such message."""
    row = await work.driver.fetchrow(
        """
        select coalesce(m.level, 0) as level, m.nature from messages m
        join persons p on p.id = m.person_id
        where m.id = $1 and p.root_id = $2 and m.direction = 'in' and m.state = 'shown'
        """,
        message_id,
        root_id,
    )
    return None if row is None else Answered(**row)


async def is_stopped(work: UnitOfWork, identity_id: int) -> bool:
    """Whether they want no notices there."""
    return bool(
        await work.driver.fetchval(
            "select notices_stopped_at is not null from identities where id = $1", identity_id
        )
    )


async def count_since(work: UnitOfWork, root_id: int, *, is_answer: bool, since: datetime) -> int:
    """How many such lines this conversation got since then."""
    found: int = await work.driver.fetchval(
        """
        select count(*) from persons p join automatic_lines l on l.person_id = p.id
        where p.root_id = $1 and l.is_answer = $2 and l.at > $3
        """,
        root_id,
        is_answer,
        since,
    )
    return found


async def find_language(work: UnitOfWork, root_id: int, person_id: int) -> str | None:
    """BCP 47: what this member's client said, else what anybody's of the conversation did."""
    found: str | None = await work.driver.fetchval(
        """
        select language from persons where root_id = $1 and language is not null
        order by id <> $2, id <> root_id, id limit 1
        """,
        root_id,
        person_id,
    )
    return found


async def insert_automatic(work: UnitOfWork, fresh: NewAutomatic) -> int | None:
    """The new message. None, with nothing written: its key was used before."""
    taken = await work.driver.fetchval(
        """
        insert into automatic_lines (key, line, is_answer, person_id, at)
        values ($1, $2, $3, $4, $5) on conflict (key) do nothing returning 1
        """,
        fresh.key,
        fresh.line,
        fresh.is_answer,
        fresh.person_id,
        work.now(),
    )
    if taken is None:
        return None
    message: int = await work.driver.fetchval(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, nature,
            identity_id, subject, text, spans, context, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb,
            jsonb_build_object('automatic', $11::text), $12)
        returning id
        """,
        fresh.person_id,
        fresh.case_id,
        fresh.place_id,
        fresh.account_id,
        fresh.direction,
        fresh.nature,
        fresh.identity_id,
        fresh.subject,
        fresh.text,
        fresh.spans,
        fresh.line,
        work.now(),
    )
    await work.driver.execute(
        "update automatic_lines set message_id = $2 where key = $1", fresh.key, message
    )
    return message
