"""Merges that wait for a second agent."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec

from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


class ProposalRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    loser_id: int
    winner_id: int
    loser_root: int
    winner_root: int
    loser_name: str
    winner_name: str
    agent_id: int
    agent_name: str
    reason: str
    fingerprint: str
    state: str
    proposed_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by_id: int | None
    decided_by: str | None
    decision_reason: str
    merge_id: int | None


_ROWS = """
    select g.id, g.loser_id, g.winner_id, lr.id as loser_root, wr.id as winner_root,
           lr.display_name as loser_name, wr.display_name as winner_name, g.agent_id,
           a.name as agent_name, g.reason, g.fingerprint, g.state, g.proposed_at, g.expires_at,
           g.decided_at, g.decided_by_id, d.name as decided_by, g.decision_reason, g.merge_id
    from join_proposals g
    join persons l on l.id = g.loser_id join persons lr on lr.id = l.root_id
    join persons w on w.id = g.winner_id join persons wr on wr.id = w.root_id
    join agents a on a.id = g.agent_id
    left join agents d on d.id = g.decided_by_id
"""


async def insert_once(
    work: UnitOfWork,
    *,
    loser_id: int,
    winner_id: int,
    agent_id: int,
    reason: str,
    fingerprint: str,
    lifetime: timedelta,
) -> int | None:
    """None: the same waits already. One that expired makes room."""
    await work.driver.execute(
        """
        update join_proposals set state = 'withdrawn', decided_at = $3
        where loser_id = $1 and winner_id = $2 and state = 'open' and expires_at <= $3
        """,
        loser_id,
        winner_id,
        work.now(),
    )
    found: int | None = await work.driver.fetchval(
        """
        insert into join_proposals
            (loser_id, winner_id, agent_id, reason, fingerprint, proposed_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (loser_id, winner_id) where state = 'open' do nothing returning id
        """,
        loser_id,
        winner_id,
        agent_id,
        reason,
        fingerprint,
        work.now(),
        work.now() + lifetime,
    )
    return found


async def find(work: UnitOfWork, proposal_id: int) -> ProposalRow | None:
    row = await fetch_one(work, f"{_ROWS} where g.id = $1", proposal_id)
    return None if row is None else ProposalRow(**row)


async def by_ids(work: UnitOfWork, ids: Collection[int]) -> list[ProposalRow]:
    rows = await fetch(work, f"{_ROWS} where g.id = any($1::bigint[])", list(ids))
    return [ProposalRow(**row) for row in rows]


async def lock(work: UnitOfWork, proposal_id: int) -> ProposalRow | None:
    """Of two agents who decide at once the second sees what the first decided."""
    await work.driver.execute("select from join_proposals where id = $1 for update", proposal_id)
    return await find(work, proposal_id)


async def list_before(
    work: UnitOfWork, before: int | None, *, only_open: bool, limit: int
) -> list[ProposalRow]:
    """The newest first."""
    rows = await fetch(
        work,
        f"""
        {_ROWS} where ($1::bigint is null or g.id < $1)
          and (not $2::boolean or (g.state = 'open' and g.expires_at > $3))
        order by g.id desc limit $4
        """,
        before,
        only_open,
        work.now(),
        limit,
    )
    return [ProposalRow(**row) for row in rows]


async def decide(
    work: UnitOfWork,
    proposal_id: int,
    state: str,
    *,
    agent_id: int,
    reason: str,
    merge_id: int | None = None,
) -> None:
    await work.driver.execute(
        """
        update join_proposals set state = $2, decided_at = $3, decided_by_id = $4,
            decision_reason = $5, merge_id = $6 where id = $1
        """,
        proposal_id,
        state,
        work.now(),
        agent_id,
        reason,
        merge_id,
    )


async def handles_of(work: UnitOfWork, root_id: int) -> list[tuple[Any, ...]]:
    """Everything that makes somebody who they are: identities with their host accounts."""
    rows = await work.driver.fetch(
        """
        select i.id, i.host_account, i.level >= 2 from persons p
        join identities i on i.home_person_id = p.id where p.root_id = $1 order by i.id
        """,
        root_id,
    )
    return [tuple(row) for row in rows]
