"""The first ten minutes of the README by keys alone, on the width of a phone; then by touch."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.desk import EMAIL, NAME, PASSWORD, PlayedDesk
from tests.browser.newcomer import InboxPage, SandboxPage, WidgetPage
from tests.browser.phone import HEIGHT, WIDTH, faults_of_touch, open_phone

PHONE: ViewportSize = {"width": WIDTH, "height": HEIGHT}
FARTHEST = 120
CODE = re.compile(r"^\w{4}-\w{4}-\w{4}$")
WORK_MAIL = "grace@work.example"
HELD_MS = 60_000
"""A mail can be taken back for ten seconds."""


async def go(target: Locator, key: str = "Tab") -> None:
    """The focus is there. Raises AssertionError where no key leads."""
    await target.wait_for()
    for _ in range(FARTHEST):
        if await target.evaluate("one => one === one.getRootNode().activeElement"):
            return
        await target.page.keyboard.press(key)
    raise AssertionError(f"no key leads to {target}")


async def press(target: Locator, key: str = "Tab") -> None:
    await go(target, key)
    await target.page.keyboard.press("Enter")


async def fill(target: Locator, text: str) -> None:
    await go(target)
    await target.page.keyboard.press("Control+a")
    await target.page.keyboard.type(text)


@dataclass(frozen=True, slots=True)
class Newcomer:
    inbox: InboxPage
    sandbox: SandboxPage
    site: Page

    async def write(self, network: str, text: str, *, act: str = "Write") -> None:
        await self.sandbox.page.bring_to_front()
        card = self.sandbox.card(network)
        await fill(card.get_by_role("textbox", name=re.compile("^Text")), text)
        await press(card.get_by_role("button", name=act, exact=True))
        await expect(card.get_by_role("status")).to_contain_text("Look into the inbox.")

    async def change(self, network: str, field: str, text: str) -> None:
        await self.sandbox.page.bring_to_front()
        await fill(self.sandbox.card(network).get_by_label(field), text)

    async def toggle(self, network: str, field: str) -> None:
        await self.sandbox.page.bring_to_front()
        await go(self.sandbox.card(network).get_by_label(field))
        await self.sandbox.page.keyboard.press("Space")

    async def code(self, offer: str, last: str) -> str:
        await self.site.bring_to_front()
        await press(self.site.get_by_role("button", name=offer))
        shown = self.site.locator(".code")
        await expect(shown).to_have_text(CODE)
        await expect(shown).not_to_have_text(last)
        await self.site.keyboard.press("Shift+Tab")  # the focus stayed where it was
        return await shown.inner_text()

    async def open(self, text: str) -> None:
        await self.inbox.page.bring_to_front()
        await press(self.inbox.row(text))
        await expect(self.inbox.composer).to_be_visible()

    async def answer(self, channel: str, text: str) -> Locator:
        """By a channel of the composer's list; without one, by the one that it shows."""
        keys = self.inbox.page.keyboard
        await self.inbox.page.bring_to_front()
        choice = self.inbox.composer.get_by_role("button", name="Channel for the reply")
        if channel:
            await press(choice, "Shift+Tab")
            options = self.inbox.page.get_by_role("menuitemradio")
            wanted = options.filter(has=self.inbox.page.get_by_label(channel)).first
            await expect(wanted).to_be_visible()
            chosen = options.and_(self.inbox.page.locator(":not([data-disabled])"))
            await keys.press("Home")
            for number in range(await chosen.count()):
                # A list that has just come may keep a key until it is drawn.
                await expect(chosen.nth(number)).to_have_attribute("data-highlighted", "")
                if await wanted.get_attribute("data-highlighted") is not None:
                    break
                await keys.press("ArrowDown")
            await keys.press("Enter")
            await expect(choice.get_by_role("img", name=channel)).to_be_visible()
        await fill(self.inbox.composer.get_by_role("textbox", name="Write a reply"), text)
        await keys.press("Control+Enter")
        await keys.press("Escape")
        return self.inbox.message(text)

    async def fits(self) -> None:
        for page in (self.inbox.page, self.sandbox.page, self.site):
            assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.fixture
async def newcomer(new_desk: PlayedDesk, page: Page) -> Newcomer:
    """The first two steps: the agent is made, the sandbox is open, its exchange too."""
    await page.set_viewport_size(PHONE)
    await page.goto(await new_desk.product.setup_link())
    await fill(page.get_by_label("Name", exact=True), NAME)
    await fill(page.get_by_label("Email address"), EMAIL)
    await fill(page.get_by_label("Password"), PASSWORD)
    await page.keyboard.press("Enter")
    inbox = InboxPage(page)
    await expect(inbox.rows_place).to_be_visible()
    sandbox = SandboxPage(await page.context.new_page())
    await sandbox.page.set_viewport_size(PHONE)
    await sandbox.page.goto(f"{new_desk.url}/sandbox")
    async with page.context.expect_page() as opening:
        await press(sandbox.card("Web chat").get_by_role("link", name="Open its own page"))
    site = await opening.value
    await site.set_viewport_size(PHONE)
    return Newcomer(inbox, sandbox, site)


