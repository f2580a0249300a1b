"""What a connector needs to know of a claimed delivery, loaded for many at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from core.errors import OutcomeUnknown
from core.ids import RemoteId, RemotePlace
from core.messages import (
    IdentityAddress,
    OutboundAttachment,
    Participant,
    Place,
    PlaceKind,
    ThreadKey,
)
from core.people import CLAIMED_PREFIX
from core.rich_text import Span
from router.storage.spans import from_column
from router.storage.unit_of_work import UnitOfWork

MAX_THREAD_KEYS = 50
THREAD_DEPTH = 100
"""How many earlier messages of the place are looked at for thread keys."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed delivery with everything that its `OutboundMessage` is made of."""

    id: int
    message_id: int
    account_id: int
    place_id: int
    case_id: int | None
    attempt: int
    queued_at: datetime
    first_tried_at: datetime
    """Patience is counted from here: a queue may have waited days for its account."""
    unknown_since: datetime | None
    """When the first attempt began whose outcome is unknown."""
    due_at: datetime
    kind: str = "send"
    """`send`, `edit` or `delete`."""
    remote_ids: tuple[RemoteId, ...] = ()
    """Of an edit or a deletion: what the network calls the part, the first it gave first."""
    part: int
    part_count: int
    text: str
    spans: tuple[Span, ...]
    offers: tuple[str, ...]
    """Answers to choose from."""
    send_key: str
    subject: str
    author_name: str
    is_from_agent: bool
    """False: the desk's own words, written by a loop."""
    is_answer: bool
    """Of the desk's own words: they answer something that the person wrote."""
    stop_url: str
    """Where they stop being sent such words. Empty: nothing says so."""
    place: Place
    recipient: IdentityAddress | None
    context: dict[str, str]
    participants: tuple[Participant, ...]
    """Who else it is for: shown (CC), hidden (BCC), or outsiders ("to")."""
    copy_to: str
    copy_of: str
    was_unknown: bool
    """An agent sends again, under the same key, what may have gone out."""
    signature: str
    thread_keys: tuple[ThreadKey, ...]
    attachments: tuple[OutboundAttachment, ...]


# `e` is an earlier message, `whose` the person of the one that goes out, `l` their place.
_THEIRS = """(e.person_id in (select p.id from persons p where p.root_id = whose.root_id)
    and (e.direction = 'in' or l.kind not in ('group', 'thread', 'forum_post')))"""
_context = msgspec.json.Decoder(dict[str, str])
_participants = msgspec.json.Decoder(tuple[Participant, ...])
_files = msgspec.json.Decoder(tuple[OutboundAttachment, ...])


