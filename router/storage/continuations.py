"""Answers that stay unread in a chat: found, said again elsewhere once, and what comes of it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from core.rich_text import Span
from router.storage.spans import from_column
from router.storage.unit_of_work import UnitOfWork

# What was to go out later is as old as that, not as its writing.
_UNREAD = """
from (
    select id from messages
    where account_id = $1 and direction = 'out' and agent_id is not null and received_at > $2
    union
    select message_id from deliveries
    where account_id = $1 and queued_at > $2 and split_part(lane, ':', 3) = 'at'
) late
join messages m on m.id = late.id
join lateral (
    select max(d.state_at) as at from deliveries d
    where d.message_id = m.id and d.kind = 'send' and d.copy_to = ''
    having bool_and(d.state in ('sent', 'delivered'))
) arrived on true
left join cases k on k.id = m.case_id
where m.account_id = $1 and m.direction = 'out' and m.agent_id is not null
  and m.state = 'shown' and m.deleted_at is null
  and coalesce(k.access_class, 'normal') = 'normal'
  and not exists (select from continued_messages c where c.message_id = m.id)
"""

TAKES_NOTICES = """
i.level >= 2 and i.is_reachable and not i.is_shared and i.notices_stopped_at is null
"""
"""Of an identity `i`: proven, and what goes there unasked reaches one person who wants it."""


class WaitingPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place of which somebody has not seen the newest answers."""

    place_id: int
    person_id: int
    oldest: datetime
    newest: datetime


class UnreadRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    case_id: int | None
    topic_id: int | None
    author_name: str
    text: str
    spans: tuple[Span, ...]
    at: datetime
    files: tuple[str, ...]
    offers: tuple[str, ...]


class AddressRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody who was in a chat can be reached."""

    identity_id: int
    home_person_id: int
    handle: str
    language: str | None


class NewContinuation(msgspec.Struct, frozen=True, kw_only=True):
    person_id: int
    case_id: int | None
    place_id: int
    account_id: int
    author_name: str
    subject: str
    text: str
    stop_url: str
    """Where a mail program may stop such messages by itself; empty: nowhere."""
    topic_id: int | None = None
    """Of what is said again."""


class FollowedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A continuation after which something was said in its place."""

    message_id: int
    chat_place_id: int
    account_id: int
    """Of the chat."""
    session: str
    place_id: int
    person_id: int
    case_id: int | None
    echoed_until: int


class SaidRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    is_theirs: bool
    """Proven to be from somebody of the conversation; else it is our answer."""


async def waiting_places(
    work: UnitOfWork, account_id: int, *, since: datetime, limit: int
) -> list[WaitingPlace]:
    """Places of the account with answers since then that arrived and were not read, first first.

    Answers in cases that not every agent may see are left out: they don't leave the chat.
    """
    rows = await work.driver.fetch(
        f"""
        select m.place_id, max(m.person_id) as person_id, min(arrived.at) as oldest,
            max(arrived.at) as newest
        {_UNREAD} group by m.place_id order by 3 limit $3
        """,
        account_id,
        since,
        limit,
    )
    return [WaitingPlace(**row) for row in rows]


async def unread_in(
    work: UnitOfWork, account_id: int, place_id: int, *, since: datetime
) -> list[UnreadRow]:
    """These answers of one place, oldest first."""
    rows = await work.driver.fetch(
        f"""
        select m.id, m.case_id, m.topic_id, m.author_name, m.text, m.spans::text,
            m.received_at as at, array(
            select a.name from attachments a where a.message_id = m.id and a.state = 'stored'
            order by a.position) as files, m.context -> 'offers' as offers
        {_UNREAD} and m.place_id = $3 order by m.id
        """,
        account_id,
        since,
        place_id,
    )
    return [
        UnreadRow(
            **{
                **row,
                "files": tuple(row["files"]),
                "offers": tuple(row["offers"] or ()),
                "spans": from_column(row["spans"]),
            }
        )
        for row in rows
    ]


async def find_address(
    work: UnitOfWork, place_id: int, root_id: int, realm: str
) -> AddressRow | None:
    """The best address in this realm that belongs to the host account of the place's session.

    Proven to be that account's and of the same conversation; else None. An unknown visitor's
    session has none.
    """
    row = await work.driver.fetchrow(
        f"""
        select i.id as identity_id, i.home_person_id, i.handle, v.language
        from places p
        join visitor_sessions v on v.account_id = p.account_id and v.session = p.remote_place
        join identities i on i.realm = $3 and i.host_account = v.host_account
        join persons o on o.id = i.home_person_id
        where p.id = $1 and o.root_id = $2 and {TAKES_NOTICES}
        order by i.priority desc, i.seen_at desc, i.id limit 1
        """,
        place_id,
        root_id,
        realm,
    )
    return None if row is None else AddressRow(**row)


