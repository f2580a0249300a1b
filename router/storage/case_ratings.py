"""What people say of how their cases were answered, and what may be rated in a place."""

from collections.abc import Sequence
from datetime import datetime

from router.storage.records import Record, fetch_one
from router.storage.unit_of_work import UnitOfWork

CHAT_ENDED = "chat_ended"
"""The line of the timeline by which a visitor says that they are done."""
RATING_ASKED = "rating_asked"
"""The line by which an agent asked how it was, before the case is over."""


async def newest_case(
    work: UnitOfWork, places: Sequence[int], classes: Sequence[str]
) -> Record | None:
    """The case that was spoken of last in these places, with its rating if there is one.

    `answer_id`: our last answer in it, `ended_at`: when the visitor said that they were done,
    `asked_at`: when an agent asked for a rating; all None if never. `ended_at` counts only if
    nothing was said since.
    """
    return await fetch_one(
        work,
        """
        select c.id, c.person_id, p.root_id, c.state, c.solved_at, r.rating, r.comment,
            r.rated_at, r.changed_at,
            (select max(m.id) from messages m where m.case_id = c.id and m.direction = 'out'
                and m.place_id = any($1::bigint[]) and m.deleted_at is null) as answer_id,
            (select e.received_at from messages e where e.case_id = c.id and e.id > n.id
                and e.direction = 'event' and e.text = $3 order by e.id desc limit 1) as ended_at,
            (select e.received_at from messages e where e.case_id = c.id
                and e.direction = 'event' and e.text = $4 order by e.id desc limit 1) as asked_at
        from (
            select m.id, m.case_id from messages m where m.place_id = any($1::bigint[])
                and m.direction in ('in', 'out') and m.case_id is not null
            order by m.id desc limit 1
        ) n
        join cases c on c.id = n.case_id
        join persons p on p.id = c.person_id
        left join case_ratings r on r.case_id = c.id
        where c.access_class = any($2::text[])
        """,
        list(places),
        list(classes),
        CHAT_ENDED,
        RATING_ASKED,
    )


async def find_case(work: UnitOfWork, case_id: int, classes: Sequence[str]) -> Record | None:
    """A case with its rating, if there is one; None: there is none of these classes."""
    return await fetch_one(
        work,
        """
        select c.id, c.person_id, p.root_id, c.state, c.solved_at, r.rating, r.comment, r.rated_at
        from cases c join persons p on p.id = c.person_id
        left join case_ratings r on r.case_id = c.id
        where c.id = $1 and c.access_class = any($2::text[])
        """,
        case_id,
        list(classes),
    )


async def put(
    work: UnitOfWork, case_id: int, *, account_id: int, rating: int, comment: str
) -> datetime:
    """The case's one rating is this now. Returns when it was rated first."""
    rated_at: datetime = await work.driver.fetchval(
        """
        insert into case_ratings as r (case_id, account_id, rating, comment, rated_at)
        values ($1, $2, $3, $4, $5)
        on conflict (case_id) do update set rating = excluded.rating, comment = excluded.comment,
            account_id = excluded.account_id, changed_at = excluded.rated_at
        returning r.rated_at
        """,
        case_id,
        account_id,
        rating,
        comment,
        work.now(),
    )
    return rated_at
