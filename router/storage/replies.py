"""What a reply or a note is made of: where it can go, which case it joins, and its rows."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from router.storage.joins import PARTICIPANT_WROTE
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """A place where somebody of this conversation wrote, by the newest message they wrote there."""

    place_id: int
    account_id: int
    channel: str
    account_state: str
    place_kind: str
    identity_id: int
    realm: str
    handle: str
    shown_as: str
    host_account: str | None
    home_person_id: int
    is_reachable: bool
    unreachable_reason: str
    """Why neither the identity nor the place takes anything, if one of them does not."""
    subject: str
    last_inbound_at: datetime | None
    """None: they never wrote there; we opened it."""


class CaseChoice(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    state: str
    subject: str
    access_class: str = "normal"
    is_private: bool = False


class NewWritten(msgspec.Struct, frozen=True, kw_only=True):
    """A message that an agent wrote."""

    person_id: int
    case_id: int | None
    place_id: int | None
    account_id: int | None
    direction: str
    agent_id: int
    author_name: str
    subject: str
    text: str
    client_key: str
    participants: str = "[]"
    """JSON: who else it goes to, and how."""
    spans: str | None = None
    """As in its column."""
    is_private: bool = False
    identity_id: int | None = None
    """Whom it is for, of an answer that opens a place: it makes the place one of theirs."""
    topic_id: int | None = None
    context: str = "{}"
    """JSON: `offers`, if it has answers to choose from."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was uploaded and not sent yet."""

    id: int
    media_type: str
    size: int


async def find_written(work: UnitOfWork, agent_id: int, client_key: str) -> tuple[int, int] | None:
    """(message, its root person) that this agent wrote under this key."""
    row = await work.driver.fetchrow(
        """
        select m.id, p.root_id from messages m join persons p on p.id = m.person_id
        where m.agent_id = $1 and m.client_key = $2
        """,
        agent_id,
        client_key,
    )
    return None if row is None else (row["id"], row["root_id"])


def _seen(parameter: int) -> str:
    """That a message `m` is of no case or of a seen one; the classes are this parameter."""
    return f"""
        (m.case_id is null or exists (select from cases k
            where k.id = m.case_id and k.access_class = any(${parameter}::text[])))
    """


async def find_reach(
    work: UnitOfWork,
    root_id: int,
    place_id: int | None,
    identity_id: int | None,
    sight: Sight,
    *,
    but: Collection[str] = (),
) -> Reach | None:
    """The place, if anybody of this conversation (or this identity) wrote there in a seen case.

    Without a place: where they wrote last. Places of the kinds in `but` are passed over.
    """
    row = await work.driver.fetchrow(
        f"""
        with newest as (
            select last.* from persons p cross join lateral (
                select m.id, m.place_id, m.identity_id, m.subject, m.received_at
                from messages m
                where m.person_id = p.id and m.direction = 'in' and m.place_id is not null
                  and ($2::bigint is null or m.place_id = $2)
                  and ($3::bigint is null or m.identity_id = $3) and {_seen(4)}
                  and ($5::text[] is null
                    or (select kind from places where id = m.place_id) <> all ($5::text[]))
                order by m.id desc limit 1
            ) last
            where p.root_id = $1 order by last.id desc limit 1
        )
        select n.place_id, l.account_id, a.channel, a.state as account_state, l.kind as place_kind,
            n.identity_id, i.realm, i.handle, i.shown_as, i.host_account, i.home_person_id,
            i.is_reachable and l.is_reachable as is_reachable,
            case when i.is_reachable then l.unreachable_reason else i.unreachable_reason
                end as unreachable_reason, n.subject,
            n.received_at as last_inbound_at
        from newest n
        join places l on l.id = n.place_id
        join accounts a on a.id = l.account_id
        join identities i on i.id = n.identity_id
        """,
        root_id,
        place_id,
        identity_id,
        sight.listed,
        sorted(but) or None,
    )
    return None if row is None else Reach(**row)


async def find_opened(work: UnitOfWork, root_id: int, place_id: int, sight: Sight) -> Reach | None:
    """The place, if we opened it to somebody of this conversation who never wrote there."""
    row = await work.driver.fetchrow(
        f"""
        select l.id as place_id, l.account_id, a.channel, a.state as account_state,
            l.kind as place_kind, i.id as identity_id, i.realm, i.handle, i.shown_as,
            i.host_account, i.home_person_id, i.is_reachable and l.is_reachable as is_reachable,
            case when i.is_reachable then l.unreachable_reason else i.unreachable_reason
                end as unreachable_reason, m.subject, null::timestamptz as last_inbound_at
        from places l
        cross join lateral (
            (select m.identity_id, m.subject from messages m join persons p on p.id = m.person_id
            where m.place_id = l.id and m.direction = 'out' and m.identity_id is not null
              and p.root_id = $1 and {_seen(3)}
            order by m.id desc limit 1)
            union all
            (select o.identity_id, '' from opened_places o
            join identities j on j.id = o.identity_id join persons p on p.id = j.home_person_id
            where o.place_id = l.id and p.root_id = $1 limit 1)
            limit 1
        ) m
        join accounts a on a.id = l.account_id
        join identities i on i.id = m.identity_id
        where l.id = $2
        """,
        root_id,
        place_id,
        sight.listed,
    )
    return None if row is None else Reach(**row)