async def test_first_ten_minutes_are_followed_by_keys_on_a_phone(
    newcomer: Newcomer, new_desk: PlayedDesk, chromium: Browser, page_errors: list[str]
) -> None:
    inbox, sandbox, site = newcomer.inbox, newcomer.sandbox, newcomer.site
    keys = inbox.page.keyboard

    # 3. Four strangers.
    await newcomer.write("Telegram", "telegram 0")
    await newcomer.write("Discord", "discord 0")
    await newcomer.change("E-mail", "From", WORK_MAIL)
    await newcomer.write("E-mail", "mail 0")
    await newcomer.toggle("Web chat", "Signed in at the site")
    await newcomer.write("Web chat", "chat 0")
    await inbox.page.bring_to_front()
    await expect(inbox.rows).to_have_count(4)

    # 4. Signed in at the exchange.
    await site.bring_to_front()
    await press(site.get_by_role("link", name="Grace Hopper"))
    await expect(site.get_by_text("Signed in as Grace Hopper")).to_be_visible()
    await press(site.get_by_role("button", name=re.compile("^(Chat|Open the chat)$")))
    box = site.get_by_role("textbox", name="Message")
    await fill(box, "chat 1")
    await site.keyboard.press("Enter")
    await expect(WidgetPage(site).shows("chat 1")).to_be_visible()

    # 5. The others are linked by a code each.
    code = await newcomer.code("Write to us elsewhere", "?")
    await newcomer.write("Telegram", f"/start {code}")
    code = await newcomer.code("Get a new code", code)
    await newcomer.write("Discord", f"/link {code}")
    code = await newcomer.code("Get a new code", code)
    await newcomer.write("E-mail", code)
    await inbox.page.bring_to_front()
    await expect(inbox.rows).to_have_count(2)
    await newcomer.fits()
    await newcomer.write("Telegram", "telegram 1")
    await newcomer.open("telegram 1")
    for text in ("telegram 0", "discord 0", "mail 0", "chat 1"):
        await expect(inbox.message(text)).to_have_count(1)
    await keys.press("i")
    await press(inbox.person.get_by_role("button", name="Verified").first)
    await expect(inbox.page.get_by_role("list", name="Grounds")).to_be_in_viewport()
    await keys.press("Escape")

    # 6. Discord is taken out and back; the stranger of the chat is joined.
    await press(inbox.person.get_by_role("button", name="Show all 6"))
    discord = inbox.person.locator(".card").filter(has_text="Discord")
    await press(discord.get_by_role("button", name=re.compile("^What to do")))
    await keys.press("End")
    await keys.press("Enter")
    dialog = inbox.page.get_by_role("dialog")
    await fill(dialog.get_by_label("Reason"), "Her brother's.")
    await keys.press("Enter")
    await expect(dialog).to_have_count(0)
    await newcomer.write("Discord", "discord 1")
    await inbox.page.bring_to_front()
    taken = inbox.person.get_by_role("listitem").filter(has_text="was taken out")
    await press(taken.get_by_role("button", name="Undo"))
    await fill(dialog.get_by_label("Reason"), "Hers after all.")
    await keys.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(inbox.message("discord 1")).to_have_count(1)
    await keys.press("m")
    await fill(dialog.get_by_label("Who is the same person?"), "Visitor")
    await press(dialog.get_by_role("listitem").get_by_role("button").first)
    await fill(dialog.get_by_label("Reason"), "She named her trades.")
    await keys.press("Enter")
    await expect(dialog).to_have_count(0)
    await keys.press("i")
    await expect(inbox.message("discord 1")).to_have_count(1)
    await expect(inbox.message("chat 0")).to_have_count(1)

    # 7. One answer on each.
    await newcomer.answer("Discord", "by discord")
    await newcomer.answer("Telegram", "by telegram")
    await newcomer.answer("E-mail", "by mail")
    await newcomer.answer("Web chat", "by chat")
    await expect(WidgetPage(site).shows("by chat")).to_be_attached()
    await sandbox.page.bring_to_front()
    await expect(sandbox.arrived("Discord").last).to_contain_text("by discord")
    await expect(sandbox.arrived("Telegram").last).to_contain_text("by telegram")
    await expect(sandbox.arrived("E-mail").last).to_contain_text("by mail", timeout=HELD_MS)

    # 8. Grace changes her mind.
    await newcomer.write("Telegram", "telegram 2", act="Change the last one")
    await newcomer.write("Discord", "", act="Delete the last one")
    await inbox.page.bring_to_front()
    changed = inbox.message("telegram 2")
    await press(changed.get_by_role("button", name="Edited"), "Shift+Tab")
    await expect(changed).to_contain_text("telegram 1")
    gone = inbox.log.get_by_role("article").filter(has_text="What was said")
    await press(gone.locator("summary"), "Shift+Tab")
    await expect(gone).to_contain_text("discord 1")
    await newcomer.fits()

    # 9. Where others read along.
    await sandbox.page.bring_to_front()
    await go(sandbox.card("Discord").get_by_label("Where"))
    await sandbox.page.keyboard.type("#s")
    await newcomer.write("Discord", "in public")
    await inbox.page.bring_to_front()
    await expect(inbox.message("in public")).to_be_attached()
    await newcomer.answer("", f"It went to {WORK_MAIL}.")
    await press(inbox.log.get_by_role("button", name="Continue in private"), "Shift+Tab")
    await sandbox.page.bring_to_front()
    await expect(sandbox.arrived("Discord").last).to_contain_text(WORK_MAIL)

    # 10. A note, and the case is solved; what was said is found.
    await inbox.page.bring_to_front()
    await go(inbox.page.get_by_role("link", name="Back"), "Shift+Tab")
    await keys.press("n")
    await keys.type("Tell the payments team.")
    await keys.press("Control+Enter")
    await expect(inbox.message("Tell the payments team.")).to_be_visible()
    await keys.press("Escape")
    await keys.press("e")
    await keys.press("/")
    await expect(inbox.page.get_by_role("combobox", name="Search messages")).to_be_focused()
    await keys.type("telegram 2")
    await keys.press("Enter")
    await expect(inbox.page.locator("article mark").first).to_be_in_viewport()
    await newcomer.fits()
    assert all("409" in one for one in page_errors), page_errors
    page_errors.clear()  # what was refused in public
    signed_in = await inbox.page.context.storage_state()
    async with open_phone(chromium, storage_state=signed_in) as phone:
        await _by_touch(phone, new_desk, sandbox)


