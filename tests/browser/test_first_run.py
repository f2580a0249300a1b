"""A new desk, from the link that `serve` prints to an invited colleague: by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.browser.by_keys import press, type_into
from tests.browser.conftest import Screenshot
from tests.browser.desk import PASSWORD
from tests.browser.page_access import check_access
from tests.rig.product import Product


@pytest.fixture
async def product(database_url: str, tmp_path: Path) -> AsyncIterator[Product]:
    """As somebody starts it who has nothing yet: no sandbox, no account, no agent."""
    product = Product(tmp_path / "desk", database_url=database_url)
    await product.start()
    try:
        await product.until_ready()
        yield product
    finally:
        await product.stop()


async def test_new_desk_is_set_up_written_to_answered_and_shared_by_keyboard(
    product: Product,
    browser_context: BrowserContext,
    page_errors: list[str],
    screenshot: Screenshot,
) -> None:
    page = await browser_context.new_page()
    await page.goto(await product.setup_link())
    await type_into(page.get_by_label("Name", exact=True), "Bo Larsen")
    await type_into(page.get_by_label("Email address"), "bo@desk.example")
    await type_into(page.get_by_label("Password"), PASSWORD)
    await page.keyboard.press("Enter")

    page_errors.clear()  # that nobody was signed in yet
    await expect(
        page.get_by_role("heading", name="Step 1 of 5: Your desk and its hours")
    ).to_be_focused()
    await check_access(page)
    await screenshot(page, "first-run-desk")
    await type_into(page.get_by_label("Name of the desk"), "Acme Exchange")
    await expect(page.get_by_label("Time zone")).to_have_value("UTC")
    await expect(page.get_by_label("Days")).to_have_value("mon-fri")
    await press(page.get_by_role("button", name="Remove these hours"))
    await expect(page.get_by_text("Always open")).to_be_visible()
    await press(page.get_by_role("button", name="Continue"))

    await expect(page.get_by_role("heading", name="First account")).to_be_focused()
    await press(page.get_by_role("button", name="Make a web chat"))
    await expect(page.get_by_role("heading", name="Write to yourself")).to_be_focused()
    await check_access(page)
    link = page.get_by_role("link", name="Open the chat page")
    async with browser_context.expect_page() as opening:
        await press(link)
    visitor = await opening.value
    # The loader's button, until the focus on it has brought the chat, which has one of its own.
    await press(visitor.get_by_role("button", name=re.compile("^(Chat|Open the chat)$")))
    box = visitor.get_by_role("textbox", name="Message")
    await expect(box).to_be_focused()
    await visitor.keyboard.type("Is anybody there?")
    await visitor.keyboard.press("Enter")

    await page.bring_to_front()
    await expect(page.get_by_text("Is anybody there?")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Is anybody there?")).to_be_visible()
    await screenshot(page, "first-run-talk")
    await type_into(page.get_by_label("Your answer"), "Yes: me.")
    await press(page.get_by_role("button", name="Answer", exact=True))
    await expect(page.get_by_role("heading", name="A team")).to_be_focused()
    await expect(visitor.get_by_text("Yes: me.", exact=True)).to_be_visible()

    await screenshot(page, "first-run-team")
    await type_into(page.get_by_label("Name of the team"), "Payments")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Invite a colleague")).to_be_focused()

    # Left before the end, it goes on where it was.
    await page.reload()
    await expect(page.get_by_role("heading", name="Invite a colleague")).to_be_focused()
    await page.goto(product.url + "/inbox/open")
    strip = page.get_by_role("link", name="Invite a colleague by link")
    await expect(page.get_by_text("4 of 5 steps done")).to_be_visible()
    await check_access(page)
    await screenshot(page, "first-run-strip")
    await press(strip)
    await press(page.get_by_role("button", name="Make link"))
    await expect(page.get_by_label("Link, good until")).to_have_value(re.compile("/invite"))
    await press(page.get_by_role("button", name="Open the inbox"))
    await expect(page.get_by_role("link").filter(has_text="Yes: me.")).to_be_visible()
    await expect(page.get_by_text("steps done")).to_have_count(0)