async def newest_of_others(
    work: UnitOfWork, root_id: int, agent_id: int, after: int, sight: Sight
) -> int | None:
    """The newest seen message after this one that somebody else wrote, notes included, and lines
    that tell of a participant's.
    """
    found = await work.driver.fetchval(
        f"""
        select max(m.id) from persons p join messages m on m.person_id = p.id
        where p.root_id = $1 and m.id > $2 and m.agent_id is distinct from $3
          and (m.direction <> 'event' or m.context ->> 'event' = $5) and {_seen(4)}
        """,
        root_id,
        after,
        agent_id,
        sight.listed,
        PARTICIPANT_WROTE,
    )
    return None if found is None else int(found)


async def find_case(
    work: UnitOfWork, root_id: int, case_id: int, sight: Sight
) -> CaseChoice | None:
    """This case, or the one that stands for it, if it is of this conversation and seen."""
    row = await work.driver.fetchrow(
        """
        select c.id, c.state, c.subject, c.access_class, c.is_private
        from cases c join persons p on p.id = c.person_id
        where c.id = coalesce((select merged_into_id from cases where id = $2), $2)
          and p.root_id = $1 and c.access_class = any($3::text[])
        """,
        root_id,
        case_id,
        sight.listed,
    )
    return None if row is None else CaseChoice(**row)


async def find_open_case(work: UnitOfWork, root_id: int, sight: Sight) -> CaseChoice | None:
    """The conversation's case that had a message last, of those that are seen and not solved."""
    row = await work.driver.fetchrow(
        """
        select c.id, c.state, c.subject, c.access_class, c.is_private
        from persons p join cases c on c.person_id = p.id
        where p.root_id = $1 and c.state <> 'solved' and c.access_class = any($2::text[])
        order by c.last_message_id desc, c.id desc limit 1
        """,
        root_id,
        sight.listed,
    )
    return None if row is None else CaseChoice(**row)


async def insert_written(work: UnitOfWork, fresh: NewWritten) -> int | None:
    """The new message's id; None, with nothing written, if its client key was used before."""
    found = await work.driver.fetchval(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, agent_id,
            author_name, subject, text, client_key, participants, spans, is_private,
            identity_id, topic_id, context, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb, $13, $14, $15,
            $16::jsonb, $17)
        on conflict (agent_id, client_key) do nothing returning id
        """,
        *(getattr(fresh, name) for name in NewWritten.__struct_fields__),
        work.now(),
    )
    return None if found is None else int(found)


async def find_uploads(
    work: UnitOfWork, agent_id: int, attachment_ids: Sequence[int]
) -> dict[int, Upload]:
    """Those of these files that this agent uploaded and nothing has taken yet."""
    return await _uploads(work, agent_id, attachment_ids, "")


async def lock_uploads(
    work: UnitOfWork, agent_id: int, attachment_ids: Sequence[int]
) -> dict[int, Upload]:
    """The same, held until the commit."""
    return await _uploads(work, agent_id, attachment_ids, "for update")


async def _uploads(
    work: UnitOfWork, agent_id: int, attachment_ids: Sequence[int], lock: str
) -> dict[int, Upload]:
    rows = await work.driver.fetch(
        f"""
        select id, media_type, size from attachments
        where id = any($2::bigint[]) and uploaded_by_id = $1 and message_id is null
          and state = 'stored'
        order by id {lock}
        """,
        agent_id,
        list(attachment_ids),
    )
    return {row["id"]: Upload(**row) for row in rows}


async def attach(work: UnitOfWork, message_id: int, attachment_ids: Sequence[int]) -> None:
    """Give uploads to a message, in the order given."""
    await work.driver.execute(
        """
        update attachments a set message_id = $1, position = u.position - 1
        from unnest($2::bigint[]) with ordinality u(id, position) where a.id = u.id
        """,
        message_id,
        list(attachment_ids),
    )


class Newer(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote last, and when."""

    name: str
    direction: str
    at: datetime


async def who_wrote(work: UnitOfWork, message_id: int) -> Newer:
    row = await work.driver.fetchrow(
        """
        select coalesce(a.name, nullif(m.author_name, ''), nullif(i.shown_as, ''), i.handle, '')
            as name, m.direction, m.received_at as at
        from messages m left join agents a on a.id = m.agent_id
        left join identities i on i.id = m.identity_id where m.id = $1
        """,
        message_id,
    )
    return Newer(**row)


async def mark_answered(
    work: UnitOfWork, case_id: int, message_id: int, *, goes_at: datetime
) -> bool:
    """The desk has answered: the case waits for the person, unless it is solved. A first answer
    counts from when it goes out.

    Whether the case looks different now, beyond its newest message.
    """
    return bool(
        await work.driver.fetchval(
            """
            with before as (select id, state, first_reply_at from cases where id = $1 for update),
            noted as (
                insert into case_history (case_id, at, cause, agent_id, state, owner_id, team_id,
                    priority, topic_id)
                select c.id, $4, 'answered', (select agent_id from messages where id = $2),
                    'waiting', c.owner_id, c.team_id, c.priority, c.topic_id
                from before b join cases c on c.id = b.id where b.state in ('open', 'snoozed')
            )
            update cases c set
                last_message_id = greatest(c.last_message_id, $2),
                first_reply_at = coalesce(c.first_reply_at, $3),
                state = case when b.state in ('open', 'snoozed') then 'waiting' else b.state end,
                snoozed_until = null,
                revision = c.revision + (b.state in ('open', 'snoozed'))::int
            from before b where c.id = b.id
            returning b.state in ('open', 'snoozed') or b.first_reply_at is null
            """,
            case_id,
            message_id,
            goes_at,
            work.now(),
        )
    )


async def touch_case(work: UnitOfWork, case_id: int, message_id: int) -> None:
    """Its newest message is this one, and nothing else changes."""
    await work.driver.execute(
        "update cases set last_message_id = greatest(last_message_id, $2) where id = $1",
        case_id,
        message_id,
    )
