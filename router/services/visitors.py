"""Visitors' sessions: who may come, as whom, and for how long.

A session is one stream of one visitor at one account. It is known by a random token; whoever
brings a signed token as well is bound to the host account that it names. One session is never
bound to two host accounts.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from core.connector import Attestation, InboundSink, LocalConnector, Visitor
from core.errors import AttestationRefused
from core.ids import digest, hash_token, new_token
from core.messages import AnyInboundEvent, scrub
from router.services.errors import Forbidden, ServiceError
from router.services.refused import note_refusal
from router.storage import host_accounts, visitors
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.visitors import SessionRow

ANONYMOUS_LIFE = timedelta(days=90)
"""Counted from the last time that the session was opened."""
SIGNED_LIFE = timedelta(hours=24)
"""The host's page brings a fresh signed token at every visit."""
SPENT_MARGIN = timedelta(minutes=5)
"""A spent token is remembered for as long as any clock might still take it for fresh."""
LONGEST_NAME = 200

log = structlog.get_logger(__name__)


class LocalSink(InboundSink, Protocol):
    async def store(self, events: Sequence[AnyInboundEvent]) -> list[int | None]:
        """Like `accept`; for each event the id of its message, a duplicate's included."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccount:
    """A running account whose network is the router itself."""

    account_id: int
    connector: LocalConnector
    sink: LocalSink


class Unproven(ServiceError):
    """The token that should prove who comes does not: 401. Why not is in the log only."""

    code = "unproven"

    def __init__(self, sentence: str, *, code: str, reason: str) -> None:
        super().__init__(sentence, code=code)
        self.reason = reason
        """By which it is counted; the bearer is not told."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is alive, and the token that it is known by from now on."""

    token: str
    row: SessionRow
    replaced: SessionRow | None = None
    """The session as it was, if its token is worthless now: rotated, or the session ended."""


async def attest(database: Database, account: LocalAccount, token: str) -> Attestation:
    """Raises Unproven. That the token is used once only is `open_session`'s to see to."""
    try:
        await account.connector.fetch_keys(token)
        return account.connector.attest(token)
    except AttestationRefused as error:
        log.info("visitor.refused", account=account.account_id, detail=error.detail)
        await _note_refusal(database, account, error.reason)
        raise _not_accepted(error.reason) from error


def _not_accepted(reason: str) -> Unproven:
    sentence = "The token was not accepted."
    return Unproven(sentence, code="attestation_refused", reason=reason)


async def _note_refusal(database: Database, account: LocalAccount, reason: str) -> None:
    subject = f"accounts/{account.account_id}"
    await note_refusal(database, what="attestation", reason=reason, subject=subject)


async def open_session(
    database: Database,
    account: LocalAccount,
    *,
    token: str | None,
    attestation: Attestation | None,
    name: str = "",
    language: str | None = None,
) -> Opened:
    """Resume the session of `token`, bind it to the attested host account, or make a new one.

    Signing in rotates the token; somebody else's signing in ends the session and makes another.
    Raises Unproven for an attestation that was used before or whose account is closed, Forbidden
    if one is required.
    """
    try:
        return await _open_session(database, account, token, attestation, name, language)
    except Unproven as error:
        await _note_refusal(database, account, error.reason)
        raise


async def _open_session(
    database: Database,
    account: LocalAccount,
    token: str | None,
    attestation: Attestation | None,
    name: str,
    language: str | None,
) -> Opened:
    async with database.transaction() as work:
        current = None
        if token is not None:
            current = await visitors.lock_session(work, account.account_id, hash_token(token))
        if attestation is not None:
            return await _sign_in(work, account, token, current, attestation, name, language)
        if account.connector.requires_attestation and (
            current is None or current.visitor.attestation is None
        ):
            raise Forbidden("Sign in first.", code="attestation_required")
        if current is None or token is None:
            visitor = Visitor(session=_new_session(), name=_clean(name), language=language)
            return await _begin(work, account, visitor)
        visitor = msgspec.structs.replace(
            current.visitor,
            name=_clean(name) or current.visitor.name,
            language=language or current.visitor.language,
        )
        return await _renew(work, current, visitor, token)


