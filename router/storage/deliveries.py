"""Deliveries: queued with a fixed key, decided on by an agent, told of by the network later.

The sender's side of them, claiming and finishing attempts, is `storage.claims`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from core.delivery import DeliveryState
from core.errors import OutcomeUnknown
from router.storage.unit_of_work import Fact, UnitOfWork

WITHDRAWN_CODES = frozenset({"level_too_low", "channel_not_allowed"})
"""Of a delivery under way: it goes out by this attempt or not at all."""
MAY_HAVE_ARRIVED = f"""(select t.reason from delivery_attempts t
    where t.delivery_id = d.id and t.outcome = '{OutcomeUnknown.code}'
    order by t.attempt desc limit 1)"""
"""Of a delivery `d`: why its last unknown attempt is; null: none is. A later attempt that certainly
did nothing says nothing of that one."""


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as it stands. `root_id` is who stands for its person now."""

    id: int
    message_id: int
    person_id: int
    root_id: int
    account_id: int
    place_id: int
    identity_id: int | None
    kind: str
    part: int
    part_count: int
    revision: int
    text: str
    lane: str
    send_key: str
    copy_to: str
    copy_of: str
    spans: str | None
    state: DeliveryState
    due_at: datetime
    state_at: datetime
    attempt: int
    reason: str
    code: str


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    message_id: int
    person_id: int
    account_id: int
    place_id: int
    identity_id: int | None
    part: int
    part_count: int
    revision: int
    text: str
    lane: str
    send_key: str
    state: str
    due_at: datetime
    copy_to: str = ""
    """The participant whose copy it is; empty: it is the recipient's."""
    copy_of: str = ""
    spans: str | None = None
    """As in their column."""
    kind: str = "send"


class Cleared(msgspec.Struct, frozen=True, kw_only=True):
    """That a message may be said to somebody in a place. Made by `services.outbound.leveling`."""

    message_id: int
    place_id: int
    identity_id: int | None
    has_copies: bool
    level: int
    """How well was proven who reads there."""

    def covers(self, one: NewDelivery) -> bool:
        return (
            (one.message_id, one.place_id) == (self.message_id, self.place_id)
            and one.identity_id == self.identity_id
            and (self.has_copies or not one.copy_to)
        )


_COLUMNS = """d.id, d.message_id, d.person_id, p.root_id, d.account_id, d.place_id, d.identity_id,
    d.kind, d.part, d.part_count, d.revision, d.text, d.lane, d.send_key, d.copy_to, d.copy_of,
    d.spans::text, d.state, d.due_at, d.state_at, d.attempt, d.reason, d.code"""


async def queue(
    work: UnitOfWork, fresh: Sequence[NewDelivery], cleared: Cleared | None
) -> list[int]:
    """Put parts at the tail of their lanes, in the order given; their ids.

    Call under the person's lock: a lane's order is the order of ids. After the commit the
    accounts' senders are woken. Nothing is said without `cleared`; words may be taken back. What
    is held counts as queued from when it is due.
    """
    for one in fresh:
        if one.kind != "delete" and (cleared is None or not cleared.covers(one)):
            raise ValueError("nobody has looked whether this may be said there")
    rows = await work.driver.fetch(
        """
        insert into deliveries (message_id, person_id, account_id, place_id, identity_id, part,
            part_count, revision, text, lane, send_key, state, due_at, copy_to, copy_of, spans,
            kind, queued_at, state_at)
        select message_id, person_id, account_id, place_id, identity_id, part, part_count,
            revision, text, lane, send_key, state, due_at, copy_to, copy_of, spans, kind,
            greatest(due_at, $18), $18
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::int[], $7::int[], $8::int[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::timestamptz[], $14::text[], $15::text[], $16::jsonb[],
            $17::text[]) with ordinality u(message_id, person_id, account_id, place_id,
            identity_id, part, part_count, revision, text, lane, send_key, state, due_at, copy_to,
            copy_of, spans, kind, ord)
        order by ord
        returning id
        """,
        *([getattr(one, name) for one in fresh] for name in NewDelivery.__struct_fields__),
        work.now(),
    )
    work.queued_accounts.update(one.account_id for one in fresh)
    return sorted(row["id"] for row in rows)


async def find_delivery(work: UnitOfWork, delivery_id: int) -> DeliveryRow | None:
    return await _fetch_one(work, "where d.id = $1", delivery_id)


