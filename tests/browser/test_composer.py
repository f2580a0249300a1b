"""What one does around an answer: take it back, send it later, insert what was written once."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, answers, faults_of_access, log, row, write

HELLO = {
    "reach": "shared",
    "title": "Refund on its way",
    "tags": ["money"],
    "texts": {"en": {"text": "Dear {{person.name}}, {{amount}} is on its way."}},
}


async def test_answer_is_taken_back_with_a_key_and_sent_again_for_later(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.post("/snippets", HELLO)
    await desk.say("email", "Where is my money?", subject="Refund")
    await desk.open(page)
    await row(page, "Refund").click()

    # A canned reply, with what nobody knows filled in by hand.
    await write(page, "/re")
    await page.get_by_role("listbox").evaluate("list => { list.dataset.same = 'yes'; }")
    await page.keyboard.type("fu")
    line = page.get_by_role("option", name="Refund on its way")
    await expect(line).to_be_visible()
    await expect(page.get_by_role("listbox").locator("..")).to_contain_text("Dear Ana Lopez")
    await expect(page.locator("#triggers[data-same]")).to_be_visible()
    await screenshot(page, "canned-list")
    assert await faults_of_access(page) == []
    await page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Write a reply")
    await expect(field).to_contain_text("Dear Ana Lopez, {{amount}} is on its way.")
    send = page.get_by_role("button", name="Send", exact=True)
    await expect(send).to_be_disabled()
    await screenshot(page, "canned-hole")
    await page.keyboard.type("20 euros")
    await expect(field).to_contain_text("Dear Ana Lopez, 20 euros is on its way.")

    # Mail waits before it goes out: one key brings it back, on another page too.
    await page.keyboard.press("Control+Enter")
    await expect(answers(page)).to_contain_text("20 euros is on its way")
    await expect(page.get_by_text("It goes out in a moment")).to_be_visible()
    await page.keyboard.press("Escape")
    await screenshot(page, "held")
    await page.keyboard.press("z")
    await expect(answers(page)).to_have_count(0)
    await expect(field).to_contain_text("20 euros is on its way.")
    other = await page.context.new_page()
    await desk.open(other, "/drafts")
    await expect(other.get_by_role("link", name="Ana Lopez")).to_contain_text("20 euros")
    await screenshot(other, "drafts")
    await other.close()
    assert await desk.heard("email") == []

    # For a time in words; then at once after all.
    await page.get_by_role("button", name="More ways to send").click()
    await page.get_by_role("menuitem", name="Send later").click()
    dialog = page.get_by_role("dialog", name="Send later")
    await dialog.get_by_label("In words").fill("tomorrow 9")
    await expect(dialog.get_by_role("status")).to_contain_text("09:00")
    await screenshot(page, "send-later")
    assert await faults_of_access(page) == []
    await dialog.get_by_role("button", name="Send later").click()
    await expect(answers(page)).to_contain_text("Goes out")
    await screenshot(page, "scheduled")
    await answers(page).get_by_role("button", name="Send now").click()
    await desk.until_heard("email", "20 euros is on its way")

    # The case is put aside until they write.
    await page.get_by_role("button", name="Snooze the case").click()
    snooze = page.get_by_role("dialog", name="Snooze the case")
    await snooze.get_by_role("button", name="Until they write").click()
    await snooze.get_by_role("button", name="Snooze", exact=True).click()
    await expect(page.get_by_text("Snoozed until they write")).to_be_visible()
    await screenshot(page, "snoozed")
    await desk.say("email", "Thank you!", subject="Re: Refund")
    await expect(log(page)).to_contain_text("Thank you!")
    await expect(page.get_by_text("Snoozed until they write")).to_be_hidden()
