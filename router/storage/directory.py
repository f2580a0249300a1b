"""Everybody who ever wrote, by when news of them came last."""

from typing import NamedTuple

from core.name_grams import asked
from router.storage import name_entries
from router.storage.profiles import prefix_pattern
from router.storage.records import fetch, plan_for_values
from router.storage.unit_of_work import UnitOfWork


class Rank(NamedTuple):
    """Where somebody stands in the list: earlier ones are further down."""

    last_message_id: int
    root_id: int


NEWEST = Rank(2**63 - 1, 2**63 - 1)


async def before(work: UnitOfWork, rank: Rank, limit: int) -> list[Rank]:
    """Those next below it, of everybody who has said or been told something."""
    rows = await fetch(
        work,
        """
        select last_message_id, id from persons
        where root_id = id and last_message_id > 0 and (last_message_id, id) < ($1, $2)
        order by last_message_id desc, id desc limit $3
        """,
        *rank,
        limit,
    )
    return [Rank(row["last_message_id"], row["id"]) for row in rows]


async def named(work: UnitOfWork, text: str, most: int) -> tuple[list[Rank], bool]:
    """Conversations in which a name, handle or shown address begins so, in any case, or has that
    anywhere: the highest first; and whether one of these four ways has more than `most`, so that
    some were not looked at.
    """
    part, values = name_entries.named(asked(text), 3)
    await plan_for_values(work)
    rows = await fetch(
        work,
        f"""
        with named as (
            (select id as person_id, 1 as what from persons
             where lower(display_name) like $1 limit $2)
            union all
            (select home_person_id, 2 from identities where lower(handle) like $1 limit $2)
            union all
            (select home_person_id, 3 from identities where lower(shown_as) like $1 limit $2)
            union all
            (select person_id, 4 from ({part}) anywhere)
        )
        select r.last_message_id, r.id, (
            select max(n) from (select count(*) as n from named group by what) counted
        ) as most
        from named join persons p on p.id = named.person_id join persons r on r.id = p.root_id
        group by r.id order by r.last_message_id desc, r.id desc
        """,
        prefix_pattern(text),
        most,
        *values,
        most,
    )
    ranks = [Rank(row["last_message_id"], row["id"]) for row in rows]
    return ranks, bool(rows) and rows[0]["most"] >= most
