"""Evidence that is taken back: what counts no longer, and what then is proven still."""

from collections.abc import Collection

import msgspec

from router.storage.unit_of_work import UnitOfWork

STANDS = "not exists (select from evidence_withdrawals w where w.evidence_id = e.id)"
"""Of a row `e` of identity_evidence."""


class LinkedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    realm: str
    handle: str
    home_person_id: int


class JoinEdge(msgspec.Struct, frozen=True, kw_only=True):
    """One merge in force. `host_account`: evidence for it made the merge; None: something else."""

    id: int
    loser_id: int
    winner_id: int
    host_account: str | None


async def linked_identities(work: UnitOfWork, host_account: str) -> list[LinkedIdentity]:
    """Everything that is linked to an account, its own identity included."""
    rows = await work.driver.fetch(
        "select id, realm, handle, home_person_id from identities where host_account = $1"
        " order by id",
        host_account,
    )
    return [LinkedIdentity(**row) for row in rows]


async def withdraw(
    work: UnitOfWork,
    identity_ids: Collection[int],
    host_account: str,
    *,
    reason: str,
    actor: str,
) -> int:
    """Take back what links these identities to the account; how many pieces of evidence that were.

    Their levels and host accounts are derived anew from what stands.
    """
    ids = sorted(identity_ids)
    done = await work.driver.fetch(
        f"""
        insert into evidence_withdrawals (evidence_id, reason, actor, at)
        select e.id, $3, $4, $5 from identity_evidence e
        where e.identity_id = any($1::bigint[]) and e.host_account = $2 and {STANDS}
        order by e.id on conflict (evidence_id) do nothing returning id
        """,
        ids,
        host_account,
        reason,
        actor,
        work.now(),
    )
    await derive(work, ids)
    return len(done)


async def derive(work: UnitOfWork, identity_ids: Collection[int]) -> None:
    """Set level and host account of these identities from the evidence that stands.

    A step-up is of a moment and is never cached. The oldest link is the one that counts.
    """
    await work.driver.execute(
        f"""
        update identities i set level = proven.level, host_account = proven.host_account
        from (
            select u.id, least(coalesce(max(e.level), 0), 2) as level,
                   (array_agg(e.host_account order by e.id)
                        filter (where e.host_account is not null))[1] as host_account
            from unnest($1::bigint[]) u(id)
            left join identity_evidence e
                on e.identity_id = u.id and e.kind <> 'step_up' and {STANDS}
            group by u.id
        ) proven
        where i.id = proven.id
        """,
        sorted(identity_ids),
    )


async def edges_of(work: UnitOfWork, root_ids: Collection[int]) -> list[JoinEdge]:
    """The merges in force inside these conversations, oldest first."""
    rows = await work.driver.fetch(
        """
        select g.id, g.loser_id, g.winner_id,
               case when g.ground <> 'agent' then g.proof ->> 'host_account' end as host_account
        from person_merges g join persons p on p.id = g.loser_id
        where g.undone_at is null and p.root_id = any($1::bigint[]) order by g.id
        """,
        sorted(root_ids),
    )
    return [JoinEdge(**row) for row in rows]


async def holders_of(work: UnitOfWork, root_ids: Collection[int]) -> set[tuple[int, str]]:
    """(member, host account) where an identity of this member is linked to the account."""
    rows = await work.driver.fetch(
        """
        select distinct i.home_person_id, i.host_account
        from persons p join identities i on i.home_person_id = p.id
        where p.root_id = any($1::bigint[]) and i.host_account is not null and i.level >= 2
        """,
        sorted(root_ids),
    )
    return {(row["home_person_id"], row["host_account"]) for row in rows}
