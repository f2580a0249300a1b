"""From an open connection to a logged-in one: greeting, encryption, login, who we are."""

import asyncio
import base64
import binascii
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from connectors.email.errors import (
    ImapBusy,
    ImapLost,
    ImapRefused,
    LoginRefused,
    NoEncryption,
    is_for_now,
)
from connectors.email.imap.answers import said
from connectors.email.imap.exchange import Exchange
from connectors.email.imap.names import quoted

HANDSHAKE_TIMEOUT = 20.0
AccessToken = Callable[[], Awaitable[str]]
"""Gives an OAuth access token that is good now. Raises AuthRefused, TransientError."""
WHO_WE_ARE = '("name" "onethread" "vendor" "onethread" "version" "1")'


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A name, and a password or where access tokens come from."""

    username: str
    password: str = field(default="", repr=False)
    access_token: AccessToken | None = None


async def greet(exchange: Exchange) -> None:
    protocol = exchange.protocol
    waits: set[asyncio.Future[Any]] = {protocol.greeting, protocol.lost}
    await asyncio.wait(
        waits, timeout=min(HANDSHAKE_TIMEOUT, exchange.silence), return_when=asyncio.FIRST_COMPLETED
    )
    if not protocol.greeting.done():
        reason = protocol.lost.result() if protocol.lost.done() else "no greeting"
        raise ImapLost(reason)
    line = protocol.greeting.result()
    if line.upper().startswith(b"* BYE"):
        raise _refusal(said(line[5:]), ImapBusy)
    if not line.upper().startswith((b"* OK", b"* PREAUTH")):
        raise ImapLost(f"the server greets with {said(line)}")


async def start_tls(exchange: Exchange, host: str, tls: ssl.SSLContext | None) -> None:
    """Encrypted before anything secret is said (RFC 3501, 6.2.1); never falls back."""
    protocol = exchange.protocol
    await exchange.ask_capabilities()
    if tls is None or "STARTTLS" not in exchange.capabilities:
        raise NoEncryption("the server offers no STARTTLS")
    await exchange.command("STARTTLS")
    if protocol.has_more:
        # Somebody on the way put an answer of their own behind the server's.
        raise ImapLost("text was injected before the encryption began")
    transport = await asyncio.get_running_loop().start_tls(
        protocol.transport,
        protocol,
        tls,
        server_hostname=host,
        ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
    )
    protocol.transport = transport


async def log_in(exchange: Exchange, credentials: Credentials) -> None:
    """What was said about abilities before is asked again: in the clear it proves nothing.

    Raises LoginRefused, ImapBusy, ImapLost, and what the source of tokens raises.
    """
    await exchange.ask_capabilities()
    if not exchange.protocol.is_logged_in:
        try:
            await _log_in(exchange, credentials)
        except ImapRefused as error:
            raise _refusal(str(error), LoginRefused) from error
        exchange.protocol.logged_in()
        # Abilities may grow with the login (RFC 3501, 6.2.3).
        await exchange.ask_capabilities()
    if "ID" in exchange.capabilities:
        await _say_who_we_are(exchange)
    if "UTF8=ONLY" in exchange.capabilities:
        # RFC 6855, 6: it takes nothing before.
        await exchange.command("ENABLE", "UTF8=ACCEPT")


async def _log_in(exchange: Exchange, credentials: Credentials) -> None:
    if credentials.access_token is not None:
        await _by_token(exchange, credentials.username, await credentials.access_token())
        return
    name, password = credentials.username, credentials.password
    offers_plain = "AUTH=PLAIN" in exchange.capabilities
    takes_no_login = "LOGINDISABLED" in exchange.capabilities
    if takes_no_login and not offers_plain:
        raise LoginRefused("the server takes no password over this connection")
    # A quoted string is ASCII (RFC 3501, 4.3); SASL says UTF-8 (RFC 4616).
    if offers_plain and (takes_no_login or not (name + password).isascii()):
        await _authenticate(exchange, "PLAIN", f"\0{name}\0{password}".encode())
    else:
        await exchange.command("LOGIN", quoted(name), quoted(password))


async def _by_token(exchange: Exchange, username: str, token: str) -> None:
    try:
        await _authenticate(
            exchange, "XOAUTH2", f"user={username}\x01auth=Bearer {token}\x01\x01".encode()
        )
    except ImapRefused as error:
        status = _status(exchange.protocol.last_challenge)
        raise ImapRefused(f"{error}{f' (status {status})' if status else ''}") from error


async def _authenticate(exchange: Exchange, mechanism: str, response: bytes) -> None:
    """To each further challenge, as a refused token gets one, an empty line is said."""
    coded = base64.b64encode(response).decode()
    protocol = exchange.protocol
    protocol.answers_to_challenges.clear()
    if "SASL-IR" in exchange.capabilities:
        await exchange.command("AUTHENTICATE", mechanism, coded)
    else:
        protocol.answers_to_challenges.append(coded.encode())
        await exchange.command("AUTHENTICATE", mechanism)


def _status(challenge: bytes) -> str:
    """What a refused XOAUTH2 says: base64 of JSON with a status."""
    try:
        status = json.loads(base64.b64decode(challenge)).get("status", "")
    except (binascii.Error, ValueError, AttributeError):
        return ""
    return str(status)[:20]


async def _say_who_we_are(exchange: Exchange) -> None:
    """RFC 2971. NetEase opens no folder for a program that did not say."""
    try:
        await exchange.command("ID", WHO_WE_ARE)
    except ImapRefused:
        # Nothing hangs on it anywhere else.
        return


def _refusal(words: str, otherwise: type[Exception]) -> Exception:
    return ImapBusy(words) if is_for_now(words) else otherwise(words)
