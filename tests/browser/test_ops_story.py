"""What runs the desk, by keys alone on the width of a phone: an account tested, added, followed,
and the record of it.
"""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.by_keys import press, type_into
from tests.browser.desk import PERSON, PlayedDesk
from tests.browser.phone import HEIGHT, WIDTH, faults_of_touch


async def test_ops_follow_an_account_and_add_one_that_no_page_knows(
    page: Page, desk: PlayedDesk
) -> None:
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await desk.say("email", "Where is my money?")
    await desk.open(page, "/connectors")
    tile = page.get_by_role("article", name="E-mail (sandbox)")
    await expect(tile).to_contain_text("Running")
    await expect(tile.get_by_role("img", name="0 errors in 24 hours")).to_be_visible()
    assert await faults_of_touch(page) == []

    await press(tile.get_by_role("link", name="E-mail (sandbox)"))
    await press(page.get_by_role("button", name="Test", exact=True))
    checks = page.get_by_role("status").filter(has_text="All well")
    await expect(checks).to_contain_text("Sign in")
    await expect(checks).to_contain_text(re.compile(r"\d+ ms"))

    await press(page.get_by_role("link", name="Live log"))
    log = page.get_by_role("log")
    await expect(log).to_contain_text("came in")
    await expect(log).not_to_contain_text("money")
    await expect(log).not_to_contain_text(PERSON)
    await press(log.get_by_role("button", name=re.compile("message")).first)
    await expect(page.get_by_role("button", name=re.compile("Show everything"))).to_be_visible()
    assert await faults_of_touch(page) == []

    # The form, the guide beside it and the test come from the connector alone.
    await desk.open(page, "/connectors/new")
    await press(page.get_by_role("button", name=re.compile("Telegram")))
    await expect(page.locator(".guide")).to_contain_text("BotFather")
    await type_into(page.get_by_label("Name of the account"), "Second bot")
    await type_into(page.locator("input[name=token]"), "123456789:" + "A" * 35)
    await press(page.locator("summary", has_text="More settings"))
    await type_into(page.locator("input[name=api_base_url]"), "http://127.0.0.1:9")
    await press(page.get_by_role("button", name="Test it"))
    await expect(page.get_by_text("A step failed")).to_be_visible()
    await expect(page.get_by_text("Check the port, and that a firewall")).to_be_visible()
    assert await faults_of_touch(page) == []
    await press(page.get_by_role("button", name="Add it anyway"))
    await expect(page.get_by_text("Waiting for the first message")).to_be_visible()

    await desk.open(page, "/settings/audit")
    entry = page.get_by_role("listitem").filter(has_text="account.added")
    await expect(entry.first).to_contain_text("Bo Larsen")
    await type_into(page.get_by_label("What", exact=True), "quarantine")
    await expect(page.get_by_text("No entry matches")).to_be_visible()
    assert await faults_of_touch(page) == []
