"""The state of the whole desk in a few numbers: for readiness and for metrics."""

from dataclasses import dataclass

from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    deliveries: tuple[tuple[int, str, int], ...]
    """(account, state, count) of what waits or is in trouble; never of what is done."""
    oldest_queued_seconds: tuple[tuple[int, float], ...]
    accounts: tuple[tuple[int, bool], ...]
    """(account, is it paused)"""
    quarantined: int
    unnumbered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedAccount:
    id: int
    channel: str
    label: str
    reason: str
    code: str


async def desk_state(work: UnitOfWork) -> DeskState:
    """Counts by the partial indexes of open rows only: cheap however much history there is."""
    driver = work.driver
    deliveries = await driver.fetch(
        "select account_id, state, count(*) as count from deliveries"
        " where state in ('held', 'queued', 'sending') group by 1, 2"
        " union all select account_id, state, count(*) from deliveries"
        " where state in ('failed', 'unknown') group by 1, 2"
    )
    oldest = await driver.fetch(
        "select account_id, extract(epoch from $1 - min(queued_at))::float8 as seconds"
        " from deliveries where state in ('held', 'queued', 'sending')"
        " and state = 'queued' and due_at <= $1 group by 1",
        work.now(),
    )
    accounts = await driver.fetch(
        "select id, state = 'paused' as is_paused from accounts where state <> 'removed'"
    )
    return DeskState(
        deliveries=tuple((row["account_id"], row["state"], row["count"]) for row in deliveries),
        oldest_queued_seconds=tuple((row["account_id"], row["seconds"]) for row in oldest),
        accounts=tuple((row["id"], row["is_paused"]) for row in accounts),
        quarantined=await driver.fetchval(
            "select count(*) from quarantine where state = 'waiting'"
        ),
        unnumbered=await driver.fetchval("select count(*) from outbox where position is null"),
    )


async def schema_revision(work: UnitOfWork) -> str | None:
    """As the database has it. None: it was never migrated."""
    if await work.driver.fetchval("select to_regclass('alembic_version')") is None:
        return None
    found: str | None = await work.driver.fetchval("select version_num from alembic_version")
    return found


async def paused_accounts(work: UnitOfWork) -> list[PausedAccount]:
    rows = await work.driver.fetch(
        "select id, channel, label, paused_reason as reason, paused_code as code"
        " from accounts where state = 'paused' order by id"
    )
    return [PausedAccount(**row) for row in rows]
