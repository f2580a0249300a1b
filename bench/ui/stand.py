"""A served desk with very many people in it, and a page of it in Debian's Chromium."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from bench.ui.people import fill
from router.storage.migrate import create_database, migrate
from tests import run_folder
from tests.browser.conftest import ARGUMENTS
from tests.browser.desk import PlayedDesk
from tests.browser.populated import Ids, populate
from tests.real import require_program
from tests.rig.product import Product

CONVERSATIONS = 50_000
LONGEST = 10_000
SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("pace.js", "feed.js"))
WINDOW: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "locale": "en-GB",
    "timezone_id": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    desk: PlayedDesk
    browser: Browser
    context: BrowserContext
    database_url: str
    is_short: bool = False
    """Bars of many rounds or minutes do fewer, and say so."""
    _ids: list[Ids] = field(default_factory=list)

    async def populated(self) -> Ids:
        """Something stands in every state: from the first call on."""
        if not self._ids:
            self._ids.append(await populate(self.desk))
        return self._ids[0]

    async def page(self, path: str = "/inbox/open") -> Page:
        """The desk as its owner sees it, with the measuring script in it."""
        page = await self.context.new_page()
        await watch(page)
        await self.desk.open(page, path)
        return page

    async def cookie(self, name: str) -> str:
        """Of the owner's session."""
        cookies = await self.context.cookies()
        return next(one["value"] for one in cookies if one["name"] == name)

    async def another_profile(self, cookies: Mapping[str, str] | None = None) -> BrowserContext:
        """Nothing of an earlier visit in it but the session: the owner's, or what is given."""
        context = await self.browser.new_context(**WINDOW)
        given = cookies or {one["name"]: one["value"] for one in await self.context.cookies()}
        await context.add_cookies(
            [{"name": name, "value": value, "url": self.desk.url} for name, value in given.items()]
        )
        return context


async def watch(page: Page) -> None:
    """From its next document on, `pace` and `heard` are there: the browser lays them in."""
    for script in SCRIPTS:
        await page.add_init_script(script.read_text())


async def timed(
    page: Page, watch_for: str, given: str, act: Callable[[], Awaitable[object]]
) -> float:
    """Milliseconds from the key or press of `act` until what is watched for was painted.

    The page watches before it happens, or its first frames would be missed.
    """
    await page.evaluate(f"given => void (pace.under_way = ({watch_for})(given))", given)
    await act()
    return float(await page.evaluate("pace.under_way"))


async def busy_seconds(session: CDPSession) -> float:
    """What the page's main thread has worked so far."""
    found: dict[str, Any] = await session.send("Performance.getMetrics")
    return float(next(m["value"] for m in found["metrics"] if m["name"] == "TaskDuration"))


async def metrics_of(page: Page) -> CDPSession:
    session = await page.context.new_cdp_session(page)
    # Processor time, not the clock's: others may share the machine.
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


@asynccontextmanager
async def open_stand(server_url: str, *, is_short: bool = False) -> AsyncIterator[Stand]:
    """One for all bars of a run: the rows are made once."""
    url = await create_database(server_url, f"pages_{secrets.token_hex(4)}")
    await migrate(url)
    folder = run_folder.path() / f"pages-{secrets.token_hex(4)}"
    product = Product(folder, database_url=url, arguments=["--sandbox"])
    await product.start()
    try:
        await product.until_ready()
        async with async_playwright() as playwright:
            program = require_program("chromium")
            browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            context = await browser.new_context(**WINDOW)
            desk = PlayedDesk(product, context)
            await desk.sign_up()
            await fill(url, conversations=CONVERSATIONS, longest=LONGEST)
            await asyncio.sleep(1)
            yield Stand(
                desk=desk,
                browser=browser,
                context=context,
                database_url=url,
                is_short=is_short,
            )
            await browser.close()
    finally:
        await product.stop()
