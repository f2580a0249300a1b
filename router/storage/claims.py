"""Claims: a sender's hold on deliveries while it makes attempts. Set-based, many accounts at once.

`claim` here and `outcomes.finish` come in pairs. Neither takes a person's lock, so the facts that
they announce have no order beside a person's messages: every frame carries the current state.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from core.errors import OutcomeUnknown, RateLimited
from router.storage.deliveries import MAY_HAVE_ARRIVED, WITHDRAWN_CODES
from router.storage.unit_of_work import Fact, UnitOfWork

WITHDRAWN = ", ".join(f"'{code}'" for code in sorted(WITHDRAWN_CODES))


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends for an account: the name of its lease, and our fence in it."""

    account_id: int
    lease: str
    fence: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    owner: Owner
    slots: int
    """How many it can send right now."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep brought: ids of claimed deliveries, and accounts that are no longer ours."""

    delivery_ids: list[int]
    lost_accounts: frozenset[int]


async def claim(
    work: UnitOfWork, asked: Sequence[Asked], *, resting_places: Collection[int] = ()
) -> Claimed:
    """Take what may go out now; each is `sending` with a row for the attempt once this commits.

    Of each lane at most its lowest waiting delivery, and only if it is due and its account
    active: a later one never overtakes one that backs off or is held. Nothing from
    `resting_places`. Accounts whose lease has moved on (or run out) get nothing and are named.
    The lease's row is held until the commit, so a new owner sees all that was claimed before it.
    An attempt that was only told to wait is made again, and began when it was made first.
    """
    asked = sorted((one for one in asked if one.slots > 0), key=lambda one: one.owner.lease)
    if not asked:
        return Claimed(delivery_ids=[], lost_accounts=frozenset())
    rows = await work.driver.fetch(
        f"""
        with asked as (
            select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::int[])
                u(account_id, lease, fence, slots)
        ), heads as (
            select head.id, a.account_id, a.lease, a.fence from asked a
            join accounts c on c.id = a.account_id and c.state = 'active'
            cross join lateral (
                select d.id from deliveries d
                where d.account_id = a.account_id and d.state in ('held', 'queued')
                  and d.due_at <= $5 and d.place_id <> all($6::bigint[])
                  and d.id = (
                    select e.id from deliveries e
                    where e.account_id = d.account_id and e.lane = d.lane
                      and e.state in ('held', 'queued', 'sending')
                    order by e.id limit 1)
                order by d.due_at, d.id limit a.slots
                for update of d skip locked
            ) head
        ), owned as (
            select l.name from leases l
            where (l.name, l.fence) in (select lease, fence from heads)
              and l.expires_at >= clock_timestamp()
            order by l.name for share
        ), taken as (
            update deliveries d set state = 'sending', state_at = $5, attempt = d.attempt + 1,
                claim = h.fence, reported = null
            from heads h join owned o on o.name = h.lease
            where d.id = h.id
            returning d.id, d.attempt, d.claim, d.person_id
        ), tried as (
            insert into delivery_attempts (delivery_id, attempt, claim, started_at)
            select id, attempt, claim, $5 from taken
            on conflict (delivery_id, attempt) do update set claim = excluded.claim,
                started_at = case
                    when delivery_attempts.outcome in ('{RateLimited.code}', 'paced')
                    then delivery_attempts.started_at else excluded.started_at end,
                finished_at = null, outcome = '', reason = ''
        )
        select h.account_id, t.id, p.root_id from heads h
        left join taken t on t.id = h.id left join persons p on p.id = t.person_id
        order by t.id
        """,
        [one.owner.account_id for one in asked],
        [one.owner.lease for one in asked],
        [one.owner.fence for one in asked],
        [one.slots for one in asked],
        work.now(),
        list(resting_places),
    )
    taken = [row for row in rows if row["id"] is not None]
    for row in taken:
        work.announce(Fact.DELIVERY_CHANGED, person=row["root_id"], ref=row["id"])
    return Claimed(
        delivery_ids=[row["id"] for row in taken],
        lost_accounts=frozenset(row["account_id"] for row in rows if row["id"] is None),
    )


async def next_due(work: UnitOfWork, account_ids: Sequence[int]) -> dict[int, datetime]:
    """For each account that has something waiting for its time: when the first of it is due."""
    if not account_ids:
        return {}
    rows = await work.driver.fetch(
        """
        select a.id, first.due_at from unnest($1::bigint[]) a(id)
        cross join lateral (
            select d.due_at from deliveries d
            where d.account_id = a.id and d.state in ('held', 'queued') and d.due_at > $2
            order by d.due_at limit 1
        ) first
        """,
        list(account_ids),
        work.now(),
    )
    return {row["id"]: row["due_at"] for row in rows}


async def adopt_orphans(work: UnitOfWork, owner: Owner) -> list[int]:
    """Take over what former owners left `sending`; their late outcomes are refused from now on.

    The ids, oldest first. What became of these attempts is for the caller to find out. Nothing is
    adopted if the lease has moved on.
    """
    rows = await work.driver.fetch(
        """
        update deliveries d set claim = $2 from leases l
        where l.name = $3 and l.fence = $2 and l.expires_at >= clock_timestamp()
          and d.account_id = $1 and d.state = 'sending' and d.claim <= $2
        returning d.id
        """,
        owner.account_id,
        owner.fence,
        owner.lease,
    )
    return sorted(row["id"] for row in rows)


async def release(
    work: UnitOfWork,
    owner: Owner,
    *,
    only: Collection[int] | None = None,
    keeping: Collection[int] = (),
) -> list[int]:
    """Queue again what this owner claimed and never handed to the network; the ids.

    `only` these, or all but those in `keeping`. No attempt is used up. Those that were withdrawn
    meanwhile are cancelled, or unknown if a former attempt is.
    """
    rows = await work.driver.fetch(
        f"""
        with ours as (
            select d.id, p.root_id, d.code in ({WITHDRAWN}) as is_withdrawn,
                case when d.code in ({WITHDRAWN}) then {MAY_HAVE_ARRIVED} end as doubt
            from deliveries d join persons p on p.id = d.person_id
            where d.account_id = $1 and d.state = 'sending' and d.claim = $2
              and ($3::bigint[] is null or d.id = any($3)) and d.id <> all($4::bigint[])
            order by d.id for update of d
        )
        update deliveries d set state_at = $5, attempt = d.attempt - 1, claim = null,
            state = case when o.doubt is not null then 'unknown'
                when o.is_withdrawn then 'cancelled' else 'queued' end,
            code = case when o.doubt is null then d.code else '{OutcomeUnknown.code}' end,
            reason = coalesce(o.doubt, d.reason)
        from ours o where o.id = d.id
        returning d.id, o.root_id
        """,
        owner.account_id,
        owner.fence,
        None if only is None else list(only),
        list(keeping),
        work.now(),
    )
    for row in rows:
        work.announce(Fact.DELIVERY_CHANGED, person=row["root_id"], ref=row["id"])
    work.queued_accounts.update([owner.account_id] if rows else [])
    return sorted(row["id"] for row in rows)
