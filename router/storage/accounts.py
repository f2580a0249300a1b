"""Accounts as ops sees them: their settings, how they fare, and what waits to go out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from router.storage import account_events
from router.storage.account_rows import ACCOUNT_COLUMNS, AccountRow
from router.storage.unit_of_work import Fact, UnitOfWork

RECENT = 2000
"""How many of the newest rows "last in" and "last out" look at: older ones say nothing of today."""

_LIST = """
with recent_in as (
  select account_id, max(received_at) as at
    from (select account_id, received_at, direction from messages order by id desc limit $2) m
   where direction = 'in' group by account_id
), recent_out as (
  select account_id, max(state_at) as at
    from (select account_id, state_at, state from deliveries order by id desc limit $2) d
   where state in ('sent', 'delivered', 'read') group by account_id
), waiting as (
  select account_id, count(*) filter (where state <> 'held') as queued,
         count(*) filter (where state = 'held') as held,
         min(queued_at) filter (where state <> 'held') as oldest_queued_at
    from deliveries where state in ('held', 'queued', 'sending') group by account_id
), read_to as (
  select account_id, max(updated_at) as at from receive_cursors group by account_id
)
select a.id, a.channel, a.label, a.hook_token, a.config, a.state, a.paused_reason, a.paused_code,
       a.is_sandbox, a.is_draining, a.revision, a.health, a.health_at, a.created_at, a.own_name,
       case when a.state = 'paused' then a.paused_at else coalesce(a.health_since, a.created_at) end
         as since, a.tested, a.tested_at,
       coalesce(i.at, r.at) as last_in_at, o.at as last_out_at,
       coalesce(w.queued, 0) as queued, coalesce(w.held, 0) as held, w.oldest_queued_at
  from accounts a
  left join recent_in i on i.account_id = a.id
  left join recent_out o on o.account_id = a.id
  left join waiting w on w.account_id = a.id
  left join read_to r on r.account_id = a.id
 where a.state <> 'removed' and ($1::bigint is null or a.id = $1)
 order by a.label, a.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    id: int
    channel: str
    label: str
    hook_token: str
    config: Mapping[str, Any]
    """Secrets blanked."""
    state: str
    paused_reason: str
    paused_code: str
    is_sandbox: bool
    is_draining: bool
    revision: int
    health: Mapping[str, Any]
    """`core.connector.Health`, or empty if it never ran."""
    health_at: datetime | None
    created_at: datetime
    own_name: str
    since: datetime | None
    """When its state word became what it is."""
    tested: Mapping[str, Any] | None
    """What its last test found."""
    tested_at: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    queued: int
    held: int
    oldest_queued_at: datetime | None


async def list_states(work: UnitOfWork) -> list[AccountState]:
    """All that were not removed, by label."""
    rows = await work.driver.fetch(_LIST, None, RECENT)
    return [AccountState(**row) for row in rows]


async def find_state(work: UnitOfWork, account_id: int) -> AccountState | None:
    """None: there is none, or it was removed."""
    row: asyncpg.Record | None = await work.driver.fetchrow(_LIST, account_id, RECENT)
    return None if row is None else AccountState(**row)


async def find_row(work: UnitOfWork, account_id: int) -> AccountRow | None:
    """As it is run, sealed secrets included. None: there is none, or it was removed."""
    row = await work.driver.fetchrow(
        f"select {ACCOUNT_COLUMNS} from accounts where id = $1 and state <> 'removed'", account_id
    )
    return None if row is None else AccountRow(**row)


async def lock(work: UnitOfWork, account_id: int) -> bool:
    """Nobody else changes it until this transaction ends. False: none, or removed."""
    found = await work.driver.fetchval(
        "select id from accounts where id = $1 and state <> 'removed' for update", account_id
    )
    return found is not None


async def insert(
    work: UnitOfWork, *, channel: str, label: str, hook_token: str, config: str
) -> int | None:
    """The new id; active, and without its secrets yet. None: the label is taken."""
    found: int | None = await work.driver.fetchval(
        "insert into accounts (channel, label, hook_token, config, created_at)"
        " values ($1, $2, $3, $4::jsonb, $5) on conflict (label) do nothing returning id",
        channel,
        label,
        hook_token,
        config,
        work.now(),
    )
    if found is not None:
        work.announce(Fact.ACCOUNT_CHANGED, ref=found)
    return found


