"""What is said in one place by everybody, as far as somebody may see it."""

from collections.abc import Sequence

from router.storage.records import Record, fetch, fetch_one
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

# What is of no case is of no class, and seen by whoever sees everything.
_SEEN = """
    m.direction in ('in', 'out')
    and exists (select from cases k where k.id = m.case_id and k.access_class = any($4::text[]))
"""


async def find_shared(work: UnitOfWork, place_id: int) -> Record | None:
    """A place where others read along. None: there is none of this id."""
    return await fetch_one(
        work,
        """
        select l.id as place_id, l.kind as place_kind, l.title as place_title,
            (select up.title from places up
             where up.account_id = l.account_id and up.remote_place = l.parent)
                as place_parent_title,
            l.is_reachable, l.unreachable_reason, a.id as account_id, a.channel
        from places l join accounts a on a.id = l.account_id
        where l.id = $1 and l.kind in ('group', 'thread', 'forum_post')
        """,
        place_id,
    )


async def ids_before(
    work: UnitOfWork, place_id: int, before: int, limit: int, sight: Sight
) -> list[int]:
    """The newest seen messages of the place below an id, newest first."""
    rows = await fetch(
        work,
        f"""
        select m.id from messages m where m.place_id = $1 and m.id < $2 and {_SEEN}
        order by m.id desc limit $3
        """,
        place_id,
        before,
        limit,
        sight.listed,
    )
    return [row["id"] for row in rows]


async def ids_after(
    work: UnitOfWork, place_id: int, after: int, limit: int, sight: Sight
) -> list[int]:
    """The oldest seen messages of the place above an id, oldest first."""
    rows = await fetch(
        work,
        f"""
        select m.id from messages m where m.place_id = $1 and m.id > $2 and {_SEEN}
        order by m.id limit $3
        """,
        place_id,
        after,
        limit,
        sight.listed,
    )
    return [row["id"] for row in rows]


async def names_of(work: UnitOfWork, root_ids: Sequence[int]) -> dict[int, str]:
    rows = await fetch(
        work, "select id, display_name from persons where id = any($1::bigint[])", list(root_ids)
    )
    return {row["id"]: row["display_name"] for row in rows}
