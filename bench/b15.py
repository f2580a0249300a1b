"""B15: what one account of each of the two messengers adds to the memory of an idle process."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.bar import Figure
from connectors.discord.sandbox import DiscordSandbox
from connectors.telegram.sandbox import TelegramSandbox
from core.sandbox import Sandbox
from tests.rig.ground import Ground
from tests.rig.product import rss_mib

SETTLE_SECONDS = 6
RUNNING_SECONDS = 30
SANDBOXES: dict[str, Callable[[], Sandbox]] = {
    "telegram": TelegramSandbox,
    "discord": DiscordSandbox,
}


async def measure(server_url: str, number: int) -> list[Figure]:
    """The process starts anew for each figure and then rests; it serves web and mail already."""
    async with Ground(seed=number) as ground:
        await ground.add_mail()
        without = await _rested(ground)
        figures = []
        for channel, make in SANDBOXES.items():
            added = await _with_account(ground, channel, make()) - without
            figures.append(_figure(make().title, added))
        return figures


def _figure(name: str, added: float) -> Figure:
    return Figure(
        bar="B15",
        what=f"memory that an account of {name} adds when idle",
        value=added,
        unit="MiB",
        must=30,
        is_ceiling=True,
    )


async def _with_account(ground: Ground, channel: str, sandbox: Sandbox) -> float:
    """MiB of the process. Afterwards the account is paused: it is not loaded any more."""
    with tempfile.TemporaryDirectory() as folder:
        await sandbox.start(Path(folder))
        try:
            account = await ground.owner.add_account(channel, channel, sandbox.account_config())
            memory = await _rested(ground)
            async with asyncio.timeout(RUNNING_SECONDS):
                while await _state(ground, account["id"]) != "running":  # noqa: ASYNC110 - over HTTP
                    await asyncio.sleep(0.5)
            await ground.owner.get_answer("POST", f"/accounts/{account['id']}/pause", None)
        finally:
            await sandbox.stop()
    return memory


async def _state(ground: Ground, account_id: int) -> str:
    """As the process has written down last: it does so every few seconds."""
    listed = await ground.owner.get_answer("GET", "/accounts")
    [health] = [one["health"] for one in listed["accounts"] if one["id"] == account_id]
    return str(health["state"])


async def _rested(ground: Ground) -> float:
    await ground.product.stop()
    await ground.product.start()
    await ground.product.until_ready()
    await asyncio.sleep(SETTLE_SECONDS)
    return rss_mib(ground.product.pid)
