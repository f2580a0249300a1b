"""Sessions of agents, and the failures to begin one."""

from dataclasses import dataclass
from datetime import datetime

from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    id: int
    device: str
    address: str
    created_at: datetime
    seen_at: datetime


async def insert(
    work: UnitOfWork,
    *,
    agent_id: int,
    token_hash: bytes,
    csrf_token: str,
    device: str,
    address: str,
    expires_at: datetime,
) -> int:
    found: int = await work.driver.fetchval(
        "insert into sessions (agent_id, token_hash, csrf_token, device, address, created_at,"
        " seen_at, expires_at) values ($1, $2, $3, $4, $5, $6, $6, $7) returning id",
        agent_id,
        token_hash,
        csrf_token,
        device,
        address,
        work.now(),
        expires_at,
    )
    return found


async def list_live(work: UnitOfWork, agent_id: int, *, idle_since: datetime) -> list[SessionRow]:
    """Last used first."""
    rows = await work.driver.fetch(
        "select id, device, address, created_at, seen_at from sessions where agent_id = $1"
        " and revoked_at is null and expires_at > $2 and seen_at > $3 order by seen_at desc, id",
        agent_id,
        work.now(),
        idle_since,
    )
    return [SessionRow(**row) for row in rows]


async def revoke(work: UnitOfWork, session_id: int, *, agent_id: int) -> bool:
    """False: it is not theirs, or was over already."""
    found = await work.driver.fetchval(
        "update sessions set revoked_at = $3 where id = $1 and agent_id = $2"
        " and revoked_at is null returning id",
        session_id,
        agent_id,
        work.now(),
    )
    return found is not None


async def revoke_by_hash(work: UnitOfWork, token_hash: bytes) -> None:
    await work.driver.execute(
        "update sessions set revoked_at = $2 where token_hash = $1 and revoked_at is null",
        token_hash,
        work.now(),
    )


async def revoke_all(work: UnitOfWork, agent_id: int, *, but: int | None = None) -> None:
    await work.driver.execute(
        "update sessions set revoked_at = $2 where agent_id = $1 and revoked_at is null"
        " and ($3::bigint is null or id <> $3)",
        agent_id,
        work.now(),
        but,
    )


async def note_failures(work: UnitOfWork, subjects: list[str]) -> list[int]:
    """One row for each subject; their ids."""
    rows = await work.driver.fetch(
        "insert into login_failures (subject, at) select s, $2 from unnest($1::text[]) s"
        " returning id",
        subjects,
        work.now(),
    )
    return [row["id"] for row in rows]


async def count_failures(
    work: UnitOfWork, subjects: list[str], *, since: datetime
) -> dict[str, int]:
    rows = await work.driver.fetch(
        "select subject, count(*) as failures from login_failures"
        " where subject = any($1) and at > $2 group by subject",
        subjects,
        since,
    )
    return {row["subject"]: row["failures"] for row in rows}


async def take_back_failures(work: UnitOfWork, failures: list[int]) -> None:
    await work.driver.execute("delete from login_failures where id = any($1)", failures)


async def forget_failures(work: UnitOfWork, subject: str) -> None:
    await work.driver.execute("delete from login_failures where subject = $1", subject)
