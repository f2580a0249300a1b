"""Copies and forwards as an agent makes them: chips, the server on each address, a dialog."""

from __future__ import annotations

from playwright.async_api import Browser, FilePayload, Page, expect

from tests.browser.by_keys import choose
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, answers, faults_of_access, log, row, write

BEA = "bea@partner.example"
CARL = "carl@partner.example"
BANK = "desk@bank.example"


async def test_reply_with_copies_and_its_file_passed_on(
    page: Page, desk: PlayedDesk, chromium: Browser, screenshot: Screenshot, page_errors: list[str]
) -> None:
    await desk.say("email", "Where is my money?", subject="Withdrawal")
    await desk.open(page)
    await row(page, "Where is my money?").click()

    await _copy(page, screenshot)
    await _pass_on(page, screenshot)

    await desk.until_heard("email", "It is on its way.")
    for address in (BEA, CARL):
        await desk.until_heard("email", "It is on its way.", address)
    await desk.until_heard("email", "Please look at this.", BANK)
    await _join(page, desk, screenshot)
    assert all("400" in one for one in page_errors), page_errors
    page_errors.clear()
    await _look_elsewhere(desk, chromium, screenshot)


async def _copy(page: Page, screenshot: Screenshot) -> None:
    """Everything by keyboard, as the chips take it."""
    await page.get_by_role("button", name="Cc and Bcc").click()
    copies = page.get_by_role("group", name="Cc and Bcc")
    await copies.get_by_label("Cc", exact=True).fill(f"Bea B. <{BEA}>, nobody")
    await page.keyboard.press("Enter")
    await expect(copies.get_by_role("alert")).to_contain_text("nobody: That is no mail address.")
    await write(page, "It is on its way.")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await screenshot(page, "copies-refused")
    await copies.get_by_role("button", name="Remove nobody").press("Enter")
    await copies.get_by_label("Bcc").fill(CARL)
    await page.keyboard.press("Enter")
    await expect(copies.get_by_role("button", name=f"Remove {CARL}")).to_be_visible()
    await page.set_input_files(
        "input[type=file]",
        FilePayload(name="receipt.txt", mimeType="text/plain", buffer=b"12 EUR"),
    )
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    await screenshot(page, "copies")
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    await expect(answers(page)).to_have_count(1)
    await expect(answers(page)).to_contain_text("Also there: Bea B.")
    await expect(answers(page)).to_contain_text(f"In secret to: {CARL}")


async def _pass_on(page: Page, screenshot: Screenshot) -> None:
    menu = answers(page).get_by_role("button", name="What to do with this message")
    await choose(menu, "Forward")
    dialog = page.get_by_role("dialog", name="Forward this message")
    await dialog.get_by_label("To").fill("bank")
    await dialog.get_by_label("Your words above it").fill("Please look at this.")
    await expect(dialog.get_by_text("That is no mail address.")).to_be_visible()
    await dialog.get_by_label("To").fill(BANK)
    await expect(dialog.get_by_role("checkbox", name="receipt.txt")).to_be_checked()
    await screenshot(page, "forward")
    await dialog.get_by_role("button", name="Forward").click()
    await expect(dialog).to_be_hidden()
    note = log(page).get_by_role("article", name="Note by Bo Larsen")
    await expect(note).to_contain_text("Please look at this.")
    await expect(note).to_contain_text("receipt.txt")
    await expect(note).to_contain_text(f"Forwarded to {BANK}")


async def _join(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    """One who got a copy answers: the case says so, and shows their words when asked."""
    await desk.say("email", "Nothing has reached us.", person="Bea B.", address=BEA)
    line = log(page).get_by_text("answered as a participant of this case")
    await expect(line).to_be_visible()
    await expect(log(page).get_by_text("Nothing has reached us.")).to_have_count(0)
    await log(page).get_by_role("button", name="Show", exact=True).press("Enter")
    said = log(page).get_by_role("article", name="Message from Bea B.")
    await expect(said).to_contain_text("Nothing has reached us.")
    await screenshot(page, "joined")
    await log(page).get_by_role("link", name="Their conversation").click()
    await expect(log(page).get_by_role("heading", name="of Ana Lopez")).to_be_visible()
    await screenshot(page, "joined-side")
    await page.go_back()


async def _look_elsewhere(desk: PlayedDesk, chromium: Browser, screenshot: Screenshot) -> None:
    """The same on a phone at night: the open copies fit, and those of before are offered."""
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        locale="ru-RU",
        has_touch=True,
        is_mobile=True,
        bypass_csp=True,
        storage_state=await desk.context.storage_state(),
    )
    page = await context.new_page()
    await desk.open(page, "/inbox/open/1")
    await page.locator(".composer").get_by_role("textbox").tap()  # Empty it is a bar, until then.
    await page.get_by_role("button", name="Bea B.").click()
    await expect(page.locator(".chip.known")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await screenshot(page, "copies-phone")
    assert await faults_of_access(page) == []
    await context.close()
