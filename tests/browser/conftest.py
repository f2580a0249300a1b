"""Debian's Chromium, driven by Playwright's async API: one browser a run, one profile a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Error,
    Page,
    async_playwright,
    expect,
)

from router.storage.engine import Database
from router.web.widget_assets import FOLDER
from tests.browser.desk import PlayedDesk
from tests.browser.host_page import HostPage, open_host_page
from tests.real import missing, require_program
from tests.rig.product import ROOT, Product
from tests.web.visiting import Chat, Site, open_chat

Screenshot = Callable[[Page, str], Awaitable[None]]

# No sandbox: it refuses root. Without the last four Chromium knocks at its maker's servers.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 45_000


class Browsers:
    """The browser of this run, and another one after a test in which it died."""

    def __init__(self, kind: BrowserType, program: str) -> None:
        self._kind = kind
        self._program = program
        self._browser: Browser | None = None

    async def running(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._kind.launch(executable_path=self._program, args=ARGUMENTS)
        return self._browser

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()


@pytest.fixture(scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    """Started with the first test that asks for a browser."""
    program = require_program("chromium")
    expect.set_options(timeout=WAIT_MS)  # others' tests run beside
    async with async_playwright() as playwright:
        found = Browsers(playwright.chromium, program)
        yield found
        await found.close()


@pytest.fixture
async def chromium(browsers: Browsers) -> Browser:
    """It runs."""
    return await browsers.running()


@pytest.fixture
def page_errors() -> list[str]:
    """What the pages of this test threw or logged as an error; who expects some clears it."""
    return []


@pytest.fixture
async def browser_context(
    chromium: Browser, page_errors: list[str]
) -> AsyncIterator[BrowserContext]:
    """A profile of its own: no cookie, English, UTC, the usual window of a desk.

    The test fails if its pages threw or logged an error, and left it in `page_errors`.
    """
    context = await chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(WAIT_MS)

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error":
            page_errors.append(message.text)

    def note_throw(error: Error) -> None:
        page_errors.append(str(error))

    def watch(page: Page) -> None:
        page.on("console", note_message)
        page.on("pageerror", note_throw)

    context.on("page", watch)
    yield context
    await context.close()
    assert page_errors == []


@pytest.fixture
async def page(browser_context: BrowserContext) -> Page:
    """An empty tab."""
    return await browser_context.new_page()


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Screenshot:
    """`await screenshot(page, "name")` writes name.png, where --screenshots says that it may."""
    folder: Path | None = request.config.getoption("--screenshots")

    async def take(page: Page, name: str) -> None:
        if folder is not None:
            await page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take


@pytest.fixture
async def new_desk(
    browser_context: BrowserContext, database_url: str, tmp_path: Path
) -> AsyncIterator[PlayedDesk]:
    """Just started for the first time: nobody has signed up."""
    built = ROOT / "router" / "web" / "static" / "inbox" / "index.html"
    assert built.is_file(), "the inbox is not built: make web"
    product = Product(tmp_path / "desk", database_url=database_url, arguments=["--sandbox"])
    await product.start()
    try:
        await product.until_ready()
        yield PlayedDesk(product, browser_context)
        # Pages that are still open would see the desk go away, and say so.
        for page in browser_context.pages:
            await page.close()
    finally:
        await product.stop()


@pytest.fixture
async def desk(new_desk: PlayedDesk) -> PlayedDesk:
    """Its owner is signed in."""
    await new_desk.sign_up()
    return new_desk


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    """A desk with the built widget, without accounts."""
    if not (FOLDER / "widget.js").is_file():
        missing("the widget was not built; `make web` builds it")
    async with open_chat(database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def site(chat: Chat) -> Site:
    """An account whose widget may stand on any page of this machine."""
    return await chat.site(allowed_origins=["http://127.0.0.1:*"])


@pytest.fixture
async def host(chat: Chat, site: Site) -> AsyncIterator[HostPage]:
    """A page of a shop with that widget."""
    async with open_host_page(chat, site) as opened:
        yield opened