async def lock_delivery(work: UnitOfWork, delivery_id: int) -> DeliveryRow | None:
    """The delivery, held until the commit: neither a sender nor a receipt changes it meanwhile."""
    return await _fetch_one(work, "where d.id = $1 for update of d", delivery_id)


async def lock_by_send_key(work: UnitOfWork, account_id: int, send_key: str) -> DeliveryRow | None:
    return await _fetch_one(
        work, "where d.send_key = $2 and d.account_id = $1 for update of d", account_id, send_key
    )


async def lock_by_remote_id(
    work: UnitOfWork, account_id: int, remote_place: str | None, remote_id: str
) -> DeliveryRow | None:
    """The newest delivery of the part that has this id on the network.

    Without a place, the id is taken to be unique in the account. All copies of a message may have
    one id: the place tells whose is meant, and which way of a message that went on elsewhere.
    """
    return await _fetch_one(
        work,
        """
        where d.id = (
            select e.id from remote_refs r
            join deliveries e on e.message_id = r.message_id and e.part = r.part
                and e.account_id = r.account_id
            join places l on l.id = e.place_id
            where r.account_id = $1 and r.remote_id = $3
              and ($2::text is null or r.remote_place = $2) and e.kind = 'send'
            order by e.copy_to = coalesce($2, '') desc, e.copy_to = '' desc,
                l.remote_place = r.remote_place desc, e.id desc limit 1
        ) for update of d
        """,
        account_id,
        remote_place,
        remote_id,
    )


async def lock_by_remote_id_in_channel(
    work: UnitOfWork, account_id: int, remote_place: str, remote_id: str
) -> DeliveryRow | None:
    """The same in any account of this account's channel."""
    return await _fetch_one(
        work,
        """
        where d.id = (
            select e.id from remote_refs r
            join deliveries e on e.message_id = r.message_id and e.part = r.part
                and e.account_id = r.account_id
            join places l on l.id = e.place_id
            where r.account_id = any(array(
                    select o.id from accounts o join accounts a on a.channel = o.channel
                    where a.id = $1))
              and r.remote_place = $2 and r.remote_id = $3 and e.kind = 'send'
            order by e.copy_to = $2 desc, e.copy_to = '' desc,
                l.remote_place = r.remote_place desc, e.id desc limit 1
        ) for update of d
        """,
        account_id,
        remote_place,
        remote_id,
    )


async def lock_newest_sent(
    work: UnitOfWork, account_id: int, remote_place: str, *, since: datetime
) -> DeliveryRow | None:
    """What was last taken by the network for this place, if that is not too long ago."""
    return await _fetch_one(
        work,
        """
        where d.id = (
            select e.id from (
                select m.id from places l join messages m on m.place_id = l.id
                where l.account_id = $1 and l.remote_place = $2 and m.direction = 'out'
                order by m.id desc limit 20
            ) newest join deliveries e on e.message_id = newest.id
            where e.account_id = $1 and e.copy_to = '' and e.kind = 'send'
              and e.state in ('sent', 'delivered') and e.state_at >= $3
            order by e.id desc limit 1
        ) for update of d
        """,
        account_id,
        remote_place,
        since,
    )


async def change(
    work: UnitOfWork, row: DeliveryRow, state: DeliveryState, *, reason: str = "", code: str = ""
) -> None:
    """Write a new state of a locked delivery, and announce it."""
    await work.driver.execute(
        """
        update deliveries set state = $2, state_at = $3, reason = $4, code = $5, claim = null
        where id = $1
        """,
        row.id,
        state.value,
        work.now(),
        reason,
        code,
    )
    work.announce(Fact.DELIVERY_CHANGED, person=row.root_id, ref=row.id)


async def hand_over_key(work: UnitOfWork, row: DeliveryRow) -> str:
    """Free a delivery's key for the one that goes out in its stead; the key."""
    await work.driver.execute(
        "update deliveries set send_key = $2 where id = $1",
        row.id,
        f"{row.send_key}/{row.revision}",
    )
    return row.send_key


async def keep_early_receipt(
    work: UnitOfWork, row: DeliveryRow, state: str, *, reason: str, code: str, is_certain: bool
) -> None:
    """Remember what the network said of an attempt that is still under way. The last one stays.

    `is_certain`: of a failure, that nobody has got it.
    """
    said = {"state": state, "reason": reason, "code": code, "is_certain": is_certain}
    reported = msgspec.json.encode(said).decode()
    await work.driver.execute(
        "update deliveries set reported = $2::jsonb where id = $1", row.id, reported
    )


