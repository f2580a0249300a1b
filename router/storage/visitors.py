"""Visitors' sessions and the single use of what proves who they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from core.connector import Attestation, Visitor
from router.storage.unit_of_work import UnitOfWork

PRESENCE_TTL = timedelta(seconds=90)
"""A process that died without a word makes its visitors absent after this long."""

_COLUMNS = "id, account_id, session, name, language, attestation, host_account, expires_at"


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is alive."""

    id: int
    account_id: int
    visitor: Visitor
    expires_at: datetime

    @property
    def host_account(self) -> str | None:
        return self.visitor.attestation.host_account if self.visitor.attestation else None


async def find_session(work: UnitOfWork, account_id: int, token_hash: bytes) -> SessionRow | None:
    """None: unknown, ended, expired, or of another account."""
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from visitor_sessions"
        " where token_hash = $1 and account_id = $2 and ended_at is null and expires_at > $3",
        token_hash,
        account_id,
        work.now(),
    )
    return None if row is None else _to_row(row)


async def hold_vouching(work: UnitOfWork, row: SessionRow) -> bool:
    """Whether this session may vouch for its account now, and until the commit.

    Not one that is over (another node may not know yet), nor one that several people use.
    """
    found = await work.driver.fetchval(
        """
        select not coalesce((
            select i.is_shared from places l
            join messages m on m.place_id = l.id and m.direction = 'in'
            join identities i on i.id = m.identity_id
            where l.account_id = v.account_id and l.remote_place = v.session
            order by m.id desc limit 1), false)
        from visitor_sessions v
        where v.id = $1 and v.ended_at is null and v.expires_at > $2 for share of v
        """,
        row.id,
        work.now(),
    )
    return bool(found)


async def lock_session(work: UnitOfWork, account_id: int, token_hash: bytes) -> SessionRow | None:
    """Like `find_session`; nobody else changes it until the unit of work ends."""
    row = await work.driver.fetchrow(
        f"select {_COLUMNS} from visitor_sessions"
        " where token_hash = $1 and account_id = $2 and ended_at is null and expires_at > $3"
        " for update",
        token_hash,
        account_id,
        work.now(),
    )
    return None if row is None else _to_row(row)


async def insert_session(
    work: UnitOfWork,
    account_id: int,
    visitor: Visitor,
    *,
    token_hash: bytes,
    expires_at: datetime,
) -> None:
    """A new session, absent until a stream of it opens."""
    await work.driver.execute(
        "insert into visitor_sessions (account_id, session, token_hash, name, language,"
        " host_account, attestation, created_at, seen_at, left_at, expires_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)",
        account_id,
        visitor.session,
        token_hash,
        visitor.name,
        visitor.language,
        visitor.attestation.host_account if visitor.attestation else None,
        _encoded(visitor.attestation),
        work.now(),
        expires_at,
    )


async def keep_direct_session(
    work: UnitOfWork,
    account_id: int,
    visitor: Visitor,
    *,
    token_hash: bytes,
    expires_at: datetime,
) -> None:
    """The one session of a host account whose site writes for it; made at the first time."""
    await work.driver.execute(
        "insert into visitor_sessions (account_id, session, token_hash, name, language,"
        " host_account, attestation, created_at, seen_at, left_at, expires_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)"
        " on conflict (account_id, session) do update set name = excluded.name,"
        " language = excluded.language, attestation = excluded.attestation,"
        " expires_at = excluded.expires_at, ended_at = null",
        account_id,
        visitor.session,
        token_hash,
        visitor.name,
        visitor.language,
        visitor.attestation.host_account if visitor.attestation else None,
        _encoded(visitor.attestation),
        work.now(),
        expires_at,
    )


async def renew_session(
    work: UnitOfWork,
    row: SessionRow,
    visitor: Visitor,
    *,
    expires_at: datetime,
    token_hash: bytes | None = None,
) -> None:
    """What is known of the visitor now. With a hash, the old token is worthless from now on."""
    await work.driver.execute(
        "update visitor_sessions set name = $2, language = $3, host_account = $4,"
        " attestation = $5, expires_at = $6, token_hash = coalesce($7, token_hash) where id = $1",
        row.id,
        visitor.name,
        visitor.language,
        visitor.attestation.host_account if visitor.attestation else None,
        _encoded(visitor.attestation),
        expires_at,
        token_hash,
    )


