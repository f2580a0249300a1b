"""The rows of the audit log's chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from router.storage.sight import FULL_SIGHT, Sight
from router.storage.unit_of_work import UnitOfWork

LOCK = 0x61756469
"""Of pg_advisory_xact_lock: one writer at the end of the chain."""

Fact = str | int | bool | None | Sequence[str] | Sequence[int]
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: Facts
    previous_hash: bytes
    hash: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: empty and None leave all of them in."""

    actor: str = ""
    action: str = ""
    """One, or the first word of several: `account` is also `account.paused`."""
    subject: str = ""
    """One, or what several are: `accounts` is also `accounts/7`."""
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Wanted()


async def lock_chain(work: UnitOfWork) -> bytes | None:
    """The last hash; nobody else adds to the chain until this transaction ends. None: no rows."""
    await work.driver.execute("select pg_advisory_xact_lock($1)", LOCK)
    found = await work.driver.fetchval("select hash from audit_log order by id desc limit 1")
    return None if found is None else bytes(found)


async def insert(
    work: UnitOfWork,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    facts: str,
    previous_hash: bytes,
    hash: bytes,
    version: int,
) -> None:
    """`facts` is JSON. Needs `lock_chain` before it."""
    await work.driver.execute(
        "insert into audit_log (at, actor, action, subject, facts, previous_hash, hash, version)"
        " values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)",
        at,
        actor,
        action,
        subject,
        facts,
        previous_hash,
        hash,
        version,
    )


async def list_before(
    work: UnitOfWork,
    before: int | None,
    limit: int,
    wanted: Wanted = EVERYTHING,
    *,
    sight: Sight = FULL_SIGHT,
) -> list[AuditRow]:
    """Newest first; without those on cases that the sight does not reach now."""
    return await _rows(
        work,
        """
        where ($1::bigint is null or id < $1) and ($3 = '' or actor = $3)
          and ($4 = '' or action = $4 or starts_with(action, $4 || '.'))
          and ($5 = '' or subject = $5 or starts_with(subject, $5 || '/'))
          and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
          and ($8 or case when subject ~ '^cases/[0-9]{1,18}$' then (
              select c.access_class = any($9::text[]) from cases c
              where c.id = split_part(audit_log.subject, '/', 2)::bigint) is not false
              else true end)
        order by id desc limit $2
        """,
        before,
        limit,
        wanted.actor,
        wanted.action,
        wanted.subject,
        wanted.since,
        wanted.until,
        sight.is_full,
        sight.listed,
    )


async def list_after(work: UnitOfWork, after: int, limit: int) -> list[AuditRow]:
    """Oldest first."""
    return await _rows(work, "where id > $1 order by id limit $2", after, limit)


async def _rows(work: UnitOfWork, rest: str, *values: object) -> list[AuditRow]:
    rows = await work.driver.fetch(
        "select id, at, actor, action, subject, facts, previous_hash, hash, version"
        f" from audit_log {rest}",
        *values,
    )
    return [
        AuditRow(
            id=row["id"],
            at=row["at"],
            actor=row["actor"],
            action=row["action"],
            subject=row["subject"],
            facts=row["facts"],
            previous_hash=bytes(row["previous_hash"]),
            hash=bytes(row["hash"]),
            version=row["version"],
        )
        for row in rows
    ]
