"""What runs the desk, in the browser: an account tested, added, followed, and the record of it."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.desk import PERSON, PlayedDesk


async def test_ops_follow_an_account_and_add_one_that_no_page_knows(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("email", "Where is my money?")
    await desk.open(page, "/connectors")
    tile = page.get_by_role("article", name="E-mail (sandbox)")
    await expect(tile).to_contain_text("Running")
    await expect(tile.get_by_role("img", name="0 errors in 24 hours")).to_be_visible()

    await tile.get_by_role("link", name="E-mail (sandbox)").click()
    await page.get_by_role("button", name="Test", exact=True).click()
    checks = page.get_by_role("status").filter(has_text="All well")
    await expect(checks).to_contain_text("Sign in")
    await expect(checks).to_contain_text(re.compile(r"\d+ ms"))

    await page.get_by_role("link", name="Live log").click()
    log = page.get_by_role("log")
    await expect(log).to_contain_text("came in")
    await expect(log).not_to_contain_text("money")
    await expect(log).not_to_contain_text(PERSON)
    await log.get_by_role("button", name=re.compile("message")).first.click()
    await expect(page.get_by_role("button", name=re.compile("Show everything"))).to_be_visible()

    # The form, the guide beside it and the test come from the connector alone.
    await desk.open(page, "/connectors/new")
    await page.get_by_role("button", name=re.compile("Telegram")).click()
    await expect(page.locator(".guide")).to_contain_text("BotFather")
    await page.get_by_label("Name of the account").fill("Second bot")
    await page.locator("input[name=token]").fill("123456789:" + "A" * 35)
    await page.get_by_text("More settings").click()
    await page.locator("input[name=api_base_url]").fill("http://127.0.0.1:9")
    await page.get_by_role("button", name="Test it").click()
    await expect(page.get_by_text("A step failed")).to_be_visible()
    await expect(page.get_by_text("Check the port, and that a firewall")).to_be_visible()
    await page.get_by_role("button", name="Add it anyway").click()
    await expect(page.get_by_text("Waiting for the first message")).to_be_visible()

    await desk.open(page, "/settings/audit")
    entry = page.get_by_role("listitem").filter(has_text="account.added")
    await expect(entry.first).to_contain_text("Bo Larsen")
    await page.get_by_label("What", exact=True).fill("quarantine")
    await expect(page.get_by_text("No entry matches")).to_be_visible()