async def insert_continuation(
    work: UnitOfWork, fresh: NewContinuation, *, chat_place_id: int, continued: Sequence[int]
) -> int | None:
    """The message that says these again. None if one of them was said again before: roll back."""
    message: int = await work.driver.fetchval(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, author_name,
            subject, text, context, topic_id, received_at)
        values ($1, $2, $3, $4, 'out', $5, $6, $7,
            jsonb_strip_nulls(jsonb_build_object('stop_url', nullif($8::text, ''))), $9, $10)
        returning id
        """,
        *(getattr(fresh, name) for name in NewContinuation.__struct_fields__),
        work.now(),
    )
    await work.driver.execute(
        "insert into continuations (message_id, place_id, echoed_until, made_at)"
        " values ($1, $2, $1, $3)",
        message,
        chat_place_id,
        work.now(),
    )
    marked = await work.driver.fetch(
        "insert into continued_messages (message_id, continuation_id)"
        " select id, $2 from unnest($1::bigint[]) u(id) on conflict do nothing returning 1",
        list(continued),
        message,
    )
    return message if len(marked) == len(continued) else None


async def seen_meanwhile(work: UnitOfWork, *, limit: int) -> list[tuple[int, int]]:
    """(message, person) of continuations that wait to go out, all of whose answers were read."""
    rows = await work.driver.fetch(
        """
        select distinct m.id, m.person_id from deliveries d
        join continuations c on c.message_id = d.message_id
        join messages m on m.id = c.message_id
        where d.state in ('held', 'queued') and not exists (
            select from continued_messages e join messages a on a.id = e.message_id
            join deliveries s on s.message_id = a.id and s.kind = 'send' and s.copy_to = ''
            where e.continuation_id = c.message_id and a.deleted_at is null
              and s.state in ('sent', 'delivered'))
        order by m.id limit $1
        """,
        limit,
    )
    return [(row["id"], row["person_id"]) for row in rows]


async def followed(work: UnitOfWork, *, since: datetime, limit: int) -> list[FollowedRow]:
    """Continuations made since then, in whose places something was said that was not looked at."""
    rows = await work.driver.fetch(
        """
        select c.message_id, c.place_id as chat_place_id, p.account_id,
            p.remote_place as session, m.place_id, m.person_id, m.case_id, c.echoed_until
        from continuations c
        join messages m on m.id = c.message_id
        join places p on p.id = c.place_id
        where c.made_at > $1 and exists (
            select from messages n where n.place_id = m.place_id and n.id > c.echoed_until)
        order by c.message_id limit $2
        """,
        since,
        limit,
    )
    return [FollowedRow(**row) for row in rows]


async def said_after(work: UnitOfWork, row: FollowedRow, root_id: int) -> tuple[list[SaidRow], int]:
    """What was said in the continuation's place and case since, and up to which message.

    Words that are not proven to be this person's are not among them, nor anything once whoever
    reads there and whoever is in the chat are two: the address may be somebody else's by then.
    """
    rows = await work.driver.fetch(
        """
        select n.id, n.direction = 'in' as is_theirs,
            p.root_id = $3 and n.state = 'shown' and n.case_id is not distinct from $4
            and (select o.root_id from messages w join persons o on o.id = w.person_id
                 where w.place_id = $5 and w.direction = 'in' order by w.id desc limit 1) = $3
            and (case when n.direction = 'in'
                 then n.level >= 1 and n.nature = 'human' and not i.is_shared
                 else n.direction = 'out' and c.message_id is null end) as counts
        from messages n
        join persons p on p.id = n.person_id
        left join identities i on i.id = n.identity_id
        left join continuations c on c.message_id = n.id
        where n.place_id = $1 and n.id > $2 order by n.id limit 500
        """,
        row.place_id,
        row.echoed_until,
        root_id,
        row.case_id,
        row.chat_place_id,
    )
    until = max((one["id"] for one in rows), default=row.echoed_until)
    said = [SaidRow(id=one["id"], is_theirs=one["is_theirs"]) for one in rows if one["counts"]]
    return said, until


async def add_echoes(
    work: UnitOfWork, row: FollowedRow, message_ids: Sequence[int], *, until: int
) -> list[int]:
    """Let these be seen in the chat too; those that were not before."""
    rows = await work.driver.fetch(
        "insert into echoes (place_id, message_id) select $1, id from unnest($2::bigint[]) u(id)"
        " on conflict do nothing returning message_id",
        row.chat_place_id,
        list(message_ids),
    )
    await work.driver.execute(
        "update continuations set echoed_until = greatest(echoed_until, $2) where message_id = $1",
        row.message_id,
        until,
    )
    return sorted(one["message_id"] for one in rows)


async def unread_deliveries(work: UnitOfWork, continuation_id: int) -> list[int]:
    """In the chat, of the answers that this continuation said again."""
    rows = await work.driver.fetch(
        """
        select d.id from continued_messages c
        join deliveries d on d.message_id = c.message_id and d.kind = 'send'
        where c.continuation_id = $1 and d.state in ('sent', 'delivered') order by d.id
        """,
        continuation_id,
    )
    return [row["id"] for row in rows]
