"""Which cases the outbox speaks of, behind a follower's position."""

from dataclasses import dataclass

from router.storage import followers
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import OUTBOX, Fact, UnitOfWork

DONE = -1
"""Position of a follower that has nothing left to look at."""
_ABOUT_PERSONS = (Fact.PERSON_CHANGED, Fact.PERSON_MERGED, Fact.PERSON_SPLIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCases:
    until: int
    case_ids: tuple[int, ...]
    is_behind: bool
    has_gap: bool
    """Facts were dropped before they were read."""


async def has_news(work: UnitOfWork, name: str) -> bool:
    """Whether there is anything behind this follower's position. Writes and locks nothing."""
    row = await fetch_one(
        work,
        """
        with f as (select coalesce((select position from followers where name = $1), 0) as position)
        select (select true from outbox o where o.position > f.position limit 1) is not null
            or coalesce((select trimmed from relay_state where name = $2), 0) > f.position as is_so
        from f
        """,
        name,
        OUTBOX,
    )
    return row is not None and bool(row["is_so"])


async def changed_after(work: UnitOfWork, name: str, *, limit: int) -> FollowedCases:
    """Cases that the next facts speak of, and those that wait of people whom they speak of."""
    known = await followers.take(work, name)
    about = ", ".join(f"'{kind}'" for kind in _ABOUT_PERSONS)
    rows = await fetch(
        work,
        f"""
        select o.position, o.kind = '{Fact.CASE_CHANGED}' as is_case,
               o.kind in ({about}) as is_person, o.ref, o.person_id
        from outbox o where o.position > $1 order by o.position limit $2
        """,
        known,
        limit,
    )
    trimmed = await followers.trimmed(work)
    cases = {row["ref"] for row in rows if row["is_case"] and row["ref"] is not None}
    people = {row["person_id"] for row in rows if row["is_person"]} - {None}
    if people:
        cases |= {
            row["id"]
            for row in await fetch(
                work,
                """
                select c.id from persons p join persons m on m.root_id = p.root_id
                join cases c on c.person_id = m.id and c.state = 'open' and c.owner_id is null
                where p.id = any($1::bigint[])
                """,
                sorted(people),
            )
        }
    return FollowedCases(
        until=max(rows[-1]["position"] if rows else known, trimmed),
        case_ids=tuple(sorted(cases)),
        is_behind=len(rows) >= limit,
        has_gap=trimmed > known,
    )
