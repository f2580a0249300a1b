"""The "Test" button: lets a connector say who it is on its network, and what is in the way."""

import asyncio
import contextlib

import structlog

from core.connector import AccountInfo, CheckStep, Connector
from core.errors import AccountError, ConnectorError
from router.runtime.connectors import ConnectorFactory
from router.storage.account_rows import AccountRow

CHECK_SECONDS = 45.0
CLOSE_SECONDS = 5.0

log = structlog.get_logger(__name__)


async def check_account(factory: ConnectorFactory, account: AccountRow) -> AccountInfo:
    """Sign in to its network beside whoever runs it. Never raises for what the network says."""
    try:
        connector = factory.make(account)
    except ConnectorError as error:
        return _failed("settings", error)
    try:
        return await _checked(connector)
    finally:
        with contextlib.suppress(TimeoutError, ConnectorError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connector.close()


async def _checked(connector: Connector) -> AccountInfo:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await connector.check()
    except TimeoutError:
        step = CheckStep(
            name="network",
            ok=False,
            detail=f"No answer within {CHECK_SECONDS:.0f} s.",
            fix="Check the host and the port, and that a firewall lets this machine out.",
        )
        return AccountInfo(shown_as="", steps=(step,))
    except ConnectorError as error:
        return _failed("sign-in", error)


def is_fine(found: AccountInfo) -> bool:
    return all(step.ok for step in found.steps)


def _failed(name: str, error: ConnectorError) -> AccountInfo:
    fix = (
        "Change the account's settings and test again."
        if isinstance(error, AccountError)
        else "Try again in a while; if it stays so, look at the network's own status."
    )
    return AccountInfo(
        shown_as="", steps=(CheckStep(name=name, ok=False, detail=str(error), fix=fix),)
    )
