"""What a visitor may see: the messages of their own places, both ways, and nothing of agents'.

A message of ours is there once the network, which is us, has taken it: held, queued and failed
ones are not.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.rich_text import Span
from router.storage.spans import from_column
from router.storage.unit_of_work import UnitOfWork

PlaceKey = tuple[int, str]


class VisitorFile(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    media_type: str
    size: int


class VisitorMessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message as its visitor sees it."""

    id: int
    account_id: int
    remote_place: str
    is_own: bool
    client_id: str | None
    text: str
    spans: tuple[Span, ...]
    author_name: str
    at: datetime
    is_edited: bool
    is_deleted: bool
    state: str
    files: tuple[VisitorFile, ...]
    offers: tuple[str, ...] = ()


# The record has dots for the link of a step-up; the words that went out have it. It is shown in
# the session that was asked, and nowhere else: an echo of what went by another channel has dots.
_VIEW = """
select m.id, p.account_id, p.remote_place, m.direction = 'in' as is_own,
    case when m.direction = 'in' then (
        select r.remote_id from remote_refs r where r.message_id = m.id and r.part = 0 limit 1
    ) end as client_id,
    case when m.deleted_at is not null then ''
        when m.context ->> 'automatic' = 'step_up' then coalesce((
            select string_agg(d.text, '' order by d.part)
            from deliveries d
            join visitor_sessions v on v.account_id = p.account_id and v.session = p.remote_place
            where d.message_id = m.id and d.kind = 'send'
              and d.state in ('sent', 'delivered', 'read')), m.text)
        else m.text end as text,
    case when m.deleted_at is null then m.spans::text end as spans,
    case when m.direction = 'out' then m.author_name else '' end as author_name,
    case when m.direction = 'out' and m.deleted_at is null then m.context -> 'offers' end as offers,
    m.received_at as at, m.revision > 0 as is_edited, m.deleted_at is not null as is_deleted,
    case when m.direction = 'out' then sent.state
        when m.id <= seen.message_id then 'read'
        else 'sent' end as state,
    case when m.deleted_at is null then (
        select json_agg(json_build_object('id', a.id, 'name', a.name,
            'media_type', a.media_type, 'size', a.size) order by a.position)
        from attachments a where a.message_id = m.id and a.state = 'stored'
    ) end as files
from messages m
join places p on p.id = m.place_id
left join lateral (
    select case when bool_and(d.state = 'read') then 'read'
        when bool_and(d.state in ('delivered', 'read')) then 'delivered' else 'sent' end as state
    from deliveries d
    where d.message_id = m.id and d.kind = 'send' and d.state in ('sent', 'delivered', 'read')
    having count(*) > 0
) sent on m.direction = 'out'
left join seen_marks seen on seen.place_id = m.place_id
where m.state = 'shown' and (m.direction = 'in' or sent.state is not null)
"""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor's stream is made of right now, in one look."""

    position: int
    """The last one given out."""
    trimmed: int
    """Up to it old ones were dropped."""
    places: list[int]
    """The session's own; bound to a host account, those of its other sessions too."""
    echoes: list[int]
    """Messages of other places that are shown in these too."""


async def find_bounds(
    work: UnitOfWork, account_id: int, session: str, host_account: str | None
) -> Bounds:
    row = await work.driver.fetchrow(
        """
        with mine as (
            select id from places where account_id = $1 and remote_place = any(array_append(array(
                select session from visitor_sessions where account_id = $1 and host_account = $3
            ), $2))
        )
        select coalesce(r.position, 0) as position, coalesce(r.trimmed, 0) as trimmed,
            array(select id from mine) as places,
            array(select e.message_id from mine join echoes e on e.place_id = mine.id) as echoes
        from (select) one left join relay_state r on r.name = 'outbox'
        """,
        account_id,
        session,
        host_account,
    )
    assert row is not None
    return Bounds(**row)


async def newest_position(work: UnitOfWork) -> tuple[int, int]:
    """(the last position given out, up to where old ones were dropped)."""
    row = await work.driver.fetchrow(
        "select position, trimmed from relay_state where name = 'outbox'"
    )
    return (0, 0) if row is None else (row["position"], row["trimmed"])


async def list_newest(
    work: UnitOfWork, places: Sequence[int], *, before: int | None, limit: int
) -> list[VisitorMessageRow]:
    """The newest `limit` messages, or those just before that id; oldest first."""
    rows = await work.driver.fetch(
        _VIEW
        + " and m.place_id = any($1::bigint[]) and ($2::bigint is null or m.id < $2)"
        + " order by m.id desc limit $3",
        list(places),
        before,
        limit,
    )
    return [_to_row(row) for row in reversed(rows)]


async def list_by_id(work: UnitOfWork, ids: Sequence[int]) -> list[VisitorMessageRow]:
    """Those of these that visitors may see, oldest first; the caller sorts out which visitor."""
    rows = await work.driver.fetch(_VIEW + " and m.id = any($1::bigint[]) order by m.id", list(ids))
    return [_to_row(row) for row in rows]


async def changed_messages(
    work: UnitOfWork, after: int, until: int, *, bounds: Bounds
) -> list[int]:
    """Ids of the messages in these bounds of which the outbox says something in (after, until]."""
    within = "(m.place_id = any($3::bigint[]) or m.id = any($4::bigint[]))"
    rows = await work.driver.fetch(_changed(within), after, until, bounds.places, bounds.echoes)
    return [row["id"] for row in rows]


