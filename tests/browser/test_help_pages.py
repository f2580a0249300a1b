"""The help centre as its readers see it: without a script, in both themes, on a phone, in print."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from core.clock import FakeClock
from router.settings import Help, Settings
from router.storage.engine import Database
from tests.browser.conftest import Screenshot
from tests.browser.desk import AXE
from tests.rig.ports import free_ports
from tests.web.test_link_codes import add_account
from tests.web.visiting import Chat, open_chat


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    """A desk with a mailbox and a bot, whose help centre has a name."""
    [port] = free_ports(1)
    settings = Settings(listen=f"127.0.0.1:{port}", help=Help(title="Harbor help"))
    async with open_chat(database, tmp_path, settings=settings) as opened:
        await add_account(opened, "email", "help@harbor.example")
        await add_account(opened, "telegram", "harbor_bot")
        yield opened


async def check_access(page: Page) -> None:
    """By the debugger, since the page's policy lets no script in."""
    await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = await page.evaluate("() => axe.run(document)")
    bad = [(one["id"], [n["html"] for n in one["nodes"]]) for one in found["violations"]]
    assert bad == [], bad
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_somebody_without_scripts_writes_to_us_and_checks_an_address(
    chat: Chat, chromium: Browser, clock: FakeClock
) -> None:
    context = await chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(chat.url("/help"))
    await page.get_by_role("link", name="Write to us").click()
    await page.get_by_label("Your e-mail address").fill("ana@people.example")
    await page.get_by_label("Subject").fill("Withdrawal")
    await page.get_by_label("Your message").fill("Where is it?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_contain_text("sent too fast")
    clock.advance(timedelta(seconds=20))
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("status")).to_contain_text("We have it")
    assert await chat.value("select text from messages") == "Where is it?"

    await page.get_by_role("link", name="To the start").click()
    await page.get_by_role("link", name="Is it really us?").click()
    for asked, said in (("@harbor_bot", "Yes, this is ours"), ("@harb0r_bot", "only looks like")):
        await page.get_by_label("Address, name or link").fill(asked)
        await page.get_by_role("button", name="Check").click()
        await expect(page.get_by_role("heading", level=2)).to_contain_text(said)
    assert await context.cookies() == []
    await context.close()


@pytest.mark.parametrize(
    ("theme", "width", "locale"), [("light", 1280, "en"), ("dark", 320, "ru"), ("light", 320, "zh")]
)
async def test_pages_shut_nobody_out(
    chat: Chat, page: Page, screenshot: Screenshot, theme: str, width: int, locale: str
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for path in ("", "contact", "verify?q=help@harbor.example", "verify?q=@harb0r_bot"):
        await page.goto(chat.url(f"/help/{locale}/{path}"))
        await check_access(page)
        name = path.replace("?q=", "-").replace("@", "-") or "home"
        await screenshot(page, f"help-{name}-{locale}-{theme}-{width}")
