"""Whose conversations agents watch: a row of anybody in a conversation is a watch of it."""

from collections.abc import Collection

from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


async def roots_of_agent(work: UnitOfWork, agent_id: int, limit: int) -> list[int]:
    """Who stands for the watched ones now, ascending."""
    rows = await fetch(
        work,
        """
        select distinct p.root_id from watches w join persons p on p.id = w.person_id
        where w.agent_id = $1 order by p.root_id limit $2
        """,
        agent_id,
        limit,
    )
    return [row["root_id"] for row in rows]


async def insert_once(work: UnitOfWork, agent_id: int, person_id: int) -> None:
    await work.driver.execute(
        "insert into watches (agent_id, person_id, since) values ($1, $2, $3)"
        " on conflict do nothing",
        agent_id,
        person_id,
        work.now(),
    )


async def remove(work: UnitOfWork, agent_id: int, member_ids: Collection[int]) -> bool:
    """Of everybody in the conversation. Whether there was one."""
    done: str = await work.driver.execute(
        "delete from watches where agent_id = $1 and person_id = any($2::bigint[])",
        agent_id,
        list(member_ids),
    )
    return done != "DELETE 0"
