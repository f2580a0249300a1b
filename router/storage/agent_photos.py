"""Photos of agents: one of each who has one."""

from router.storage.persons import affected
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork


async def put(work: UnitOfWork, agent_id: int, content: bytes, digest: str) -> None:
    """None of who left: they leave before, and that is seen, or after, and it goes with them."""
    await work.driver.execute(
        """
        with who as (select id from agents where id = $1 and is_active for share)
        insert into agent_photos (agent_id, content, digest, at)
        select who.id, $2::bytea, $3::text, $4::timestamptz from who
        on conflict (agent_id) do update
            set content = excluded.content, digest = excluded.digest, at = excluded.at
        """,
        agent_id,
        content,
        digest,
        work.now(),
    )


async def drop(work: UnitOfWork, agent_id: int) -> bool:
    """Whether there was one."""
    status = await work.driver.execute("delete from agent_photos where agent_id = $1", agent_id)
    return affected(status) > 0


async def digests(work: UnitOfWork) -> dict[int, str]:
    """Agent -> digest of their photo."""
    rows = await fetch(work, "select agent_id, digest from agent_photos order by agent_id")
    return {row["agent_id"]: row["digest"] for row in rows}


async def find(work: UnitOfWork, agent_id: int, digest: str) -> bytes | None:
    """None: they have no photo, or another one."""
    row = await fetch_one(
        work,
        "select content from agent_photos where agent_id = $1 and digest = $2",
        agent_id,
        digest,
    )
    return None if row is None else bytes(row["content"])
