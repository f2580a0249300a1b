"""The visitor's side of the chat on a phone, with one finger."""

from __future__ import annotations

from playwright.async_api import Browser, FilePayload, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.host_page import open_host_page
from tests.browser.phone import ROOMY, faults_of_touch, open_phone
from tests.browser.test_widget_reception import ANYWHERE, CLOSED, CONSENT, FORM
from tests.web.test_visitor_ratings import solve
from tests.web.visiting import Chat

RECEIPT: FilePayload = {"name": "r.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}


async def test_visitor_fills_the_form_sends_a_file_rates_and_writes_out_of_hours_by_touch(
    chat: Chat, chromium: Browser, screenshot: Screenshot
) -> None:
    form = await chat.site("form", allowed_origins=ANYWHERE, form=[*FORM, CONSENT])
    closed = await chat.site("closed", allowed_origins=ANYWHERE, hours=CLOSED)
    async with open_phone(chromium) as page, open_host_page(chat, form) as host:
        await _begin(page, host.url)
        await screenshot(page, "touch-form")
        assert await faults_of_touch(page, ROOMY) == []
        await page.get_by_role("textbox", name="E-mail").tap()
        await page.keyboard.type("ada@people.example")
        await page.get_by_role("combobox", name="Topic").select_option("Refund")
        await page.get_by_role("checkbox").tap()
        await page.get_by_role("button", name="Start the chat").tap()
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="Attach a file").tap()
        await (await choosing.value).set_files([RECEIPT])
        await expect(page.locator(".chip.busy")).to_have_count(0)
        await expect(page.locator(".chip")).to_have_count(1)
        assert await faults_of_touch(page, ROOMY) == []
        await _say(page, "Here is the receipt.")
        await chat.answer(chat.page(form), "Thank you.")
        await solve(chat)
        await chat.relay()
        await page.get_by_role("radio", name="4 of 5").tap()
        await screenshot(page, "touch-rating")
        assert await faults_of_touch(page, ROOMY) == []
        await page.get_by_role("button", name="Send the rating").tap()
        await expect(page.get_by_text("You rated us 4 of 5")).to_be_visible()
        await page.get_by_role("button", name="More").tap()
        assert await faults_of_touch(page, ROOMY) == []
    async with open_phone(chromium) as page, open_host_page(chat, closed) as host:
        await _begin(page, host.url)
        assert await faults_of_touch(page, ROOMY) == []
        await page.get_by_label("leave an address").tap()
        await page.keyboard.type("ada@people.example")
        await page.get_by_role("button", name="Leave it").tap()
        await expect(page.get_by_text("We may answer to ada@people.example")).to_be_visible()
        await _say(page, "Anybody there?")
        await screenshot(page, "touch-closed")
        assert await faults_of_touch(page, ROOMY) == []


async def _begin(page: Page, url: str) -> None:
    await page.goto(url)
    await page.locator("button").last.tap()
    await page.get_by_role("dialog").wait_for()


async def _say(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message").tap()
    await page.keyboard.type(text)
    await page.get_by_role("button", name="Send", exact=True).tap()
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
