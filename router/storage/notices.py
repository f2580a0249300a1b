"""Who wants no notices: told by an identity, heeded by whatever writes without an agent."""

from collections.abc import Collection

from router.storage.unit_of_work import UnitOfWork


async def find_root(work: UnitOfWork, identity_id: int) -> tuple[int, bool] | None:
    """(whose conversation it is now, whether notices were stopped). None: no such identity."""
    row = await work.driver.fetchrow(
        """
        select p.root_id, i.notices_stopped_at is not null as is_stopped
        from identities i join persons p on p.id = i.home_person_id where i.id = $1
        """,
        identity_id,
    )
    return None if row is None else (row["root_id"], row["is_stopped"])


async def set_stopped(work: UnitOfWork, identity_id: int, *, is_stopped: bool) -> bool:
    """False, with nothing written, if it was so before."""
    found = await work.driver.fetchval(
        """
        update identities set notices_stopped_at = case when $2 then $3::timestamptz end
        where id = $1 and (notices_stopped_at is not null) <> $2 returning 1
        """,
        identity_id,
        is_stopped,
        work.now(),
    )
    return found is not None


async def list_waiting(
    work: UnitOfWork, identity_id: int, *, but: Collection[str] = ()
) -> list[int]:
    """Notices to this identity of which something has not gone out, without these lines."""
    rows = await work.driver.fetch(
        """
        select distinct m.id from deliveries d join messages m on m.id = d.message_id
        where d.identity_id = $1 and d.state in ('held', 'queued')
          and m.direction = 'out' and m.agent_id is null
          and coalesce(m.context ->> 'automatic', '') <> all ($2::text[])
        order by 1
        """,
        identity_id,
        sorted(but),
    )
    return [row["id"] for row in rows]
