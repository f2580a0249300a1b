"""Keys that are quicker than the page: they belong to what the key before them opens."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.by_keys import chord
from tests.browser.desk import PlayedDesk, row

AT_ONCE = """async (keys) => {
  for (const key of keys) {
    const init = { key, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", init));
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
  }
}"""
"""One key after the other, before the page is drawn again."""


class Slow:
    """One file of the page's parts, which comes when it is let through."""

    def __init__(self, name: str) -> None:
        self.pattern = re.compile(rf"/assets/{name}-[^/]+\.js$")
        self._may_come = asyncio.Event()

    async def lay(self, page: Page) -> None:
        await page.route(self.pattern, self._hold)

    async def _hold(self, route: Route) -> None:
        await self._may_come.wait()
        await route.continue_()

    def let_through(self) -> None:
        self._may_come.set()

    def hold(self) -> None:
        """For the page that is opened next."""
        self._may_come.clear()


async def _open_conversation(page: Page, desk: PlayedDesk) -> Locator:
    """Its keys work. What solves its case."""
    await desk.say("webchat", "Where is my refund?")
    await desk.open(page)
    await row(page, "Where is my refund?").click()
    solve = page.get_by_role("button", name="Solve", exact=True)
    await expect(solve).to_be_visible()
    return solve


async def test_keys_before_what_they_open_is_there_are_written_into_it_and_do_nothing_behind(
    page: Page, desk: PlayedDesk
) -> None:
    """Each of the words would assign, solve, snooze or go elsewhere if it reached the case."""
    later, editor = Slow("later"), Slow("editor")
    await later.lay(page)
    await editor.lay(page)
    solve = await _open_conversation(page, desk)
    where = page.url

    # They come in one file: what is asked for first on a page is what waits for it.
    for opening, field in (
        ("Control+k", page.get_by_role("combobox", name="What do you want to do?")),
        ("l", page.get_by_role("combobox", name="Labels")),
        ("f", page.get_by_role("searchbox")),
    ):
        later.hold()
        await page.reload()
        await expect(solve).to_be_visible()
        await page.keyboard.press(opening)
        await page.keyboard.type("see ha")
        await expect(field).to_have_count(0)
        later.let_through()
        await expect(field).to_have_value("see ha")
        await expect(field).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(field).to_have_count(0)

    await page.keyboard.press("n")
    await page.keyboard.type("see ha")
    editor.let_through()
    note = page.get_by_role("textbox", name="Write a note for your team")
    await expect(note).to_have_text("see ha")
    assert page.url == where
    await expect(solve).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Escape")

    later.hold()
    await page.reload()
    await expect(solve).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("refund")
    later.let_through()
    asked = page.get_by_role("combobox", name="Search messages and people")
    await expect(asked).to_have_value("refund")


async def test_keys_while_a_dialog_closes_do_what_they_do_on_the_page(
    page: Page, desk: PlayedDesk
) -> None:
    await _open_conversation(page, desk)
    labels = page.get_by_role("combobox", name="Labels")
    await page.keyboard.press("l")
    await expect(labels).to_be_focused()

    await page.evaluate(AT_ONCE, ["Escape", "p"])

    await expect(page.get_by_role("combobox", name="Priority")).to_be_focused()
    await expect(page.get_by_role("dialog")).to_have_count(1)
    await page.evaluate(AT_ONCE, ["Escape", "l"])
    await expect(labels).to_be_focused()


async def test_two_keys_in_a_row_are_one_command_however_late_the_page_gets_to_them(
    page: Page, desk: PlayedDesk
) -> None:
    await _open_conversation(page, desk)
    await page.evaluate(
        """addEventListener("keydown", () => {
            const end = performance.now() + 1700;
            while (performance.now() < end);
        }, {once: true})"""
    )

    await chord(page, "g", "s")

    await expect(page).to_have_url(re.compile("/inbox/snoozed"))


async def test_escape_ends_the_wait_for_a_dialog(page: Page, desk: PlayedDesk) -> None:
    slow = Slow("later")
    await slow.lay(page)
    solve = await _open_conversation(page, desk)

    await page.keyboard.press("?")
    await page.keyboard.type("see ha")
    await page.keyboard.press("Escape")
    await page.keyboard.press("l")
    async with page.expect_response(slow.pattern):
        slow.let_through()

    await expect(page.get_by_role("dialog", name="Labels")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(solve).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
