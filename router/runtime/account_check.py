"""The "Test" button: reaches the hosts of an account one by one, then lets its connector say who it
is on its network, what is in the way, and whether a message to itself comes back.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import msgspec
import structlog
from pydantic import BaseModel

from core.checking import Endpoint, Steps
from core.clock import Clock
from core.connector import AccountInfo, CheckStep, Connector
from core.errors import AccountError, BadConfig, ConnectorError
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.storage.account_rows import AccountRow

CHECK_SECONDS = 45.0
CLOSE_SECONDS = 5.0
ROUND_TRIP_SECONDS = 25.0
"""Less than a page waits for an answer."""
REACH_SECONDS = 8.0
SETTINGS = "Settings"
SIGN_IN = "Sign in"
ROUND_TRIP = "Write to itself"
UNREACHED = (OSError, TimeoutError, UnicodeError)
"""A host's name that no name server could be asked for is a UnicodeError."""

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


async def check_account(
    factory: ConnectorFactory, account: AccountRow, *, sends: bool = False
) -> AccountInfo:
    """Sign in to its network beside whoever runs it. Never raises for what the network says.

    `sends`: if nothing is in the way, it writes to itself as well, where its network allows that.
    """
    try:
        connector = factory.make(account)
    except ConnectorError as error:
        return _failed(SETTINGS, error)
    return await _check(connector, factory.clock, factory.egress, sends=sends)


async def check_config(
    factory: ConnectorFactory, channel: str, config: BaseModel, label: str
) -> AccountInfo:
    """The same of settings that are not stored yet. Raises BadConfig: there is no such channel."""
    kind = factory.registry.load(channel)
    try:
        connector = kind(config, factory.context(0, label))
    except ConnectorError as error:
        return _failed(SETTINGS, error)
    return await _check(connector, factory.clock, factory.egress)


async def _check(
    connector: Connector, clock: Clock, egress: EgressGuard, *, sends: bool = False
) -> AccountInfo:
    steps = Steps(clock)
    try:
        try:
            endpoints = connector.endpoints()
        except ValueError:
            return _failed(SETTINGS, BadConfig("An address names no host, or no possible port."))
        for endpoint in endpoints:
            await reach(endpoint, egress, steps)
        if not all(step.ok for step in steps):
            return AccountInfo(shown_as="", steps=tuple(steps))
        found = await _checked(connector, steps)
        if not (sends and is_fine(found) and connector.capabilities.round_trip):
            return found
        trip = await _travelled(connector, clock)
        return msgspec.structs.replace(found, steps=(*found.steps, *trip))
    finally:
        with contextlib.suppress(TimeoutError, ConnectorError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connector.close()


async def _checked(connector: Connector, steps: Steps) -> AccountInfo:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            found = await connector.check()
    except TimeoutError:
        steps.append(
            CheckStep(
                name=SIGN_IN,
                ok=False,
                detail=f"No answer within {CHECK_SECONDS:.0f} s.",
                fix="Check the host and the port, and that a firewall lets this machine out.",
            )
        )
        return AccountInfo(shown_as="", steps=tuple(steps))
    except ConnectorError as error:
        steps.append(_step(SIGN_IN, error))
        return AccountInfo(shown_as="", steps=tuple(steps))
    steps.append(CheckStep(name=SIGN_IN, ok=True, detail=found.shown_as))
    return msgspec.structs.replace(found, steps=(*steps, *found.steps))


async def _travelled(connector: Connector, clock: Clock) -> Sequence[CheckStep]:
    steps = Steps(clock)
    try:
        async with asyncio.timeout(ROUND_TRIP_SECONDS):
            return await connector.round_trip()
    except TimeoutError:
        detail = f"No end within {ROUND_TRIP_SECONDS:.0f} s."
        steps.append(CheckStep(name=ROUND_TRIP, ok=False, detail=detail, fix="Test again later."))
    except ConnectorError as error:
        steps.append(_step(ROUND_TRIP, error))
    return steps


async def reach(endpoint: Endpoint, egress: EgressGuard, steps: Steps) -> None:
    """Name, TCP, TLS: the first that fails is the last. A guarded one is not called inside."""
    host, port, name = endpoint.host, endpoint.port, _named(endpoint, "Name")
    loop = asyncio.get_running_loop()
    try:
        looking = loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found = await _within(looking)
    except UNREACHED as error:
        detail = f"{host}: {_said(error)}"
        fix = "Check how the host is written, and the name server of this machine."
        steps.append(CheckStep(name=name, ok=False, detail=detail, fix=fix))
        return
    addresses = [str(one[4][0]) for one in found]
    if endpoint.is_guarded:
        addresses = [one for one in addresses if egress.allows(one)]
    if not addresses:
        detail = f"{host} leads inside."
        fix = "Check how the host is written; allow its address with egress_allow if it is right."
        steps.append(CheckStep(name=name, ok=False, detail=detail, fix=fix))
        return
    steps.append(CheckStep(name=name, ok=True, detail=f"{host} is {addresses[0]}"))
    # Looked up once more, a name could lead to what was not judged.
    at = addresses[0] if endpoint.is_guarded else host
    if not await _connects("TCP", endpoint, at, None, steps) or not endpoint.is_tls:
        return
    await _connects("TLS", endpoint, at, ssl.create_default_context(), steps)


_FIXES = {
    "TCP": "Check the port, and that a firewall lets this machine out.",
    "TLS": "Check the port and the kind of security. The certificate must be one that this machine"
    " trusts, and bear the host's name.",
}


async def _connects(
    name: str, endpoint: Endpoint, at: str, tls: ssl.SSLContext | None, steps: Steps
) -> bool:
    host, port, step = endpoint.host, endpoint.port, _named(endpoint, name)
    shown_to = None if tls is None else host
    try:
        _, writer = await _within(
            asyncio.open_connection(at, port, ssl=tls, server_hostname=shown_to)
        )
    except ssl.SSLCertVerificationError as error:
        # A connector may be told to trust a certificate of its own: it has the last word.
        detail = f"{host}:{port} shows a certificate that is not trusted: {error.verify_message}"
        steps.append(CheckStep(name=step, ok=True, detail=detail))
        return True
    except UNREACHED as error:
        detail = f"{host}:{port}: {_said(error)}"
        steps.append(CheckStep(name=step, ok=False, detail=detail, fix=_FIXES[name]))
        return False
    steps.append(CheckStep(name=step, ok=True, detail=f"{host}:{port} answers"))
    writer.transport.abort()
    return True


def _named(endpoint: Endpoint, step: str) -> str:
    return f"{endpoint.name}: {step}" if endpoint.name else step


async def _within(waiting: Awaitable[_T]) -> _T:
    async with asyncio.timeout(REACH_SECONDS):
        return await waiting


def _said(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {REACH_SECONDS:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def is_fine(found: AccountInfo) -> bool:
    return all(step.ok for step in found.steps)


def _failed(name: str, error: ConnectorError) -> AccountInfo:
    return AccountInfo(shown_as="", steps=(_step(name, error),))


def _step(name: str, error: ConnectorError) -> CheckStep:
    fix = (
        "Change the account's settings and test again."
        if isinstance(error, AccountError)
        else "Try again in a while; if it stays so, look at the network's own status."
    )
    return CheckStep(name=name, ok=False, detail=str(error), fix=fix, code=error.code)
