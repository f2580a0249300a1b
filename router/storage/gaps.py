"""Gaps: spans of time of which the network could tell us nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from router.storage.unit_of_work import UnitOfWork

WINDOW = 200
"""Newest messages of a place among whose authors those are whom a gap concerns."""
MOST = 2_000
"""Conversations that one gap is written into, the newest: beyond them ops alone sees it."""


class NewGap(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    place_id: int | None
    """None: on the whole account."""
    event_key: str
    since: datetime | None
    until: datetime
    reason: str


class GapRow(NewGap, frozen=True, kw_only=True):
    id: int
    noted_at: datetime
    place_title: str | None


_COLUMNS = "id, account_id, place_id, event_key, since, until, reason, noted_at"


async def insert_once(work: UnitOfWork, fresh: NewGap) -> int | None:
    """The new gap's id; None, with nothing written, if its event came before."""
    found = await work.driver.fetchval(
        """
        insert into history_gaps (account_id, place_id, event_key, since, until, reason, noted_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (account_id, event_key) do nothing returning id
        """,
        *(getattr(fresh, name) for name in NewGap.__struct_fields__),
        work.now(),
    )
    return None if found is None else int(found)


async def list_gaps(work: UnitOfWork, *, before: int, limit: int) -> list[GapRow]:
    """Of all accounts, newest first, below an id."""
    rows = await work.driver.fetch(
        f"""
        select {_COLUMNS}, (select title from places l where l.id = place_id) as place_title
        from history_gaps where id < $1 order by id desc limit $2
        """,
        before,
        limit,
    )
    return [GapRow(**row) for row in rows]


async def concerned(
    work: UnitOfWork, account_id: int, place_id: int | None, *, active_since: datetime
) -> dict[int, tuple[int, int]]:
    """Root -> (who of it wrote last, where) of the conversations that a gap may have cut.

    Of a place: of all whose messages are among its newest. Of an account: of those who wrote by
    it since then.
    """
    rows = await work.driver.fetch(
        """
        with heard as (
            select distinct on (p.root_id) p.root_id, m.person_id, l.id as place_id, m.id
            from places l
            cross join lateral (
                select id, person_id, direction, received_at from messages
                where place_id = l.id order by id desc limit $4
            ) m
            join persons p on p.id = m.person_id
            where l.account_id = $1 and ($2::bigint is null or l.id = $2)
              and m.direction = 'in' and ($2::bigint is not null or m.received_at >= $3)
            order by p.root_id, m.id desc
        )
        select root_id, person_id, place_id from heard order by id desc limit $5
        """,
        account_id,
        place_id,
        active_since,
        WINDOW,
        MOST,
    )
    return {row["root_id"]: (row["person_id"], row["place_id"]) for row in rows}


async def insert_lines(
    work: UnitOfWork,
    account_id: int,
    lines: Sequence[tuple[int, int]],
    *,
    event: str,
    facts: Mapping[str, object],
) -> list[tuple[int, int]]:
    """An event line for each (person, place), of no case; (message, root) of each.

    They move no pointer: nobody spoke. Under the locks of these conversations.
    """
    rows = await work.driver.fetch(
        """
        with line as (
            insert into messages (person_id, place_id, account_id, direction, text, context,
                received_at)
            select person, place, $3, 'event', $4, $5::jsonb, $6
            from unnest($1::bigint[], $2::bigint[]) u(person, place) order by person
            returning id, person_id
        )
        select line.id, p.root_id from line join persons p on p.id = line.person_id order by 1
        """,
        [person for person, _ in lines],
        [place for _, place in lines],
        account_id,
        event,
        msgspec.json.encode({"event": event, **facts}).decode(),
        work.now(),
    )
    return [(row["id"], row["root_id"]) for row in rows]


def active_before(since: datetime, days: int) -> datetime:
    """So many days before; as far back as the calendar goes."""
    try:
        return since - timedelta(days=days)
    except OverflowError:
        return since
