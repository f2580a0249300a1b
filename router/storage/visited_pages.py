"""Which pages of a site its visitors came by: the newest few of each session."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from router.storage.unit_of_work import UnitOfWork

MOST_KEPT = 30


class VisitedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that somebody looked at."""

    address: str
    """Without a query."""
    account_id: int
    """The account whose widget stands there."""
    at: datetime


async def note(work: UnitOfWork, session_id: int, address: str) -> bool:
    """The session's newest page is this one; False if it was so before. Old ones are dropped."""
    fresh = await work.driver.fetchval(
        """
        insert into visited_pages (visitor_session_id, address, at)
        select $1, $2, $3 where $2 is distinct from (
            select address from visited_pages where visitor_session_id = $1
            order by id desc limit 1)
        returning id
        """,
        session_id,
        address,
        work.now(),
    )
    if fresh is None:
        return False
    await work.driver.execute(
        """
        delete from visited_pages where id in (
            select id from visited_pages where visitor_session_id = $1
            order by id desc offset $2)
        """,
        session_id,
        MOST_KEPT,
    )
    return True


async def root_of_session(work: UnitOfWork, session: str) -> int | None:
    """In whose conversation this session has spoken."""
    root: int | None = await work.driver.fetchval(
        """
        select p.root_id from identities i join persons p on p.id = i.home_person_id
        where i.handle = $1 and i.realm like 'web:%' limit 1
        """,
        session,
    )
    return root


async def list_of_persons(
    work: UnitOfWork, member_ids: Collection[int], *, limit: int
) -> list[VisitedPage]:
    """Newest first, of all sessions in which these persons spoke."""
    rows = await work.driver.fetch(
        """
        select v.address, s.account_id, v.at
        from identities i
        cross join accounts a
        join visitor_sessions s on s.account_id = a.id and s.session = i.handle
        join visited_pages v on v.visitor_session_id = s.id
        where i.home_person_id = any($1::bigint[]) and i.realm like 'web:%'
        order by v.at desc, v.id desc limit $2
        """,
        list(member_ids),
        limit,
    )
    return [VisitedPage(**row) for row in rows]
