"""U14: an agent's day without a pointer, from the first link on. The focus is never lost.

Thirteen of the fourteen tasks of the bar: a filter of reports comes with the reports. A new account
is followed as far as its form; `test_first_run.py` makes one by keys.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.by_keys import chord, tab_to
from tests.browser.desk import DESK_S, EMAIL, NAME, PASSWORD, PlayedDesk, answers, log, row
from tests.waiting import until

# What closes gives the focus back a frame or two later, and what opens may have to come first: on a
# busy machine a conversation takes seconds. Only what is lost for good is waited for to the end.
LOST = """async () => {
  const nowhere = [null, document.body, document.documentElement];
  const isLost = () => nowhere.includes(document.activeElement);
  const until = performance.now() + 30000;
  while (isLost() && performance.now() < until) await new Promise(requestAnimationFrame);
  return isLost();
}"""


@dataclass(slots=True)
class Hands:
    """On the keys only."""

    page: Page
    lost: list[str] = field(default_factory=list)

    async def press(self, *keys: str) -> None:
        """One after the other, and the focus is somewhere after each."""
        for key in keys:
            await self.page.keyboard.press(key)
        await self._look(keys)

    async def chord(self, *keys: str) -> None:
        """One right after the other: together they are one command."""
        await chord(self.page, *keys)
        await self._look(keys)

    async def choose(self, key: str) -> None:
        """From the menu that the button with the focus opens: this key, and then Enter."""
        await self.page.keyboard.press("Enter")
        # Its lines can be seen a moment before the focus is among them.
        await expect(self.page.locator(":is([role=menu], [role=menu] *):focus")).to_be_visible()
        await self.press(key, "Enter")
        await expect(self.page.get_by_role("menu")).to_have_count(0)

    async def _look(self, keys: Sequence[str]) -> None:
        if await self.page.evaluate(LOST):
            self.lost.append(" ".join(keys))

    async def write(self, text: str) -> None:
        await self.page.keyboard.type(text)

    async def reach(self, wanted: Locator) -> None:
        """Tab until it has the focus. Raises AssertionError where no key leads there."""
        await expect(wanted.first).to_be_visible()
        await tab_to(wanted.first)


@pytest.fixture
async def hands(page: Page, new_desk: PlayedDesk) -> Hands:
    """The first run, by keys; the inbox is open."""
    hands = Hands(page)
    # The browser hands file choosers over only some time after it was asked to: from here on.
    page.on("filechooser", lambda _chooser: None)
    await page.goto(await new_desk.product.setup_link())
    await hands.reach(page.get_by_label("Name", exact=True))
    await hands.write(NAME)
    await hands.reach(page.get_by_label("Email address"))
    await hands.write(EMAIL)
    await hands.reach(page.get_by_label("Password"))
    await hands.write(PASSWORD)
    await hands.press("Enter")
    await expect(page.get_by_role("region", name="Conversations", exact=True)).to_be_visible()
    await new_desk.sit_down()
    return hands


async def _is_selected(page: Page, text: str) -> bool:
    return text in str(await page.evaluate("getSelection().toString()"))


async def test_a_day_is_done_by_keys_alone(hands: Hands, new_desk: PlayedDesk) -> None:
    desk, page = new_desk, hands.page
    await desk.post(
        "/snippets",
        {
            "reach": "shared",
            "title": "Refund on its way",
            "texts": {"en": {"text": "Dear {{person.name}}, {{amount}} is on its way."}},
        },
    )
    await desk.say("webchat", "Where is my refund?")
    await desk.say("telegram", "It is me again.", person="Zoe", address="5000000001")

    await expect(row(page, "It is me again.")).to_be_visible()

    # A canned reply with a field, sent.
    await hands.press("j")
    await expect(log(page)).to_contain_text("It is me again.")
    await hands.press("j")
    await expect(log(page)).to_contain_text("Where is my refund?")
    await hands.press("r")
    await hands.write("/refu")
    await expect(page.get_by_role("option", name="Refund on its way")).to_be_visible()
    await hands.press("Enter")
    await until(lambda: _is_selected(page, "{{amount}}"), seconds=DESK_S)
    await hands.write("20 euros")
    await hands.reach(page.get_by_role("button", name="Attach files"))
    async with page.expect_file_chooser() as choosing:
        await hands.press("Enter")
    receipt: FilePayload = {"name": "receipt.txt", "mimeType": "text/plain", "buffer": b"20 euros"}
    await (await choosing.value).set_files(receipt)
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    await hands.reach(page.get_by_role("textbox", name="Write a reply"))
    await hands.press("Control+Enter")
    await expect(answers(page)).to_contain_text("20 euros is on its way")
    await expect(answers(page)).to_contain_text("receipt.txt")

    # A note that tells a colleague; the case is taken, gets another priority, and is put aside.
    await hands.press("Escape", "n")
    await hands.write("@Bo")
    await expect(page.get_by_role("option", name=re.compile(NAME)).first).to_be_visible()
    await hands.press("Enter")
    await hands.write(" look")
    await hands.press("Control+Enter")
    await expect(log(page).get_by_text("look")).to_be_visible()
    await hands.press("Escape", "Shift+A")
    await expect(page.get_by_text(f"{NAME} took the case")).to_be_visible()
    await hands.reach(page.get_by_role("button", name=re.compile("^Priority")))
    await hands.choose("ArrowDown")

    # Two are joined, and parted.
    dialog = page.get_by_role("dialog")
    await hands.press("m")
    await hands.reach(dialog.get_by_label("Who is the same person?"))
    await hands.write("Zoe")
    await hands.reach(dialog.get_by_role("listitem").get_by_role("button"))
    await hands.press("Enter")
    await hands.reach(dialog.get_by_label("Reason"))
    await hands.write("She said so.")
    await hands.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(log(page)).to_contain_text("It is me again.")
    panel = page.get_by_role("complementary", name="Person")
    await hands.reach(panel.get_by_role("button", name="Undo"))
    await hands.press("Enter")
    await hands.reach(dialog.get_by_label("Reason"))
    await hands.write("It was not her.")
    await hands.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(row(page, "It is me again.")).to_be_visible()

    # Searched, kept as a view, all of it solved at once, and that undone.
    await hands.press("/")
    await expect(page.get_by_role("combobox", name="Search messages and people")).to_be_focused()
    await hands.write("refund")
    await hands.press("Enter")
    await hands.reach(page.get_by_role("button", name="Save as view"))
    await hands.press("Enter")
    await hands.reach(page.get_by_label("Name"))
    await hands.write("Refunds")
    await hands.press("Enter")
    kept = page.get_by_role("link", name="Refunds")
    await expect(kept).to_have_attribute("aria-current", "page")
    await expect(row(page, "Ana Lopez")).to_be_visible()
    await hands.press("j")
    await hands.chord("*", "a")
    await hands.reach(page.get_by_role("button", name="Solve", exact=True))
    await hands.press("Enter")
    await hands.reach(page.get_by_role("button", name="Undo", exact=True))
    await hands.press("Enter")
    await expect(page.get_by_text("1 put back", exact=True)).to_be_visible()  # not "0 of 1 …"

    # A label, and the case is put aside. Whoever was answered last stands on top again.
    await hands.press("Escape")
    await hands.chord("g", "i")
    await expect(row(page, "It is me again.")).to_be_visible()
    await expect(row(page, "look")).to_be_visible()
    await hands.press("j")
    await expect(log(page)).to_contain_text("20 euros")
    await hands.press("j")
    await expect(log(page)).to_contain_text("It is me again.")
    await hands.press("l")
    await hands.reach(dialog.get_by_role("combobox"))
    await hands.write("refund")
    await expect(dialog.get_by_role("option")).to_contain_text("refund")
    await hands.press("Enter", "Escape")
    await expect(page.get_by_text(f"{NAME} added: refund")).to_be_visible()
    await hands.press("h")
    await hands.reach(dialog.get_by_role("button", name="Tomorrow"))
    await hands.press("Enter")
    await hands.reach(dialog.get_by_role("button", name="Snooze"))
    await hands.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(row(page, "It is me again.")).to_have_count(0)

    # A new account.
    await hands.chord("g", "c")
    await hands.reach(page.get_by_role("button", name="Add account"))
    await hands.press("Enter")
    await hands.reach(page.get_by_role("button", name=re.compile("Web chat")))
    await hands.press("Enter")
    await hands.reach(page.get_by_label("Name of the account"))

    assert hands.lost == []