async def cancel_waiting(work: UnitOfWork, message_id: int, *, reason: str) -> list[int]:
    """Cancel all parts of a message that no attempt is being made of; the ids of those."""
    return await cancel_selected(
        work, "d.message_id = $1", message_id, reason=reason, code="recalled"
    )


async def cancel_selected(
    work: UnitOfWork, which: str, value: int, *, reason: str, code: str
) -> list[int]:
    """Cancel those that wait and for which `which` says so: of a delivery `d`, its message `m`,
    its place `l`, and `value` as $1. What an attempt of may have arrived is unknown, for an agent.
    The ids of all.
    """
    rows = await work.driver.fetch(
        f"""
        with waiting as (
            select d.id, p.root_id, {MAY_HAVE_ARRIVED} as doubt from deliveries d
            join messages m on m.id = d.message_id join places l on l.id = d.place_id
            join persons p on p.id = d.person_id
            where {which} and d.state in ('held', 'queued')
            order by d.id for update of d
        )
        update deliveries d set state_at = $2,
            state = case when w.doubt is null then 'cancelled' else 'unknown' end,
            reason = coalesce(w.doubt, $3),
            code = case when w.doubt is null then $4 else '{OutcomeUnknown.code}' end
        from waiting w where w.id = d.id
        returning d.id, w.root_id
        """,
        value,
        work.now(),
        reason,
        code,
    )
    for row in rows:
        work.announce(Fact.DELIVERY_CHANGED, person=row["root_id"], ref=row["id"])
    return sorted(row["id"] for row in rows)


async def withdraw(
    work: UnitOfWork, delivery_ids: Sequence[int], *, reason: str, code: str
) -> list[int]:
    """Cancel those of these that wait. Of those being tried the code is noted: they go out now or
    not at all (`claims.release` and `outcomes.finish`). What waits after an attempt that is unknown
    may have arrived: it is unknown, for an agent. The ids of all.
    """
    rows = await work.driver.fetch(
        f"""
        with open as (
            select d.id, p.root_id, case when d.state <> 'sending' then {MAY_HAVE_ARRIVED} end
                as doubt
            from deliveries d join persons p on p.id = d.person_id
            where d.id = any($1::bigint[]) and d.state in ('held', 'queued', 'sending')
            order by d.id for update of d
        )
        update deliveries d set
            code = case when o.doubt is null then $4 else '{OutcomeUnknown.code}' end,
            reason = coalesce(o.doubt, $3),
            state = case when d.state = 'sending' then 'sending'
                when o.doubt is null then 'cancelled' else 'unknown' end,
            state_at = case when d.state = 'sending' then d.state_at else $2 end
        from open o where o.id = d.id
        returning d.id, o.root_id
        """,
        list(delivery_ids),
        work.now(),
        reason,
        code,
    )
    for row in rows:
        work.announce(Fact.DELIVERY_CHANGED, person=row["root_id"], ref=row["id"])
    return sorted(row["id"] for row in rows)


async def newest_revision(
    work: UnitOfWork, message_id: int, part: int, copy_to: str, kind: str = "send"
) -> int:
    """How often this part was sent again to them, or changed."""
    return int(
        await work.driver.fetchval(
            """
            select coalesce(max(revision), 0) from deliveries
            where message_id = $1 and part = $2 and kind = $4 and copy_to = $3
            """,
            message_id,
            part,
            copy_to,
            kind,
        )
    )


async def deliveries_of(work: UnitOfWork, message_ids: Collection[int]) -> list[DeliveryRow]:
    """All deliveries of these messages, by id."""
    rows = await work.driver.fetch(
        f"""
        select {_COLUMNS} from deliveries d join persons p on p.id = d.person_id
        where d.message_id = any($1::bigint[]) order by d.id
        """,
        list(message_ids),
    )
    return [_row(row) for row in rows]


async def _fetch_one(work: UnitOfWork, where: str, *arguments: object) -> DeliveryRow | None:
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from deliveries d join persons p on p.id = d.person_id {where}",
        *arguments,
    )
    return None if row is None else _row(row)


def _row(row: Mapping[str, Any]) -> DeliveryRow:
    return DeliveryRow(**{**row, "state": DeliveryState(row["state"])})