async def _by_touch(phone: Page, desk: PlayedDesk, sandbox: SandboxPage) -> None:
    """Steps 6 to 10 again, with one finger."""
    inbox = InboxPage(phone)
    dialog = phone.get_by_role("dialog")
    await desk.open(phone, "/inbox/all")
    await inbox.row("telegram 2").or_(inbox.row("Grace")).first.tap()
    await expect(inbox.composer).to_be_visible()
    assert await faults_of_touch(phone) == []

    # 5, 6. Why she is believed; the stranger of the chat is parted from her again.
    await phone.get_by_role("button", name="Person", exact=True).tap()
    await inbox.person.get_by_role("button", name="Verified").first.tap()
    await expect(phone.get_by_role("list", name="Grounds")).to_be_in_viewport()
    assert await faults_of_touch(phone) == []
    await inbox.person.get_by_role("button", name=re.compile("^Undo: Visitor")).tap()
    await dialog.get_by_label("Reason").tap()
    await phone.keyboard.type("It was her brother.")
    assert await faults_of_touch(phone) == []
    await dialog.get_by_role("button", name="Separate them").tap()
    await expect(dialog).to_have_count(0)
    await expect(inbox.message("chat 0")).to_have_count(0)
    await inbox.person.get_by_role("button", name="Close").tap()

    # 7. An answer by a channel of the list.
    await inbox.composer.get_by_role("textbox", name="Write a reply").tap()
    await inbox.composer.get_by_role("button", name="Channel for the reply").tap()
    await phone.get_by_role("menuitemradio").filter(has=phone.get_by_label("Telegram")).first.tap()
    await inbox.composer.get_by_role("textbox", name="Write a reply").tap()
    await phone.keyboard.type("by touch")
    assert await faults_of_touch(phone) == []
    await inbox.composer.get_by_role("button", name="Send", exact=True).tap()
    await expect(inbox.message("by touch")).to_contain_text(re.compile("Accepted|Delivered"))
    await expect(sandbox.arrived("Telegram").last).to_contain_text("by touch")

    # 8. What was said before it was changed.
    await inbox.message("telegram 2").get_by_role("button", name="Edited").tap()
    await expect(inbox.message("telegram 2")).to_contain_text("telegram 1")
    assert await faults_of_touch(phone) == []

    # 10. A note; the case sleeps; what was said is found.
    await inbox.composer.get_by_role("button", name="Note", exact=True).tap()
    await inbox.composer.get_by_role("textbox", name="Write a note for your team").tap()
    await phone.keyboard.type("Tell finance too.")
    await inbox.composer.get_by_role("button", name="Add note").tap()
    await expect(inbox.message("Tell finance too.")).to_be_visible()
    await phone.get_by_role("button", name="More", exact=True).tap()
    await expect(phone.get_by_role("menuitem", name="Find")).to_be_visible()
    assert await faults_of_touch(phone) == []
    await phone.get_by_role("menuitem", name="Urgent").tap()
    await phone.get_by_role("link", name="Back").tap()
    await expect(inbox.rows.filter(has_text="Urgent")).to_be_visible()
    assert await faults_of_touch(phone) == []
    await phone.get_by_role("link", name="Search").tap()
    await phone.get_by_role("combobox", name="Search messages").tap()
    await phone.keyboard.type("telegram 2")
    await phone.keyboard.press("Enter")  # as the keyboard of a phone has it
    await expect(phone.locator("article mark").first).to_be_in_viewport()
    assert await faults_of_touch(phone) == []
