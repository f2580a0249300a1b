"""An agent's own replies, changed and taken back where they were sent."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.by_keys import choose
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, answers, faults_of_access, log, row, write


async def test_reply_is_changed_and_taken_back_and_says_what_became_of_it(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.say("webchat", "Which fee do I pay?")
    await desk.open(page)
    await row(page, "Which fee do I pay?").click()
    await write(page, "Five euros.")
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).to_contain_text("Five euros.")

    await _act(page, "Edit")
    dialog = page.get_by_role("dialog", name="Change this message")
    field = dialog.get_by_role("textbox", name="Your message")
    await expect(field).to_contain_text("Five euros.")
    await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    await field.fill("Four euros.")
    await screenshot(page, "edit-reply")
    assert await faults_of_access(page) == []
    await field.press("Control+Enter")
    await expect(dialog).to_be_hidden()
    await expect(answers(page)).to_contain_text("Four euros.")
    await expect(answers(page)).to_contain_text("Changed there too")
    await answers(page).get_by_role("button", name="Edited").click()
    await expect(answers(page)).to_contain_text("Five euros.")
    await screenshot(page, "edited-reply")

    await _act(page, "Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(log(page)).to_contain_text("Deleted by the desk")
    await expect(answers(page)).to_contain_text("Deleted there too")
    await expect(answers(page).get_by_text("Four euros.")).to_be_hidden()
    await screenshot(page, "deleted-reply")
    await answers(page).get_by_text("What was said").click()
    await expect(answers(page).get_by_text("Four euros.")).to_be_visible()
    await screenshot(page, "deleted-reply-shown")


async def _act(page: Page, action: str) -> None:
    """By keyboard, from the menu of the answer."""
    await choose(answers(page).get_by_role("button", name="What to do with this message"), action)
