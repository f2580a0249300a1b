"""Leases: who may run what, judged by the database's clock alone, with a number that rises.

The number (the fence) goes into every write of the owner, so a late owner's writes fail.
"""

from datetime import timedelta

from router.storage.unit_of_work import UnitOfWork

TTL = timedelta(seconds=15)
RENEW_EVERY = timedelta(seconds=5)


async def take(work: UnitOfWork, name: str, owner: str, *, ttl: timedelta = TTL) -> int | None:
    """The fence if the lease was free, expired, or already ours (then unchanged); else None."""
    fence = await work.driver.fetchval(
        """
        insert into leases as l (name, owner, fence, expires_at)
        values ($1, $2, 1, clock_timestamp() + $3)
        on conflict (name) do update set
            owner = excluded.owner,
            fence = case when l.owner = excluded.owner and l.expires_at >= clock_timestamp()
                         then l.fence else l.fence + 1 end,
            expires_at = excluded.expires_at
        where l.expires_at < clock_timestamp() or l.owner = excluded.owner
        returning fence
        """,
        name,
        owner,
        ttl,
    )
    return None if fence is None else int(fence)


async def renew(
    work: UnitOfWork, held: dict[str, int], owner: str, *, ttl: timedelta = TTL
) -> set[str]:
    """Prolong what is still ours; the names that are not any more.

    One that expired and that nobody took is ours: whoever takes it raises the fence.
    """
    if not held:
        return set()
    rows = await work.driver.fetch(
        """
        update leases l set expires_at = clock_timestamp() + $4
        from unnest($1::text[], $2::bigint[]) u(name, fence)
        where l.name = u.name and l.fence = u.fence and l.owner = $3
        returning l.name
        """,
        list(held),
        list(held.values()),
        owner,
        ttl,
    )
    return set(held) - {row["name"] for row in rows}


async def owners(work: UnitOfWork, names: list[str]) -> list[str]:
    """Who holds any of these now."""
    rows = await work.driver.fetch(
        """
        select distinct owner from leases
        where name = any($1::text[]) and expires_at >= clock_timestamp()
        """,
        names,
    )
    return [row["owner"] for row in rows]


async def end_of(work: UnitOfWork, gone: list[str]) -> None:
    """These owners have ended without giving anything back: others need not wait any longer."""
    await work.driver.execute(
        """
        update leases set expires_at = '-infinity'
        where owner = any($1::text[]) and expires_at >= clock_timestamp()
        """,
        gone,
    )


async def give_back(work: UnitOfWork, held: dict[str, int], owner: str) -> None:
    """Let another take it at once: a tidy stop."""
    await work.driver.execute(
        """
        update leases l set expires_at = '-infinity'
        from unnest($1::text[], $2::bigint[]) u(name, fence)
        where l.name = u.name and l.fence = u.fence and l.owner = $3
        """,
        list(held),
        list(held.values()),
        owner,
    )


async def fences(work: UnitOfWork, names: list[str]) -> dict[str, int]:
    """The newest fence of each lease that was ever taken."""
    rows = await work.driver.fetch(
        "select name, fence from leases where name = any($1::text[])", names
    )
    return {row["name"]: row["fence"] for row in rows}


def account_lease(account_id: int) -> str:
    return f"account/{account_id}"


OUTBOX_LEASE = "outbox"
JANITOR_LEASE = "janitor"
CONTINUATION_LEASE = "continuation"
SUGGESTION_LEASE = "suggestions"
SEARCH_LEASE = "search"
BULK_LEASE = "bulk"
ANSWER_LEASE = "answers"
RECORDER_LEASE = "recorder"
LADDER_LEASE = "ladder"
DEADLINE_LEASE = "deadlines"
ASSIGNMENT_LEASE = "assignment"
AUTOMATION_LEASE = "automation"
TRIAGE_LEASE = "triage"
WEBHOOK_LEASE = "webhooks"
