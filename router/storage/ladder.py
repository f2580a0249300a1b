"""The delivery ladder's rows: messages that certainly did not arrive, and how they went on."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork

MOVED_ON = "moved_on"
"""The code of a cancelled delivery whose message went on elsewhere, and of the event line."""
CERTAIN_CODES = ("recipient_gone", "place_gone")
"""Of failed attempts after which it is certain that nobody has got it."""

# Of a delivery `d` and its message `m`: what an agent said to the person themselves, or what says
# such answers again because they stayed unread.
_FOR_A_PERSON = """d.kind = 'send' and d.copy_to = '' and d.identity_id is not null
    and m.direction = 'out' and m.deleted_at is null and (m.agent_id is not null
        or (select true from continuations c where c.message_id = m.id limit 1) is not null)"""


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is due for its step, under its conversation's lock."""

    message_id: int
    number: int
    """From 1 on."""
    delivery_id: int
    identity_id: int
    place_id: int
    state: str


class TriedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message did not arrive; of its identity as it is now."""

    identity_id: int
    place_id: int
    account_id: int
    level: int
    host_account: str | None


class MissedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message with what decides where it may go on."""

    message_id: int
    person_id: int
    case_id: int | None
    account_id: int
    channel: str
    """By which it failed."""
    text: str
    spans: str | None
    subject: str
    case_subject: str
    access_class: str
    written_at: datetime
    """Of what was to wait: when it was to go out."""
    is_deleted: bool
    was_continued: bool
    """It was said again already, because it stayed unread."""
    is_recipient_gone: bool
    is_place_gone: bool
    chat_place_id: int | None
    """Of a continuation: where it is unread."""
    stop_url: str
    """Of a continuation: the address in it that stops such messages at its first way."""
    last_inbound_at: datetime | None
    """When somebody of the conversation last wrote in the place."""


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    media_type: str
    size: int


async def fall(work: UnitOfWork, delivery_ids: Collection[int]) -> None:
    """These deliveries certainly did not arrive: their messages are due for a step.

    Only what an agent said to the person themselves, or what says that again. Once for each way:
    a message that went on takes its next step only by what became of it where it is now, and one
    that stayed takes none.
    """
    if not delivery_ids:
        return
    await work.driver.execute(
        f"""
        insert into ladder_steps (message_id, number, delivery_id, identity_id, place_id, made_at)
        select distinct on (d.message_id) d.message_id, coalesce(last.number, 0) + 1, d.id,
            d.identity_id, d.place_id, $2::timestamptz
        from deliveries d join messages m on m.id = d.message_id
        left join lateral (
            select s.number, s.state, s.to_identity_id, s.to_place_id from ladder_steps s
            where s.message_id = d.message_id order by s.number desc limit 1
        ) last on true
        where d.id = any($1::bigint[]) and {_FOR_A_PERSON}
          and (last.number is null or last.state = 'moved'
               and d.identity_id = last.to_identity_id and d.place_id = last.to_place_id)
        order by d.message_id, d.id
        on conflict do nothing
        """,
        sorted(delivery_ids),
        work.now(),
    )


async def ask_for_step(work: UnitOfWork, delivery_id: int) -> bool:
    """An agent wants its message to go on. False: it took its step, or nothing of it may."""
    await fall(work, [delivery_id])
    asked = await work.driver.fetchval(
        "select delivery_id from ladder_steps where delivery_id = $1 and state = 'due'", delivery_id
    )
    return asked is not None


async def fall_waiting(work: UnitOfWork, identity_id: int) -> None:
    """The identity is gone: what waits to go out to it will not arrive."""
    rows = await work.driver.fetch(
        "select id from deliveries where identity_id = $1 and state in ('held', 'queued')",
        identity_id,
    )
    await fall(work, [row["id"] for row in rows])


