"""Photos of agents: one of each who has one."""

from collections.abc import Sequence

from router.storage.persons import affected
from router.storage.records import fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork
from router.storage.visitor_stream import Bounds


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


async def of_answers(
    work: UnitOfWork, message_ids: Sequence[int], bounds: Bounds
) -> dict[int, str]:
    """Message -> digest of its author's photo, for what agents said themselves in the bounds and
    a network has taken.
    """
    rows = await fetch(
        work,
        """
        select m.id, a.digest from messages m join agent_photos a on a.agent_id = m.agent_id
        where m.id = any($1::bigint[]) and m.direction = 'out' and m.state = 'shown'
          and m.deleted_at is null and m.context -> 'automatic' is null
          and exists (select from deliveries d where d.message_id = m.id and d.kind = 'send'
              and d.state in ('sent', 'delivered', 'read'))
          and (m.place_id = any($2::bigint[]) or m.id = any($3::bigint[]))
        """,
        list(message_ids),
        bounds.places,
        bounds.echoes,
    )
    return {row["id"]: row["digest"] for row in rows}


async def find_version(work: UnitOfWork, digest: str) -> bytes | None:
    """One agent's or another's: the same picture has one digest. There are as few as agents."""
    row = await fetch_one(
        work, "select content from agent_photos where digest = $1 limit 1", digest
    )
    return None if row is None else bytes(row["content"])
