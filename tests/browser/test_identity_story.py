"""Who is who, decided by two agents: a merge that needs both, a step-up to its end, notes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.colleagues import join
from tests.browser.desk import DESK_S, PlayedDesk, log, row, write
from tests.waiting import until

GRACE = "grace@people.example"
WEI = "wei@people.example"


@pytest.fixture
async def ada(chromium: Browser, desk: PlayedDesk) -> AsyncIterator[Page]:
    """The page of a second agent, in a browser of her own."""
    context = await chromium.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    await join(context, desk, "Ada King", role="agent")
    yield await context.new_page()
    await context.close()


async def _ask_for_second(page: Page, reason: str) -> None:
    """From the open conversation: Wei is the same, which needs a second agent."""
    panel = page.get_by_role("complementary", name="Person")
    await panel.get_by_role("button", name="Merge with another person").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Who is the same person?").fill("王")
    await dialog.get_by_role("button").filter(has_text="王伟").click()
    await expect(dialog).to_contain_text("What comes together")
    await dialog.get_by_label("Reason").fill(reason)
    await dialog.get_by_role("button", name="Merge", exact=True).click()
    await dialog.get_by_role("button", name="Ask a second agent").click()
    await expect(dialog).to_have_count(0)


async def test_two_agents_decide_a_merge_and_a_customer_confirms_at_the_site(
    page: Page, ada: Page, desk: PlayedDesk, page_errors: list[str]
) -> None:
    await desk.say("webchat", "Wei here.", person="王伟", address=WEI)
    await desk.say("webchat", "May I have my money?", person="Grace Hopper", address=GRACE)
    await desk.open(page)
    await desk.open(ada, "/people/proposals")
    await row(page, "May I have my money?").click()
    panel = page.get_by_role("complementary", name="Person")

    # Two people with an account each: one agent asks, the other refuses, then agrees.
    await _ask_for_second(page, "They share a phone.")
    asked = ada.get_by_role("article", name=re.compile("asks to make"))
    await expect(asked).to_contain_text("They share a phone.")
    people = ada.get_by_role("navigation", name="Screens").get_by_role("link", name="People")
    await expect(people).to_contain_text("1")
    await asked.get_by_role("button", name="Compare").click()
    await expect(asked.get_by_role("article")).to_have_count(2)
    await asked.get_by_role("button", name="Refuse").click()
    dialog = ada.get_by_role("dialog")
    await dialog.get_by_label("Reason").fill("A phone is no proof.")
    await dialog.get_by_role("button", name="Refuse").click()
    await expect(asked).to_have_count(0)
    await _ask_for_second(page, "He showed us both accounts.")
    await asked.get_by_role("button", name="Approve and merge").click()
    await dialog.get_by_role("button", name="Approve and merge").click()
    await expect(log(page)).to_contain_text("Wei here.")
    assert [one for one in page_errors if "409" not in one] == []
    page_errors.clear()  # Chromium logs each merge that was refused until a second agent agrees

    # And it is taken back.
    await panel.get_by_role("button", name="Undo: 王伟").first.click()
    await page.get_by_role("dialog").get_by_label("Reason").fill("It was his brother.")
    await page.get_by_role("dialog").get_by_role("button", name="Separate them").click()
    await expect(log(page)).not_to_contain_text("Wei here.")

    # What the team knows stands beside the conversation, and the other agent reads it.
    await panel.get_by_role("button", name="Add a note").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("Has a brother, Wei.")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await panel.get_by_role("button", name="Add an attribute").click()
    await panel.get_by_label("Name", exact=True).fill("time_zone")
    await panel.get_by_label("Value").fill("Asia/Tokyo")
    await panel.get_by_label("Value").press("Enter")
    await expect(panel.get_by_text("Local time")).to_be_visible()
    await desk.open(ada)
    await row(ada, "May I have my money?").click()
    there = ada.get_by_role("complementary", name="Person")
    await expect(there).to_contain_text("Has a brother, Wei.")

    # An answer that needs a fresh proof: asked for, given at the make-believe exchange.
    await page.get_by_role("button", name=re.compile("^Priority")).click()
    await page.get_by_role("menuitem", name="Proof, channels, account…").click()
    needs = page.get_by_role("dialog")
    await needs.get_by_label("Proof needed").select_option("Freshly confirmed")
    await needs.get_by_role("button", name="Save").click()
    await write(page, "It is on its way.")
    await page.get_by_role("button", name="Ask them to confirm").click()
    await expect(page.get_by_text("Waiting for them to confirm.")).to_be_visible()
    site = await desk.context.new_page()
    await site.goto(await _link(desk))
    await site.get_by_role("radio", name=re.compile("Grace")).check()
    await site.get_by_role("button", name="Confirm").click()
    await expect(site.get_by_role("status")).to_contain_text("Confirmed")
    await site.close()
    await expect(page.get_by_text("Freshly confirmed for this.")).to_be_visible()
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    await desk.until_heard("webchat", "It is on its way.", GRACE)

    # Several people use it: marked where it stands, and seen by the other agent.
    chat = panel.get_by_role("button", name="What to do with Grace Hopper").last
    await chat.click()
    await page.get_by_role("menuitem", name="Mark as shared").click()
    await page.get_by_role("dialog").get_by_role("button", name="Mark as shared").click()
    await expect(there.get_by_text("Shared", exact=True)).to_be_visible()


async def _link(desk: PlayedDesk) -> str:
    """The link that reached Grace."""
    found: list[str] = []

    async def has_come() -> bool:
        texts = " ".join(await desk.heard("webchat", GRACE))
        found[:] = re.findall(r"http://\S+/prove\?step_up=[\w-]+", texts)
        return bool(found)

    await until(has_come, seconds=DESK_S)
    return found[-1]
