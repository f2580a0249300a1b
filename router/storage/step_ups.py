"""Step-ups: asked for in a thread, confirmed at the host, over after their time."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class NewStepUp(msgspec.Struct, frozen=True, kw_only=True):
    token_hash: bytes
    identity_id: int
    case_id: int
    topic_id: int | None
    host_account: str
    agent_id: int
    expires_at: datetime


class StepUpRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    identity_id: int
    identity_root_id: int
    """Who stands for the identity now."""
    identity_account: str | None
    """Its host account now; `host_account` is the one when it was asked for."""
    identity_level: int
    is_shared: bool
    case_id: int
    case_person_id: int
    case_root_id: int
    topic_id: int | None
    topic_name: str
    """Empty: the case as a whole."""
    host_account: str
    agent_id: int
    message_id: int | None
    requested_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    granted_until: datetime | None
    ended_at: datetime | None


_SELECT = """
    select s.id, s.identity_id, ip.root_id as identity_root_id,
        i.host_account as identity_account, i.level as identity_level, i.is_shared, s.case_id,
        c.person_id as case_person_id, cp.root_id as case_root_id, s.topic_id,
        coalesce(t.name, '') as topic_name, s.host_account, s.agent_id, s.message_id,
        s.requested_at, s.expires_at, s.confirmed_at, s.granted_until, s.ended_at
    from step_ups s
    join identities i on i.id = s.identity_id
    join persons ip on ip.id = i.home_person_id
    join cases c on c.id = s.case_id
    join persons cp on cp.id = c.person_id
    left join topics t on t.id = s.topic_id
"""
SHOWN = 5
"""Newest of each case that a page gets."""


async def insert(work: UnitOfWork, fresh: NewStepUp) -> int:
    """The new one's id."""
    found: int = await work.driver.fetchval(
        """
        insert into step_ups (token_hash, identity_id, case_id, topic_id, host_account, agent_id,
            expires_at, requested_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
        """,
        *(getattr(fresh, name) for name in NewStepUp.__struct_fields__),
        work.now(),
    )
    return found


async def note_message(work: UnitOfWork, step_up_id: int, message_id: int) -> None:
    """The line in which it was asked for."""
    await work.driver.execute(
        "update step_ups set message_id = $2 where id = $1", step_up_id, message_id
    )


async def load(work: UnitOfWork, step_up_id: int) -> StepUpRow:
    row = await fetch_one(work, f"{_SELECT} where s.id = $1", step_up_id)
    assert row is not None
    return StepUpRow(**row)


async def find_by_token(work: UnitOfWork, token_hash: bytes) -> StepUpRow | None:
    row = await fetch_one(work, f"{_SELECT} where s.token_hash = $1", token_hash)
    return None if row is None else StepUpRow(**row)


async def newest_of(work: UnitOfWork, case_ids: Collection[int]) -> list[StepUpRow]:
    """The newest of each of these cases, oldest first."""
    rows = await fetch(
        work,
        f"""
        {_SELECT} where s.id = any(array(
            select newest.id from unnest($1::bigint[]) u(id)
            cross join lateral (
                select n.id from step_ups n where n.case_id = u.id order by n.id desc limit {SHOWN}
            ) newest)) order by s.id
        """,
        list(case_ids),
    )
    return [StepUpRow(**row) for row in rows]


async def grant(work: UnitOfWork, step_up_id: int, *, until: datetime) -> bool:
    """Once: False if it was confirmed before, has run out, or was ended.

    It is a piece of evidence of level 3, which no identity's own level is ever derived from.
    """
    found = await work.driver.fetchval(
        """
        with granted as (
            update step_ups set confirmed_at = $2, granted_until = $3
            where id = $1 and confirmed_at is null and ended_at is null and expires_at > $2
            returning id, identity_id, case_id, host_account
        ), proven as (
            insert into identity_evidence (identity_id, kind, level, proof, proof_key, at,
                host_account)
            select identity_id, 'step_up', 3, jsonb_build_object('host_account', host_account,
                'case', case_id::text, 'until', to_char($3::timestamptz at time zone 'UTC',
                'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')), id::text, $2, host_account
            from granted
        )
        update identities i set stepped_up_until = greatest(i.stepped_up_until, $3)
        from granted where i.id = granted.identity_id returning i.id
        """,
        step_up_id,
        work.now(),
        until,
    )
    return found is not None


async def end_asked(work: UnitOfWork, *, identity_id: int, case_id: int) -> None:
    """Those of this identity in this case that nobody confirmed, over from now on."""
    await work.driver.execute(
        """
        update step_ups set ended_at = $3
        where identity_id = $1 and case_id = $2 and ended_at is null and confirmed_at is null
          and expires_at > $3
        """,
        identity_id,
        case_id,
        work.now(),
    )


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """How well an identity is proven for a case."""

    level: int
    host_account: str | None
    is_shared: bool
    case_account: str | None


async def find_proven(work: UnitOfWork, identity_id: int, case_id: int) -> Proven:
    row = await fetch_one(
        work,
        """
        select i.level, i.host_account, i.is_shared, c.host_account as case_account
        from identities i, cases c where i.id = $1 and c.id = $2
        """,
        identity_id,
        case_id,
    )
    assert row is not None
    return Proven(**row)


async def end_open(work: UnitOfWork, *, identity_id: int, case_id: int | None = None) -> list[int]:
    """Those of this identity (in this case) that are asked for or in force, over from now on."""
    rows = await fetch(
        work,
        """
        update step_ups set ended_at = $3
        where identity_id = $1 and ($2::bigint is null or case_id = $2) and ended_at is null
          and coalesce(granted_until, expires_at) > $3
        returning case_id
        """,
        identity_id,
        case_id,
        work.now(),
    )
    return sorted({row["case_id"] for row in rows})


async def is_in_force(work: UnitOfWork, identity_id: int, case_id: int) -> bool:
    """Whether this identity is stepped up in this case at this moment, for whatever topic."""
    found = await work.driver.fetchval(
        """
        select true from step_ups s join identities i on i.id = s.identity_id
        where s.identity_id = $1 and s.case_id = $2 and s.ended_at is null
          and s.host_account = i.host_account and not i.is_shared
          and s.confirmed_at <= $3 and s.granted_until > $3 limit 1
        """,
        identity_id,
        case_id,
        work.now(),
    )
    return found is not None