async def fall_late(work: UnitOfWork, account_id: int, *, before: datetime) -> None:
    """In these places nobody has written since then: the network takes no answer any more."""
    rows = await work.driver.fetch(
        """
        select d.id from deliveries d
        where d.account_id = $1 and d.state in ('held', 'queued') and d.kind = 'send'
          and not exists (select from messages n
            where n.place_id = d.place_id and n.direction = 'in' and n.received_at > $2)
        """,
        account_id,
        before,
    )
    await fall(work, [row["id"] for row in rows])


async def withdraw(work: UnitOfWork, message_id: int) -> None:
    """An agent has decided on it, or it may arrive after all: no step is due any more."""
    await work.driver.execute(
        "delete from ladder_steps where message_id = $1 and state = 'due'", message_id
    )


async def due_steps(work: UnitOfWork, *, after: int, limit: int) -> list[tuple[int, int]]:
    """(message, person) of those that are due, in the order in which they were said."""
    rows = await work.driver.fetch(
        """
        select s.message_id, m.person_id from ladder_steps s join messages m on m.id = s.message_id
        where s.state = 'due' and s.message_id > $1 order by s.message_id limit $2
        """,
        after,
        limit,
    )
    return [(row["message_id"], row["person_id"]) for row in rows]


async def lock_step(work: UnitOfWork, message_id: int) -> StepRow | None:
    """The step, held until the commit, with all deliveries of its message. None: no longer due."""
    await work.driver.execute(
        "select from deliveries where message_id = $1 order by id for update", message_id
    )
    row = await work.driver.fetchrow(
        """
        select message_id, number, delivery_id, identity_id, place_id, state from ladder_steps
        where message_id = $1 and state = 'due' for update
        """,
        message_id,
    )
    return None if row is None else StepRow(**row)


async def list_tried(work: UnitOfWork, message_id: int) -> list[TriedRow]:
    """All ways that it took, the last one included."""
    rows = await work.driver.fetch(
        """
        select s.identity_id, s.place_id, d.account_id, i.level, i.host_account
        from ladder_steps s
        join deliveries d on d.id = s.delivery_id
        join identities i on i.id = s.identity_id
        where s.message_id = $1 order by s.number
        """,
        message_id,
    )
    return [TriedRow(**row) for row in rows]


async def load_missed(work: UnitOfWork, step: StepRow) -> MissedRow:
    row = await work.driver.fetchrow(
        """
        select m.id as message_id, m.person_id, m.case_id, d.account_id, a.channel, m.text,
            m.spans::text as spans, m.subject, coalesce(c.subject, '') as case_subject,
            coalesce(c.access_class, 'normal') as access_class, greatest(
                m.received_at, (select min(f.queued_at) from deliveries f
                where f.message_id = m.id and f.kind = 'send')) as written_at,
            m.deleted_at is not null as is_deleted,
            (select true from continued_messages e where e.message_id = m.id limit 1)
                is not null as was_continued,
            not i.is_reachable as is_recipient_gone,
            not l.is_reachable as is_place_gone,
            (select t.place_id from continuations t where t.message_id = m.id) as chat_place_id,
            coalesce(m.context ->> 'stop_url', m.context ->> 'left_stop_url', '') as stop_url,
            (select n.received_at from messages n
             where n.place_id = l.id and n.direction = 'in' and n.person_id in (
                select o.id from persons o where o.root_id = p.root_id)
             order by n.id desc limit 1) as last_inbound_at
        from messages m
        join persons p on p.id = m.person_id
        join deliveries d on d.id = $2
        join identities i on i.id = $3
        join places l on l.id = $4
        join accounts a on a.id = d.account_id
        left join cases c on c.id = m.case_id
        where m.id = $1
        """,
        step.message_id,
        step.delivery_id,
        step.identity_id,
        step.place_id,
    )
    assert row is not None
    return MissedRow(**row)


async def files_of(work: UnitOfWork, message_id: int) -> list[FileRow]:
    """Its files, in their order."""
    rows = await work.driver.fetch(
        """
        select id, name, media_type, size from attachments
        where message_id = $1 and state = 'stored' order by position, id
        """,
        message_id,
    )
    return [FileRow(**row) for row in rows]