async def changed_in_accounts(
    work: UnitOfWork, after: int, until: int, *, accounts: Sequence[int]
) -> list[int]:
    """The same for all places of these accounts, and for what is shown there too."""
    within = """(m.account_id = any($3::bigint[]) or (o.kind = 'message.changed'
        and exists (select from echoes e where e.message_id = m.id)))"""
    rows = await work.driver.fetch(_changed(within), after, until, list(accounts))
    return [row["id"] for row in rows]


async def changed_cases(
    work: UnitOfWork, after: int, until: int, *, accounts: Sequence[int]
) -> list[PlaceKey]:
    """Where the cases were spoken of last of which the outbox says something in (after, until]."""
    rows = await work.driver.fetch(
        """
        select distinct p.account_id, p.remote_place from outbox o
        join lateral (
            select m.place_id from messages m
            where m.case_id = o.ref and m.place_id is not null order by m.id desc limit 1
        ) n on true
        join places p on p.id = n.place_id
        where o.kind = 'case.changed' and o.position > $1 and o.position <= $2
            and p.account_id = any($3::bigint[])
        """,
        after,
        until,
        list(accounts),
    )
    return [(row["account_id"], row["remote_place"]) for row in rows]


_FACTS = """
from outbox o
left join deliveries d on o.kind = 'delivery.changed' and d.id = o.ref
join messages m on m.id = case when o.kind = 'delivery.changed' then d.message_id else o.ref end
where o.kind in ('message.created', 'message.changed', 'message.seen', 'delivery.changed')
"""


def _changed(within: str) -> str:
    """Messages with facts in ($1, $2], and those of the same places whose facts are still to come.

    What is read is the present state: an answer that was sent by now is shown because it was
    written before $2. The one before it, sent by now too, must not come behind it only because
    nothing in ($1, $2] speaks of it.
    """
    return f"""
        with told as (
            select distinct m.id, m.place_id {_FACTS}
            and o.position > $1 and o.position <= $2 and {within}
        )
        select id from told
        union
        select m.id {_FACTS} and (o.position > $2 or o.position is null)
        and m.place_id in (select place_id from told)
    """


async def echoed_to(work: UnitOfWork, message_ids: Sequence[int]) -> list[tuple[int, PlaceKey]]:
    """(message, where it is shown too)."""
    rows = await work.driver.fetch(
        """
        select e.message_id, p.account_id, p.remote_place
        from echoes e join places p on p.id = e.place_id where e.message_id = any($1::bigint[])
        """,
        list(message_ids),
    )
    return [(row["message_id"], (row["account_id"], row["remote_place"])) for row in rows]


async def acknowledgeable(
    work: UnitOfWork, places: Sequence[int], *, ids: Sequence[int] | None, until: int | None
) -> list[tuple[str, str]]:
    """(send key, state) of our deliveries in these places that a visitor may say were seen.

    By message ids, or all up to one; the newest 200.
    """
    rows = await work.driver.fetch(
        """
        select d.send_key, d.state from messages m
        join deliveries d on d.message_id = m.id and d.kind = 'send'
        where m.place_id = any($1::bigint[]) and m.direction = 'out'
          and d.state in ('sent', 'delivered')
          and ($2::bigint[] is null or m.id = any($2)) and ($3::bigint is null or m.id <= $3)
        order by m.id desc limit 200
        """,
        list(places),
        None if ids is None else list(ids),
        until,
    )
    return [(row["send_key"], row["state"]) for row in reversed(rows)]


async def has_spoken(work: UnitOfWork, account_id: int, session: str) -> bool:
    """Whether the desk has a message of this session."""
    return bool(
        await work.driver.fetchval(
            """
            select exists (
                select from places l join messages m on m.place_id = l.id
                where l.account_id = $1 and l.remote_place = $2 and m.direction = 'in')
            """,
            account_id,
            session,
        )
    )


async def find_file(
    work: UnitOfWork, bounds: Bounds, file_id: int
) -> tuple[VisitorFile, str] | None:
    """The file and its blob key, if it belongs to a message within these bounds."""
    row = await work.driver.fetchrow(
        "select a.id, a.name, a.media_type, a.size, a.blob_key, a.message_id from attachments a"
        " join messages m on m.id = a.message_id"
        " where a.id = $1 and a.state = 'stored' and a.blob_key is not null"
        " and m.deleted_at is null"
        " and (m.place_id = any($2::bigint[]) or m.id = any($3::bigint[]))",
        file_id,
        bounds.places,
        bounds.echoes,
    )
    if row is None or not await list_by_id(work, [row["message_id"]]):
        return None
    file = VisitorFile(
        id=row["id"], name=row["name"], media_type=row["media_type"], size=row["size"]
    )
    return file, row["blob_key"]


def _to_row(row: Mapping[str, Any]) -> VisitorMessageRow:
    fields = dict(row)
    files = fields["files"]
    fields["files"] = () if files is None else msgspec.convert(files, tuple[VisitorFile, ...])
    fields["offers"] = tuple(fields["offers"] or ())
    fields["spans"] = from_column(fields["spans"])
    return VisitorMessageRow(**fields)
