"""Who is at a place: from a network's name for it to the conversation, for live signals."""

from dataclasses import dataclass

from router.storage.records import Record, fetch_one
from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The conversation that a place last belonged to."""

    place_id: int
    account_id: int
    remote_place: str
    root_id: int
    display_name: str
    access_class: str
    """Of the case that was last spoken of there."""


_SELECT = """
    select l.id as place_id, l.account_id, l.remote_place, r.id as root_id, r.display_name,
           coalesce(c.access_class, 'normal') as access_class
    from places l
    cross join lateral (
        select person_id, case_id from messages where place_id = l.id order by id desc limit 1
    ) m
    join persons p on p.id = m.person_id
    join persons r on r.id = p.root_id
    left join cases c on c.id = m.case_id
"""


async def find_by_remote(
    work: UnitOfWork, account_id: int, remote_place: str
) -> Whereabouts | None:
    """None: nothing was ever said there, or several people write there and it may be any."""
    return _to_whereabouts(
        await fetch_one(
            work,
            f"""{_SELECT} where l.account_id = $1 and l.remote_place = $2
                and l.kind not in ('group', 'thread', 'forum_post')""",
            account_id,
            remote_place,
        )
    )


async def find_by_place(work: UnitOfWork, place_id: int) -> Whereabouts | None:
    """None: no such place, or nothing was ever said there."""
    return _to_whereabouts(await fetch_one(work, f"{_SELECT} where l.id = $1", place_id))


def _to_whereabouts(row: Record | None) -> Whereabouts | None:
    return None if row is None else Whereabouts(**row)