async def was_unknown(work: UnitOfWork, message_id: int) -> bool:
    """Whether a part of it goes out once more under a key that may have gone out before: sent
    again by an agent, or tried again by itself where the network drops a second copy. What a later
    attempt says is of that attempt alone.
    """
    return bool(
        await work.driver.fetchval(
            """
            select exists (
                select from deliveries d join deliveries o
                    on o.send_key = d.send_key || '/' || (d.revision - 1)
                where d.message_id = $1 and d.revision > 0 and d.state <> 'cancelled')
            or exists (
                select from deliveries d
                join delivery_attempts t on t.delivery_id = d.id and t.outcome = 'outcome_unknown'
                where d.message_id = $1 and d.kind = 'send' and d.copy_to = ''
                  and d.state <> 'cancelled'
                  and exists (select from delivery_attempts later
                    where later.delivery_id = d.id and later.attempt > t.attempt)
                  and not exists (select from delivery_attempts s
                    where s.delivery_id = d.id and s.outcome = 'sent'))
            """,
            message_id,
        )
    )


async def close_deliveries(work: UnitOfWork, message_id: int) -> list[int]:
    """What did not arrive is over: it can't be sent again. Why it failed stays. The ids."""
    rows = await work.driver.fetch(
        """
        update deliveries set state = 'cancelled', state_at = $2, code = $3, claim = null
        where message_id = $1 and kind = 'send' and copy_to = ''
          and state in ('failed', 'held', 'queued')
        returning id
        """,
        message_id,
        work.now(),
        MOVED_ON,
    )
    return sorted(row["id"] for row in rows)


async def next_revision(work: UnitOfWork, message_id: int) -> int:
    """Above every delivery of any of its parts."""
    return int(
        await work.driver.fetchval(
            "select coalesce(max(revision), 0) + 1 from deliveries where message_id = $1",
            message_id,
        )
    )


async def move_message(
    work: UnitOfWork,
    message_id: int,
    *,
    person_id: int,
    place_id: int,
    account_id: int,
    opened_for: int | None,
    subject: str,
) -> None:
    """From now on it was said there; what stopped it at the old place is not of the new one.

    `opened_for`: whose place it is, if they never wrote there.
    """
    await work.driver.execute(
        """
        update messages set person_id = $2, place_id = $3, account_id = $4, identity_id = $5,
            subject = $6, context = (context - 'stop_url') || case
                when context ? 'stop_url'
                then jsonb_build_object('left_stop_url', context -> 'stop_url')
                else '{}' end
        where id = $1
        """,
        message_id,
        person_id,
        place_id,
        account_id,
        opened_for,
        subject,
    )


async def finish(
    work: UnitOfWork,
    message_id: int,
    *,
    state: str,
    bars: Sequence[str] = (),
    to_identity_id: int | None = None,
    to_place_id: int | None = None,
    left_out: Sequence[int] = (),
) -> None:
    """The step that is due was taken, or there is none."""
    await work.driver.execute(
        """
        update ladder_steps set state = $2, bars = $3::jsonb, to_identity_id = $4,
            to_place_id = $5, left_out = $6::jsonb, done_at = $7
        where message_id = $1 and state = 'due'
        """,
        message_id,
        state,
        msgspec.json.encode(list(bars)).decode(),
        to_identity_id,
        to_place_id,
        msgspec.json.encode(list(left_out)).decode(),
        work.now(),
    )


async def steps_of(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """The last step of messages that did not arrive, for those of these that did not.

    `left_out` is of the last one that went on.
    """
    return await fetch(
        work,
        """
        select distinct on (s.message_id) s.message_id, s.state, s.bars, s.to_identity_id,
            s.to_place_id, s.made_at, s.done_at, coalesce((
                select w.left_out from ladder_steps w
                where w.message_id = s.message_id and w.state = 'moved'
                order by w.number desc limit 1
            ), '[]') as left_out
        from ladder_steps s where s.message_id = any($1::bigint[])
        order by s.message_id, s.number desc
        """,
        list(message_ids),
    )
