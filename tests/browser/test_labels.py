"""A case is labelled, prioritised and found again by keys alone; many at once, with one undo."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.by_keys import chord
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, row


async def test_cases_are_labelled_by_keys_found_by_label_and_many_at_once(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    for number, who in enumerate(("Ana Lopez", "王伟", "Максимилиан Константинопольский")):
        address = f"p{number}@customers.example"
        await desk.say("webchat", f"Question {number}", person=who, address=address)
    await desk.open(page)
    await row(page, "Question 0").click()
    await expect(page.get_by_role("heading", name="Ana Lopez", level=1)).to_be_visible()

    await page.keyboard.press("l")
    labels = page.get_by_role("combobox", name="Labels")
    await expect(labels).to_be_focused()
    await page.keyboard.type("Very important client")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("option", name="Very important client")).to_have_attribute(
        "aria-selected", "true"
    )
    for name in ("Refund", "Late"):
        await page.keyboard.type(name)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("option", name=name)).to_be_visible()
    await screenshot(page, "labels")
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await page.keyboard.type("urg")
    await page.keyboard.press("Enter")
    ana = row(page, "Question 0")
    await expect(ana.get_by_text("Urgent")).to_be_visible()
    await expect(ana.get_by_text("+1")).to_be_visible()

    await page.keyboard.press("Control+k")
    await page.keyboard.type("tomorrow 9")
    await expect(page.get_by_role("option").first).to_contain_text("Snooze until")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("#refu")
    await expect(page.get_by_role("option")).to_have_count(1)
    await screenshot(page, "palette-labels")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(ana.get_by_text("+1")).to_have_count(0)

    await chord(page, "*", "a")
    await expect(page.get_by_text("3 selected")).to_be_visible()
    await page.keyboard.press("l")
    await expect(labels).to_be_focused()
    await page.keyboard.type("late")
    await page.keyboard.press("Enter")
    await screenshot(page, "bulk-labels")
    await page.get_by_role("button", name="Apply to 3").click()
    await expect(row(page, "Question 2").get_by_text("Late")).to_be_visible()
    await screenshot(page, "labelled")
    await page.get_by_role("button", name="Undo").first.click()
    await expect(row(page, "Question 2").get_by_text("Late")).to_have_count(0)
    await expect(row(page, "Question 0").get_by_text("Late")).to_be_visible()

    await chord(page, "g", "s")
    await expect(page).to_have_url(re.compile(r"/inbox/snoozed"))
    edge = page.get_by_role("separator", name="Width of the list")
    await edge.focus()
    await page.keyboard.press("End")
    await expect(edge).to_have_attribute("aria-valuenow", "560")
    await page.reload()
    await expect(edge).to_have_attribute("aria-valuenow", "560")

    await page.goto(f'{desk.url}/search?q=label:"very important client"')
    await expect(page.get_by_role("link", name="Ana Lopez").first).to_be_visible()
    await expect(page.get_by_role("link", name="王伟")).to_have_count(0)
