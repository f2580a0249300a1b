"""Formatting at the page: written with keys, buttons and Markdown, pasted, previewed, and seen."""

from __future__ import annotations

import re

from playwright.async_api import Locator, Page, expect

from core.rich_text import Mark
from tests.browser.desk import PlayedDesk, answers, row, saving
from tests.browser.host_page import HostPage, open_widget
from tests.unit.rich_texts import rich
from tests.web.visiting import Chat, Site


async def _write_formatted(page: Page) -> Locator:
    """Bold by its key, a link by its field, a list by Markdown."""
    box = page.get_by_role("textbox", name="Write a reply")
    await box.click()
    await page.keyboard.press("Control+b")
    await page.keyboard.type("Dear Ana")
    await page.keyboard.press("Control+b")
    await page.keyboard.type(", read our terms")
    for _ in range(len("our terms")):
        await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Control+k")
    await page.get_by_label("Address of the link").fill("example.org/terms")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await page.keyboard.type("- one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    return box


async def _check_formatted(shown: Locator) -> None:
    await expect(shown.locator("strong", has_text="Dear Ana")).to_be_visible()
    link = shown.get_by_role("link", name="our terms")
    await expect(link).to_have_attribute("href", "https://example.org/terms")
    await expect(shown.locator("ul > li")).to_have_text(["• one", "• two"])


async def test_reply_is_written_formatted_and_goes_out_so_by_mail_and_chat(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("email", "Where are your terms?", subject="Terms")
    await desk.open(page)
    await row(page, "Where are your terms?").click()
    await _write_formatted(page)
    await page.get_by_role("button", name="Preview").click()
    await _check_formatted(page.get_by_role("list", name="Preview"))
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")

    await _check_formatted(answers(page).first)
    await desk.until_heard("email", "read our terms (https://example.org/terms)\n• one\n• two")

    await desk.say("webchat", "And here?")
    await row(page, "And here?").click()
    await _write_formatted(page)
    await page.keyboard.press("Control+Enter")
    # The signed chat and the mail are one person's: both answers stand in one conversation.
    await expect(answers(page)).to_have_count(2)
    await _check_formatted(answers(page).last)
    await desk.until_heard("webchat", "Dear Ana, read our terms\n• one\n• two")


async def test_pasted_page_keeps_its_formatting_and_loses_its_scripts(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await row(page, "Can you help me?").click()
    box = page.get_by_role("textbox", name="Write a reply")
    await box.click()

    await box.evaluate(
        """(box, html) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/html", html);
            clipboardData.setData("text/plain", "other");
            const options = {clipboardData, bubbles: true, cancelable: true};
            box.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        "<h2>Terms</h2><ul><li>Read <b>this</b></li></ul>"
        "<p><a href='javascript:alert(1)'>no link</a><img src=x onerror=alert(1)></p>",
    )

    await expect(box.locator("p")).to_have_text(["Terms", "Read this", "no link"])
    await expect(box.locator("strong")).to_have_text(["Terms", "this"])
    await expect(box.locator("p[data-list=bullet]")).to_have_count(1)
    await expect(box.locator("a, img")).to_have_count(0)


async def test_draft_keeps_its_formatting_at_the_server(page: Page, desk: PlayedDesk) -> None:
    await desk.say("webchat", "Can you help me?")
    await desk.open(page)
    await row(page, "Can you help me?").click()
    box = page.get_by_role("textbox", name="Write a reply")
    await box.click()
    await page.keyboard.type("I was **about** to say")
    async with saving(page, "to say it"):
        await page.keyboard.type(" it")
    await page.evaluate("localStorage.clear()")

    await page.reload()

    await expect(box).to_have_text("I was about to say it")
    await expect(box.locator("strong")).to_have_text("about")


async def test_visitor_sees_an_answer_formatted_and_a_spoiler_when_they_ask(
    chat: Chat, site: Site, host: HostPage, page: Page
) -> None:
    await page.goto(host.url)
    await open_widget(page)
    box = page.get_by_role("textbox", name="Message")
    await box.fill("Where do I read it?")
    await box.press("Enter")
    await expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    text, spans = rich(
        "{b:Here}: {a:<b>terms</b>}\n{l:• one\n• two}\n{p:a = 1\n  b}\nThe code is {s:4711}.",
        b=Mark.BOLD,
        a=(Mark.LINK, "https://example.org/terms"),
        l=Mark.LIST,
        p=Mark.PRE,
        s=Mark.SPOILER,
    )

    await chat.answer(chat.page(site), text, spans=spans)

    shown = page.locator(".bubble").filter(has_text="The code is")
    await expect(shown.locator("b")).to_have_text("Here")
    link = shown.get_by_role("link", name="<b>terms</b>")
    await expect(link).to_have_attribute("href", "https://example.org/terms")
    await expect(shown.get_by_role("listitem")).to_have_text(["• one", "• two"])
    await expect(shown.locator("pre")).to_have_text("a = 1\n  b", use_inner_text=True)
    await expect(shown).not_to_contain_text("4711")
    await shown.get_by_role("button", name="Show hidden text").click()
    await expect(shown).to_contain_text(re.compile(r"The code is 4711\."))