async def load_outgoing(
    work: UnitOfWork, delivery_ids: Sequence[int], *, threaded: Collection[int]
) -> list[Outgoing]:
    """In the order of their ids. Thread keys only for the accounts in `threaded`.

    Keys are of messages before this one, so that every attempt names the same ones. The files go
    with the last part. The context is that of the newest message in the place.

    Only the conversation's own messages count: a stranger who claims an address stands in its
    owner's place, and chooses neither thread nor context of the answers. Where others read along
    it is what the person said there, so that an answer is put to their words.
    """
    if not delivery_ids:
        return []
    rows = await work.driver.fetch(
        f"""
        select d.id, d.message_id, d.account_id, d.place_id, m.case_id, d.attempt, d.queued_at,
            first.started_at as first_tried_at,
            (select min(t.started_at) from delivery_attempts t where t.delivery_id = d.id
                and t.outcome = '{OutcomeUnknown.code}') as unknown_since,
            d.due_at, d.part, d.part_count, d.text,
            d.spans::text, d.kind as done,
            case when d.kind <> 'send' then (
                select array_agg(r.remote_id order by length(r.remote_id), r.remote_id)
                from remote_refs r
                where r.message_id = d.message_id and r.part = d.part
                  and r.account_id = d.account_id and r.remote_place not in (
                    select o.copy_to from deliveries o where o.message_id = d.message_id)
            ) end as remote_ids,
            case when d.kind = 'send' and d.part = d.part_count - 1 then m.context -> 'offers' end
                as offers,
            d.send_key, d.copy_to, d.copy_of, m.subject, m.author_name,
            m.agent_id is not null as is_from_agent, m.nature = 'auto_reply' as is_answer,
            coalesce(m.context ->> 'stop_url', '') as stop_url, m.participants::text,
            coalesce(author.signature, '') as signature,
            d.revision > 0 and exists (select from deliveries before
                where before.send_key = d.send_key || '/' || (d.revision - 1)) as was_unknown,
            l.remote_place, l.kind, l.title, l.parent, i.realm, i.handle, i.shown_as,
            newest.context::text,
            case when d.part = d.part_count - 1 then (
                select json_agg(json_build_object('name', a.name, 'media_type', a.media_type,
                    'size', a.size, 'blob_key', a.blob_key, 'content_id', a.content_id,
                    'description', a.description)
                    order by a.position)::text
                from attachments a
                where a.message_id = m.id and a.state = 'stored' and a.blob_key is not null
                  and not exists (select from ladder_steps s
                    where s.message_id = m.id and s.left_out @> to_jsonb(a.id)
                      and not exists (select from ladder_steps later
                        where later.message_id = s.message_id and later.number > s.number
                          and later.state = 'moved'))
            ) end as files,
            case when d.account_id = any($2::bigint[]) then (
                select json_agg(json_build_array(k.kind, k.key))::text
                from (
                    select t.kind, t.key
                    from (
                        select e.id from messages e
                        where e.place_id = d.place_id and e.id < m.id and {_THEIRS}
                        order by e.id desc limit $3
                    ) earlier
                    join thread_keys t on t.message_id = earlier.id
                    order by earlier.id desc, t.kind, t.key limit $4
                ) k
            ) end as keys
        from deliveries d
        join messages m on m.id = d.message_id
        join persons whose on whose.id = m.person_id
        join places l on l.id = d.place_id
        left join identities i on i.id = d.identity_id
        left join agents author on author.id = m.agent_id
        join delivery_attempts first on first.delivery_id = d.id and first.attempt = 1
        left join lateral (
            select e.context from messages e
            where e.place_id = d.place_id and e.direction = 'in' and {_THEIRS}
            order by e.id desc limit 1
        ) newest on true
        where d.id = any($1::bigint[])
        order by d.id
        """,
        list(delivery_ids),
        list(threaded),
        THREAD_DEPTH,
        MAX_THREAD_KEYS,
    )
    return [
        Outgoing(
            id=row["id"],
            message_id=row["message_id"],
            account_id=row["account_id"],
            place_id=row["place_id"],
            case_id=row["case_id"],
            attempt=row["attempt"],
            queued_at=row["queued_at"],
            first_tried_at=row["first_tried_at"],
            unknown_since=row["unknown_since"],
            due_at=row["due_at"],
            kind=row["done"],
            remote_ids=tuple(RemoteId(one) for one in row["remote_ids"] or ()),
            part=row["part"],
            part_count=row["part_count"],
            text=row["text"],
            spans=from_column(row["spans"]),
            offers=tuple(row["offers"] or ()),
            send_key=row["send_key"],
            subject=row["subject"],
            author_name=row["author_name"],
            is_from_agent=row["is_from_agent"],
            is_answer=row["is_answer"],
            stop_url=row["stop_url"],
            place=Place(
                remote=RemotePlace(row["remote_place"]),
                kind=PlaceKind(row["kind"]),
                title=row["title"],
                parent=None if row["parent"] is None else RemotePlace(row["parent"]),
            ),
            recipient=None
            if row["realm"] is None
            else IdentityAddress(
                realm=row["realm"].removeprefix(CLAIMED_PREFIX),
                handle=row["handle"],
                shown_as=row["shown_as"],
            ),
            context={} if row["context"] is None else _context.decode(row["context"]),
            participants=_participants.decode(row["participants"]),
            copy_to=row["copy_to"],
            copy_of=row["copy_of"],
            was_unknown=row["was_unknown"],
            signature=row["signature"],
            thread_keys=_keys(row["keys"]),
            attachments=() if row["files"] is None else _files.decode(row["files"]),
        )
        for row in rows
    ]


def _keys(encoded: str | None) -> tuple[ThreadKey, ...]:
    if encoded is None:
        return ()
    return tuple(ThreadKey(kind, key) for kind, key in _pairs.decode(encoded))


_pairs = msgspec.json.Decoder(list[tuple[str, str]])
