"""The sandbox's page in a real browser: people write, and hear what the desk says."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from connectors.webchat.sandbox import WebchatSandbox
from core.sandbox import Sandbox, SandboxDesk
from router.settings import Settings
from router.storage.engine import Database
from router.web.widget_assets import FOLDER
from tests.browser.host_page import launcher
from tests.real import missing
from tests.rig.ports import free_ports
from tests.web.visiting import Chat, Site, open_chat


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    if not (FOLDER / "widget.js").is_file():
        missing("the widget was not built; `make web` builds it")
    [port] = free_ports(1)
    sandboxes: dict[int, Sandbox] = {}
    parts = {"settings": Settings(listen=f"127.0.0.1:{port}"), "sandboxes": sandboxes}
    async with open_chat(database, tmp_path, **parts) as opened:
        yield opened


@pytest.fixture
async def site(chat: Chat, tmp_path: Path) -> AsyncIterator[Site]:
    sandbox = WebchatSandbox(chat.database.clock)
    await sandbox.start(tmp_path)
    made = await chat.site(**sandbox.account_config())
    sandbox.attach(SandboxDesk(url=chat.url(""), hook_token=made.hook))
    assert isinstance(chat.desk.context.sandboxes, dict)
    chat.desk.context.sandboxes[made.account] = sandbox
    yield made
    await sandbox.stop()


async def test_person_writes_by_the_form_and_hears_the_answer(
    chat: Chat, site: Site, page: Page
) -> None:
    await page.goto(chat.url("/sandbox"))
    await page.get_by_label("Text").fill("Where is my withdrawal?")
    await page.get_by_role("button", name="Write", exact=True).click()
    await expect(page.get_by_text("Said. Look into the inbox.")).to_be_visible()

    await chat.answer(chat.page(site), "It is on its way.")

    await expect(page.locator(".heard")).to_contain_text("It is on its way.")
    assert await chat.value("select level from messages where direction = 'in'") == 2


async def test_scripted_people_write_and_one_only_claims_to_be_another(
    chat: Chat, site: Site, page: Page
) -> None:
    await page.add_init_script("Math.random = () => 0")
    await page.goto(chat.url("/sandbox"))
    await page.get_by_role("button", name="Let them write").click()

    await expect(page.get_by_text("All have written.")).to_be_visible(timeout=90_000)
    assert await chat.value("select count(*) from messages") == 8
    graces = (
        "select count(distinct person_id) from messages where text ilike '%grace%' or level = 1"
    )
    assert await chat.value(graces) == 1
    assert await chat.value("select count(distinct person_id) from messages") == 8


async def test_own_page_signs_its_customer_in(
    chat: Chat, site: Site, page: Page, browser_context: BrowserContext
) -> None:
    await page.goto(chat.url("/sandbox"))
    async with browser_context.expect_page() as opening:
        await page.get_by_role("link", name="Open its own page").click()
    shop = await opening.value
    await shop.get_by_role("link", name="Grace Hopper").click()
    await expect(shop.get_by_text("Signed in as Grace Hopper")).to_be_visible()
    await shop.locator("button").last.click()
    await shop.get_by_role("textbox", name="Message").fill("Hello from the shop")
    await shop.keyboard.press("Enter")
    await expect(shop.get_by_text("Sent", exact=True)).to_be_visible()

    assert await chat.value("select level from messages") == 2
    await shop.get_by_role("link", name="Guest").click()
    await launcher(shop).or_(shop.locator("button").last).click()
    await expect(shop.get_by_role("dialog")).to_be_visible()
    await expect(shop.get_by_text("Hello from the shop")).to_have_count(0)
