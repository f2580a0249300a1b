"""What agents promised people until when, each beside the line that says so."""

from collections.abc import Collection
from datetime import datetime

from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


async def promises_of(work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
    return await fetch(
        work,
        """
        select m.case_id, p.id, p.made_at, p.due_at, p.ended_at, p.ending, p.words, p.agent_id,
            p.message_id, a.name as agent_name
        from messages m join promises p on p.message_id = m.id
        left join agents a on a.id = p.agent_id
        where m.case_id = any($1::bigint[]) and m.direction = 'event' order by p.id
        """,
        sorted(case_ids),
    )


async def insert_promise(
    work: UnitOfWork, *, message_id: int, agent_id: int, words: str, due_at: datetime
) -> int:
    return int(
        await work.driver.fetchval(
            "insert into promises (message_id, agent_id, words, due_at, made_at)"
            " values ($1, $2, $3, $4, $5) returning id",
            message_id,
            agent_id,
            words,
            due_at,
            work.now(),
        )
    )


async def find_promise(work: UnitOfWork, promise_id: int) -> Record | None:
    """With the case and conversation in which it stands now."""
    return await fetch_one(
        work,
        """
        select p.id, p.ending, p.words, m.case_id, m.person_id, c.access_class
        from promises p join messages m on m.id = p.message_id join cases c on c.id = m.case_id
        where p.id = $1
        """,
        promise_id,
    )


async def end_promise(work: UnitOfWork, promise_id: int, ending: str, agent_id: int) -> None:
    await work.driver.execute(
        "update promises set ended_at = $2, ending = $3, ended_by_id = $4 where id = $1",
        promise_id,
        work.now(),
        ending,
        agent_id,
    )
