"""What the outbox tells of the host's accounts."""

import msgspec

from router.storage.records import fetch
from router.storage.unit_of_work import Fact, UnitOfWork

TOLD = (Fact.PERSON_CHANGED, Fact.PERSON_MERGED, Fact.PERSON_SPLIT, Fact.CASE_CHANGED)


class HostEventRow(msgspec.Struct, frozen=True, kw_only=True):
    position: int
    kind: str
    root_id: int
    """Who stands for the person now."""
    ref: int
    accounts: tuple[str, ...]
    """Of the conversation as it is now."""
    case_state: str | None
    case_account: str | None
    other_root_id: int | None
    """Of a merge or a split: the other side as it stands now."""


async def told_after(work: UnitOfWork, position: int, *, until: int) -> list[HostEventRow]:
    """What concerns people who hold a host account, of the entries after one and up to another."""
    rows = await fetch(
        work,
        """
        select o.position, o.kind, p.root_id, o.ref, held.accounts,
               c.state as case_state, c.host_account as case_account,
               case when l.root_id = p.root_id then w.root_id else l.root_id end as other_root_id
        from outbox o
        join persons p on p.id = o.person_id
        left join cases c on o.kind = 'case.changed' and c.id = o.ref
        left join person_merges g on o.kind in ('person.merged', 'person.split') and g.id = o.ref
        left join persons l on l.id = g.loser_id
        left join persons w on w.id = g.winner_id
        cross join lateral (
            select array_agg(distinct i.host_account order by i.host_account) as accounts
            from persons m join identities i on i.home_person_id = m.id
            where m.root_id in (p.root_id, l.root_id, w.root_id) and i.host_account is not null
        ) held
        where o.position > $1 and o.position <= $2 and o.kind = any($3::text[])
          and held.accounts is not null
        order by o.position
        """,
        position,
        until,
        [fact.value for fact in TOLD],
    )
    return [HostEventRow(**{**row, "accounts": tuple(row["accounts"])}) for row in map(dict, rows)]
