"""Search, a saved view, and a change of many: one story, told by keys."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.by_keys import chord
from tests.browser.desk import DESK_S, PlayedDesk, log
from tests.waiting import until


async def test_what_is_found_is_kept_as_a_view_and_changed_at_once(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Where is my refund?")
    await desk.say("email", "我的退款没有到账", person="Zoe", address="zoe@customers.example")
    await desk.open(page)
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    await expect(rows).to_have_count(2)

    async def is_indexed() -> bool:
        # Words are found a moment after the list shows their message.
        found = await desk.get("/search?q=refunds%20OR%20没有到账")
        return len(found["conversations"]) == 2

    await until(is_indexed, seconds=DESK_S)
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search messages and people")
    await expect(field).to_be_focused()
    await field.fill("refunds OR 没有到账 is:un")
    await page.keyboard.press("Tab")
    hits = page.locator("article mark")
    await expect(hits).to_have_text(["没有到账", "refund"])
    await expect(page).to_have_url(re.compile(r"/search\?q=refunds"))

    await page.get_by_role("link", name="Where is my refund?").click()
    await expect(log(page).locator(".sought")).to_contain_text("Where is my refund?")
    await page.go_back()
    await expect(hits).to_have_count(2)
    await page.locator("#main").focus()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.get_by_role("button", name="Save as view").click()
    await page.get_by_label("Name").fill("Refunds")
    await page.get_by_role("textbox", name="Query").fill("refund* OR 没有到账 -is:solved")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Refunds")).to_have_attribute("aria-current", "page")
    await expect(rows).to_have_count(2)

    await rows.first.get_by_role("link").focus()
    await chord(page, "*", "a")
    await page.get_by_role("button", name="Solve", exact=True).first.click()
    await expect(page.get_by_text("Nothing answers this query")).to_be_visible()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_text("2 put back", exact=True)).to_be_visible()
    await expect(rows).to_have_count(2)
