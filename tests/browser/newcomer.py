"""What a newcomer does at a desk in its sandbox, by what stands on the pages."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

PASSWORD = "a long and winding password"


@dataclass(frozen=True, slots=True)
class SandboxPage:
    """Where one plays the people who write in."""

    page: Page

    def card(self, network: str) -> Locator:
        return self.page.get_by_role("region", name=network, exact=True)

    async def mail(
        self, text: str, *, subject: str, person: str = "", address: str = "", genuine: bool = True
    ) -> None:
        """Somebody writes a mail: Grace, if no other is named."""
        card = self.card("E-mail")
        if person:
            await card.get_by_label("Name").fill(person)
        if address:
            await card.get_by_label("From").fill(address)
        await card.get_by_label("Subject").fill(subject)
        await card.get_by_label("Text").fill(text)
        await card.get_by_label("The sender is genuine").set_checked(genuine)
        async with self._told():
            await card.get_by_role("button", name="Write").click()
        await expect(card.get_by_role("status")).to_contain_text("Said.")

    async def write(self, network: str, text: str, *, where: str = "") -> None:
        """Whoever the card names writes there; `where` is one of its places."""
        await self._act("Write", network, text, where=where)

    async def change(self, network: str, text: str) -> None:
        """What they last wrote in the place that the card shows reads so from now on."""
        await self._act("Change the last one", network, text)

    async def delete(self, network: str) -> None:
        await self._act("Delete the last one", network, "")

    async def _act(self, act: str, network: str, text: str, *, where: str = "") -> None:
        card = self.card(network)
        if where:
            await card.get_by_label("Where").select_option(where)
        await card.get_by_role("textbox", name=re.compile("^Text")).fill(text)
        async with self._told():
            await card.get_by_role("button", name=act, exact=True).click()
        await expect(card.get_by_role("status")).to_contain_text("Look into the inbox.")

    def _told(self) -> AbstractAsyncContextManager[object]:
        """What the card said of the last one still stands there: the answer to this one counts."""
        return self.page.expect_response(lambda answer: answer.request.method == "POST")

    def arrived(self, network: str) -> Locator:
        """What reached the person whose address the form names."""
        return self.card(network).locator("ol").get_by_role("listitem")

    async def open_site(self, customer: str) -> Page:
        """The make-believe exchange with its widget, by the card's link, signed in there."""
        async with self.page.context.expect_page() as opening:
            await self.card("Web chat").get_by_role("link", name="Open its own page").click()
        site = await opening.value
        await site.get_by_role("link", name=customer).click()
        await expect(site.get_by_text(f"Signed in as {customer}")).to_be_visible()
        return site


@dataclass(frozen=True, slots=True)
class WidgetPage:
    """The visitor's side of the chat."""

    page: Page

    async def open(self) -> None:
        # The loader's button until the widget takes its place.
        await self.page.get_by_role("button", name=re.compile("^(Chat|Open the chat)$")).click()
        await self.page.get_by_role("textbox", name="Message").wait_for()

    async def say(self, text: str) -> None:
        box = self.page.get_by_role("textbox", name="Message")
        await box.fill(text)
        await box.press("Enter")

    async def code(self, *, after: str = "") -> str:
        """One to go on elsewhere, for whoever is signed in; `after` is the last that was given."""
        offer = self.page.get_by_role(
            "button", name=re.compile("^(Write to us elsewhere|Get a new code)$")
        )
        await offer.click()
        shown = self.page.locator(".code")
        await expect(shown).to_have_text(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
        await expect(shown).not_to_have_text(after)
        return await shown.inner_text()

    def shows(self, text: str) -> Locator:
        return self.page.locator(".bubble").get_by_text(text, exact=True)


@dataclass(frozen=True, slots=True)
class InboxPage:
    """The agent's page."""

    page: Page

    async def set_up(self, link: str, name: str = "Bo Larsen") -> None:
        """The first agent, by the link that `serve` printed."""
        await self.page.goto(link)
        await self.page.get_by_label("Name", exact=True).fill(name)
        await self.page.get_by_label("Email address").fill("bo@desk.example")
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Open the desk").click()
        await expect(self.rows_place).to_be_visible()

    @property
    def rows_place(self) -> Locator:
        return self.page.get_by_role("region", name="Conversations", exact=True)

    @property
    def rows(self) -> Locator:
        return self.rows_place.get_by_role("link")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def person(self) -> Locator:
        return self.page.get_by_role("complementary", name="Person")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("region", name="Composer")

    def message(self, text: str) -> Locator:
        return self.log.get_by_role("article").filter(has_text=text)

    def row(self, name: str) -> Locator:
        return self.rows.filter(has_text=name)

    async def open(self, row: Locator) -> None:
        await row.click()
        await expect(self.composer).to_be_visible()

    async def choose_channel(self, channel: str) -> None:
        """The composer's choice of the way out; `channel` as it is named there."""
        choice = self.composer.get_by_role("button", name="Channel for the reply")
        await choice.click()
        option = self.page.get_by_role("menuitemradio").filter(has=self.page.get_by_label(channel))
        await option.first.click()
        await expect(choice).to_contain_text(channel)

    async def answer(self, text: str) -> Locator:
        """The reply as the log shows it."""
        box = self.composer.get_by_role("textbox", name="Write a reply")
        await box.fill(text)
        await box.press("Control+Enter")
        return self.message(text)

    async def note(self, text: str) -> Locator:
        await self.composer.get_by_role("button", name="Note").click()
        box = self.composer.get_by_role("textbox", name="Write a note for your team")
        await box.fill(text)
        await self.composer.get_by_role("button", name="Add note").click()
        return self.message(text)

    async def merge(self, other: str, reason: str) -> None:
        """Say that somebody else is the person whose conversation is open."""
        await self.person.get_by_role("button", name="Merge with another person").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("Who is the same person?").fill(other)
        await dialog.get_by_role("listitem").get_by_role("button").first.click()
        await dialog.get_by_label("Reason").fill(reason)
        await dialog.get_by_role("button", name="Merge", exact=True).click()
        await expect(dialog).to_have_count(0)

    async def undo_merge(self, reason: str) -> None:
        """The newest; what evidence joined can be undone as well, and stands below."""
        await self.person.get_by_role("button", name="Undo").first.click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill(reason)
        await dialog.get_by_role("button", name="Separate them").click()
        await expect(dialog).to_have_count(0)