async def set_secrets(work: UnitOfWork, account_id: int, sealed: bytes) -> None:
    await work.driver.execute(
        "update accounts set sealed_secrets = $2 where id = $1", account_id, sealed
    )


async def set_config(work: UnitOfWork, account_id: int, config: str) -> None:
    """Its settings read so from now on; whoever runs it goes on with those it has."""
    await work.driver.execute(
        "update accounts set config = $2::jsonb where id = $1", account_id, config
    )


async def change(
    work: UnitOfWork, account_id: int, *, label: str, config: str, sealed: bytes | None
) -> bool:
    """Whoever runs it starts it anew. False: the label is taken."""
    found = await work.driver.fetchval(
        "update accounts set label = $2, config = $3::jsonb, sealed_secrets = $4,"
        " revision = revision + 1 where id = $1"
        " and not exists (select from accounts o where o.label = $2 and o.id <> $1) returning id",
        account_id,
        label,
        config,
        sealed,
    )
    if found is not None:
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
    return found is not None


async def resume(work: UnitOfWork, account_id: int, *, actor: str = "") -> bool:
    """It runs again, and is not drained any more. False: it was neither paused nor draining."""
    found = await work.driver.fetchval(
        "update accounts set state = 'active', paused_reason = '', paused_code = '',"
        " paused_at = null, is_draining = false, revision = revision + 1"
        " where id = $1 and (state = 'paused' or (state = 'active' and is_draining))"
        " returning id",
        account_id,
    )
    if found is not None:
        await account_events.note_state(work, account_id, "active", actor=actor)
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
    return found is not None


async def drain(work: UnitOfWork, account_id: int, *, actor: str) -> bool:
    """From now on nothing comes in on it; once nothing waits to go out, it is paused.

    False: it is not active, or is being drained.
    """
    found = await work.driver.fetchval(
        "update accounts set is_draining = true, revision = revision + 1"
        " where id = $1 and state = 'active' and not is_draining returning id",
        account_id,
    )
    if found is not None:
        await account_events.note_state(work, account_id, "draining", actor=actor)
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
    return found is not None


async def is_drained(work: UnitOfWork, account_id: int) -> bool:
    """Nothing waits to go out on it, and no attempt is under way."""
    waits = await work.driver.fetchval(
        "select id from deliveries where account_id = $1"
        " and state in ('held', 'queued', 'sending') limit 1",
        account_id,
    )
    return waits is None


async def save_test(work: UnitOfWork, account_id: int, tested: str, *, revision: int) -> bool:
    """What its last test found, as JSON. False, and nothing is kept: the account has changed
    since that revision was tested. Locks its row.
    """
    kept = await work.driver.fetchval(
        "update accounts set tested = $2::jsonb, tested_at = $3 where id = $1 and revision = $4"
        " returning id",
        account_id,
        tested,
        work.now(),
        revision,
    )
    return kept is not None


async def remove(work: UnitOfWork, account_id: int) -> None:
    """Its settings and secrets are gone, and its label is free; what was said on it stays.

    What still waited to go out on it is cancelled.
    """
    await work.driver.execute(
        "update accounts set state = 'removed', label = label || ' #' || id, config = '{}'::jsonb,"
        " sealed_secrets = null, revision = revision + 1 where id = $1",
        account_id,
    )
    await work.driver.execute("delete from receive_cursors where account_id = $1", account_id)
    work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)


async def list_waiting(work: UnitOfWork, account_id: int) -> list[tuple[int, int]]:
    """(delivery, person) of what has not been tried."""
    rows = await work.driver.fetch(
        "select id, person_id from deliveries where account_id = $1"
        " and state in ('held', 'queued', 'sending') and state <> 'sending' order by id",
        account_id,
    )
    return [(row["id"], row["person_id"]) for row in rows]


async def cancel_deliveries(work: UnitOfWork, delivery_ids: list[int], reason: str) -> None:
    """Those of them that still wait. Facts of theirs are the caller's to announce."""
    await work.driver.execute(
        "update deliveries set state = 'cancelled', state_at = $2, reason = $3"
        " where id = any($1::bigint[]) and state in ('held', 'queued')",
        delivery_ids,
        work.now(),
        reason,
    )