async def end_session(work: UnitOfWork, session_id: int) -> None:
    await work.driver.execute(
        "update visitor_sessions set ended_at = $2, left_at = $2 where id = $1",
        session_id,
        work.now(),
    )


async def end_sessions_of(
    work: UnitOfWork, host_account: str, sessions: Sequence[str] | None
) -> list[tuple[SessionRow, bytes]]:
    """End those that are signed in as this account; None: all. With the hashes of their tokens."""
    rows = await work.driver.fetch(
        "update visitor_sessions set ended_at = $2, left_at = $2"
        " where host_account = $1 and ended_at is null"
        " and ($3::text[] is null or session = any($3::text[]))"
        f" returning {_COLUMNS}, token_hash",
        host_account,
        work.now(),
        sessions,
    )
    return [(_to_row(row), row["token_hash"]) for row in rows]


async def spend_token(work: UnitOfWork, scope: str, token_id: str, expires_at: datetime) -> bool:
    """False: it was spent before."""
    spent = await work.driver.fetchval(
        "insert into spent_tokens (scope, token_id, expires_at) values ($1, $2, $3)"
        " on conflict do nothing returning true",
        scope,
        token_id,
        expires_at,
    )
    return spent is not None


async def hosts_of_sessions(
    work: UnitOfWork, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    """The host accounts to which these (account, session) are bound; others are left out."""
    rows = await work.driver.fetch(
        "select v.account_id, v.session, v.host_account"
        " from unnest($1::bigint[], $2::text[]) u(account, session)"
        " join visitor_sessions v on v.account_id = u.account and v.session = u.session"
        " where v.host_account is not null",
        [key[0] for key in keys],
        [key[1] for key in keys],
    )
    return {(row["account_id"], row["session"]): row["host_account"] for row in rows}


async def note_seen(work: UnitOfWork, keys: Sequence[tuple[int, str]]) -> None:
    """These (account, session) have a stream open now."""
    ordered = sorted(keys)
    await work.driver.execute(
        "update visitor_sessions v set seen_at = $3, left_at = null"
        " from unnest($1::bigint[], $2::text[]) u(account, session)"
        " where v.account_id = u.account and v.session = u.session",
        [key[0] for key in ordered],
        [key[1] for key in ordered],
        work.now(),
    )


async def note_left(work: UnitOfWork, keys: Sequence[tuple[int, str]]) -> None:
    """The last streams of these (account, session) here have closed."""
    ordered = sorted(keys)
    await work.driver.execute(
        "update visitor_sessions v set left_at = $3"
        " from unnest($1::bigint[], $2::text[]) u(account, session)"
        " where v.account_id = u.account and v.session = u.session",
        [key[0] for key in ordered],
        [key[1] for key in ordered],
        work.now(),
    )


async def list_online(work: UnitOfWork, keys: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these (account, remote place) have somebody in front of them right now."""
    rows = await work.driver.fetch(
        "select v.account_id, v.session from unnest($1::bigint[], $2::text[]) u(account, session)"
        " join visitor_sessions v on v.account_id = u.account and v.session = u.session"
        " where v.ended_at is null and v.left_at is null and v.seen_at > $3",
        [key[0] for key in keys],
        [key[1] for key in keys],
        work.now() - PRESENCE_TTL,
    )
    return {(row["account_id"], row["session"]) for row in rows}


def _encoded(attestation: Attestation | None) -> str | None:
    return None if attestation is None else msgspec.json.encode(attestation).decode()


def _decoded(attestation: Any) -> Attestation | None:
    return None if attestation is None else msgspec.convert(attestation, Attestation)


def _to_row(row: asyncpg.Record) -> SessionRow:
    attestation = row["attestation"]
    return SessionRow(
        id=row["id"],
        account_id=row["account_id"],
        visitor=Visitor(
            session=row["session"],
            name=row["name"],
            language=row["language"],
            attestation=_decoded(attestation),
        ),
        expires_at=row["expires_at"],
    )