async def _sign_in(
    work: UnitOfWork,
    account: LocalAccount,
    token: str | None,
    current: SessionRow | None,
    attestation: Attestation,
    name: str,
    language: str | None,
) -> Opened:
    mine = current is not None and current.host_account == attestation.host_account
    was_this_one = (
        mine
        and current is not None
        and current.visitor.attestation is not None
        and current.visitor.attestation.token_id == attestation.token_id
    )
    # The page was loaded again with the token that made this very session: nothing is replayed.
    if not was_this_one:
        await _spend(work, account, attestation)
    if (
        current is None
        or token is None
        or current.host_account
        not in (
            None,
            attestation.host_account,
        )
    ):
        if current is not None:
            await visitors.end_session(work, current.id)
        visitor = Visitor(
            session=_new_session(),
            name=attestation.name,
            language=attestation.language or language,
            attestation=attestation,
        )
        opened = await _begin(work, account, visitor)
        return msgspec.structs.replace(opened, replaced=current)
    visitor = msgspec.structs.replace(
        current.visitor,
        name=attestation.name or _clean(name),
        language=attestation.language or language or current.visitor.language,
        attestation=attestation,
    )
    return await _renew(work, current, visitor, token, rotates=not mine)


async def _begin(work: UnitOfWork, account: LocalAccount, visitor: Visitor) -> Opened:
    token = new_token()
    expires_at = work.now() + _life(visitor)
    await visitors.insert_session(
        work, account.account_id, visitor, token_hash=hash_token(token), expires_at=expires_at
    )
    row = await visitors.find_session(work, account.account_id, hash_token(token))
    assert row is not None
    return Opened(token=token, row=row)


async def _renew(
    work: UnitOfWork, current: SessionRow, visitor: Visitor, token: str, *, rotates: bool = False
) -> Opened:
    new = new_token() if rotates else token
    expires_at = work.now() + _life(visitor)
    await visitors.renew_session(
        work,
        current,
        visitor,
        expires_at=expires_at,
        token_hash=hash_token(new) if rotates else None,
    )
    row = SessionRow(
        id=current.id, account_id=current.account_id, visitor=visitor, expires_at=expires_at
    )
    return Opened(token=new, row=row, replaced=current if rotates else None)


async def find_session(database: Database, account_id: int, token: str) -> SessionRow | None:
    """None: unknown, ended, expired, or of another account."""
    async with database.reading_once() as work:
        return await visitors.find_session(work, account_id, hash_token(token))


async def end_session(database: Database, account_id: int, token: str) -> SessionRow | None:
    """Log out: the token is worthless from now on. What was said stays in the conversation."""
    async with database.transaction() as work:
        row = await visitors.lock_session(work, account_id, hash_token(token))
        if row is not None:
            await visitors.end_session(work, row.id)
        return row


async def open_direct_session(
    database: Database, account: LocalAccount, attestation: Attestation
) -> SessionRow:
    """For the host's own server that writes for somebody signed in there, one token a message.

    Each host account has one such session, so a message that is posted again with a fresh token
    is still the same message. Raises Unproven for a token that was used before.
    """
    visitor = Visitor(
        session="direct-" + digest(attestation.host_account.encode())[:32],
        name=attestation.name,
        language=attestation.language,
        attestation=attestation,
    )
    token_hash = hash_token(new_token())  # nobody ever knows it: there is no stream to open
    try:
        async with database.transaction() as work:
            await _spend(work, account, attestation)
            expires_at = work.now() + SIGNED_LIFE
            await visitors.keep_direct_session(
                work, account.account_id, visitor, token_hash=token_hash, expires_at=expires_at
            )
    except Unproven as error:
        await _note_refusal(database, account, error.reason)
        raise
    return SessionRow(id=0, account_id=account.account_id, visitor=visitor, expires_at=expires_at)


async def _spend(work: UnitOfWork, account: LocalAccount, attestation: Attestation) -> None:
    """Nobody brings this token again. Raises Unproven: somebody did, or its account is closed."""
    if await host_accounts.is_closed(work, attestation.host_account):
        raise _not_accepted("closed_account")
    if not await visitors.spend_token(
        work, _scope(account, attestation), attestation.token_id, _forgotten_at(attestation)
    ):
        sentence = "The token was used before."
        raise Unproven(sentence, code="attestation_spent", reason="replayed")


def _scope(account: LocalAccount, attestation: Attestation) -> str:
    return attestation.issuer or f"account:{account.account_id}"


def _forgotten_at(attestation: Attestation) -> datetime:
    return attestation.expires_at + SPENT_MARGIN


def _life(visitor: Visitor) -> timedelta:
    return ANONYMOUS_LIFE if visitor.attestation is None else SIGNED_LIFE


def _new_session() -> str:
    return secrets.token_hex(12)


def _clean(name: str) -> str:
    return "".join(c for c in scrub(name) if c.isprintable()).strip()[:LONGEST_NAME]
