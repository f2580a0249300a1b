"""What becomes of places: another title, another id on the network, closed and open again."""

from router.storage.unit_of_work import UnitOfWork

WINDOW = 200
"""Newest messages of a place among whose authors those are whom its change concerns."""


async def change(
    work: UnitOfWork,
    account_id: int,
    remote_place: str,
    *,
    title: str,
    parent: str | None,
    is_reachable: bool | None,
    reason: str,
) -> int | None:
    """Its id if that changed anything. An empty title, and None, leave what is there."""
    found = await work.driver.fetchval(
        """
        with now as (
            select id, coalesce(nullif($3, ''), title) as title, coalesce($4, parent) as parent,
                coalesce($5, is_reachable) as is_reachable,
                case when $5 is null then unreachable_reason when $5 then '' else $6 end as reason
            from places where account_id = $1 and remote_place = $2 for update
        )
        update places p set title = now.title, parent = now.parent,
            is_reachable = now.is_reachable, unreachable_reason = now.reason
        from now
        where p.id = now.id and (p.title, p.parent, p.is_reachable, p.unreachable_reason)
            is distinct from (now.title, now.parent, now.is_reachable, now.reason)
        returning p.id
        """,
        account_id,
        remote_place,
        title,
        parent,
        is_reachable,
        reason,
    )
    return None if found is None else int(found)


async def close(work: UnitOfWork, place_id: int, reason: str) -> bool:
    """Nothing can be written there any more. Whether that is new."""
    found = await work.driver.fetchval(
        """
        update places set is_reachable = false, unreachable_reason = $2
        where id = $1 and is_reachable returning id
        """,
        place_id,
        reason,
    )
    return found is not None


async def roots_in(work: UnitOfWork, place_id: int) -> list[int]:
    """The conversations of those who wrote there lately."""
    rows = await work.driver.fetch(
        """
        select distinct p.root_id from (
            select person_id from messages where place_id = $1 order by id desc limit $2
        ) m join persons p on p.id = m.person_id order by 1
        """,
        place_id,
        WINDOW,
    )
    return [row["root_id"] for row in rows]
