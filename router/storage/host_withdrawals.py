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
    is_shared: bool
    ground: str
    """Of a merge that rests on its link."""


async def linked_identities(work: UnitOfWork, host_account: str) -> list[LinkedIdentity]:
    """Everything that is linked to an account, its own identity included."""
    rows = await work.driver.fetch(
        f"""
        select i.id, i.realm, i.handle, i.home_person_id, i.is_shared,
            case when 'link_code' = any(kinds.all_of) then 'link_code'
                 when 'signed_token' = any(kinds.all_of) then 'signed_token'
                 else 'host_verified' end as ground
        from identities i cross join lateral (
            select coalesce(array_agg(e.kind), array[]::text[]) as all_of from identity_evidence e
            where e.identity_id = i.id and e.host_account = i.host_account and {STANDS}
        ) kinds
        where i.host_account = $1 order by i.id
        """,
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

    A step-up is of a moment and is never cached. The oldest link is the one that counts. While a
    link stands, a message adds no lesser evidence; that their channel attested some of what they
    said is in the messages.
    """
    await work.driver.execute(
        f"""
        update identities i set host_account = proven.host_account,
            level = case when proven.level > 0 or (
                    select true from messages m
                    where m.person_id = i.home_person_id and m.identity_id = i.id
                      and m.direction = 'in' and m.level > 0 limit 1
                ) is null then proven.level else 1 end
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
