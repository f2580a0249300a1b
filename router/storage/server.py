"""What kind of PostgreSQL answers, and what of ours is in it: for `doctor`."""

from dataclasses import dataclass
from datetime import datetime

from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    version: int
    """As in server_version_num: 150004."""
    encoding: str
    now: datetime
    may_create: bool
    """Whether our role may make tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    name: str
    """The row that it is bound to, such as `accounts/7`."""
    sealed: bytes


async def server_facts(work: UnitOfWork) -> ServerFacts:
    row = await work.driver.fetchrow(
        "select current_setting('server_version_num')::int as version,"
        " pg_encoding_to_char(encoding) as encoding, clock_timestamp() as now,"
        " has_schema_privilege('public', 'create') as may_create"
        " from pg_database where datname = current_database()"
    )
    return ServerFacts(**row)


async def sealed_rows(work: UnitOfWork) -> list[SealedRow]:
    """Everything that was sealed with the secret key."""
    rows = await work.driver.fetch(
        "select 'accounts/' || id as name, sealed_secrets as sealed from accounts"
        " where sealed_secrets is not null and state <> 'removed'"
        " union all select 'agents/' || id, sealed_totp from agents where sealed_totp is not null"
    )
    return [SealedRow(name=row["name"], sealed=bytes(row["sealed"])) for row in rows]
