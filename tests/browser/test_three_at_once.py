"""One conversation, three people: an agent who answers by keys, another who does so on a phone, and
a supervisor who gives the case to one of them. Nobody answers twice without knowing.
"""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.browser.by_keys import HAS_FOCUS
from tests.browser.colleagues import join
from tests.browser.desk import PlayedDesk, Wire, answers, log, row, saving
from tests.browser.phone import faults_of_touch, open_phone

ASKED = "Where is my refund?"


async def test_three_at_one_conversation_see_each_other_and_know_who_was_faster(
    chromium: Browser, desk: PlayedDesk, page_errors: list[str]
) -> None:
    await desk.say("webchat", ASKED)
    bo = await desk.context.new_page()
    wire = Wire()
    await wire.lay(bo)
    sam_context = await chromium.new_context(locale="en-GB")
    await join(sam_context, desk, "Sam Vega", role="supervisor")
    sam = await sam_context.new_page()
    async with open_phone(chromium) as ada:
        await join(ada.context, desk, "Ada King", role="agent")

        # Bo begins an answer by keys, and Ada sees it where she would write hers.
        await desk.open(bo)
        await expect(row(bo, ASKED)).to_be_visible()
        await bo.keyboard.press("j")
        await expect(log(bo)).to_contain_text(ASKED)
        await bo.keyboard.press("r")
        async with saving(bo, "tomorrow"):
            await bo.keyboard.type("It comes tomorrow.")
        await desk.open(ada)
        await row(ada, ASKED).get_by_role("link").tap()
        await expect(ada.get_by_text("Bo Larsen is writing a reply")).to_be_visible()
        await ada.get_by_role("region", name="Composer").get_by_role("textbox").tap()
        await ada.keyboard.type("It is on its way.")
        there = bo.get_by_role("status").filter(has_text="Ada King is writing a reply")
        await expect(there).to_be_visible()
        assert await faults_of_touch(ada) == []

        # Sam gives the case to Ada, by keys; both read it in the conversation.
        await desk.open(sam)
        await expect(row(sam, ASKED)).to_be_visible()
        await sam.keyboard.press("j")
        await expect(log(sam)).to_contain_text(ASKED)
        await sam.keyboard.press("a")
        dialog = sam.get_by_role("dialog")
        await expect(dialog.get_by_role("option", name="Ada King")).to_be_visible()
        await sam.keyboard.type("Ada")
        await expect(dialog.get_by_role("option").first).to_contain_text("Ada King")
        await sam.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
        for page in (bo, ada):
            await expect(log(page)).to_contain_text("Sam Vega gave the case to Ada King")

        # Ada is faster, and Bo is not told in time: his is not sent behind his back, and not lost.
        await wire.cut()
        await ada.get_by_role("button", name="Send", exact=True).tap()
        await desk.until_heard("webchat", "It is on its way.")
        await expect(answers(ada)).to_have_count(1)
        assert await faults_of_touch(ada) == []
        await expect(bo.get_by_role("textbox", name="Write a reply")).to_be_focused()
        await bo.keyboard.press("Control+Enter")
        told = bo.get_by_role("status").filter(has_text="Ada King replied")
        back = told.get_by_role("button", name="Edit")
        await expect(back).to_be_visible()
        while not await back.evaluate(HAS_FOCUS):
            await bo.keyboard.press("Shift+Tab")
        await bo.keyboard.press("Enter")
        field = bo.get_by_role("textbox", name="Write a reply")
        await expect(field).to_have_text("It comes tomorrow.")
        await expect(field).to_be_focused()
        await wire.mend(bo)
        await expect(answers(bo)).to_contain_text("It is on its way.")
        await bo.keyboard.press("Control+Enter")
        await desk.until_heard("webchat", "It comes tomorrow.")
        assert await desk.heard("webchat") == ["It is on its way.", "It comes tomorrow."]

        # A note that was only begun waits in the list, and where it was begun.
        await bo.keyboard.press("Escape")
        await bo.keyboard.press("n")
        async with saving(bo, "bank"):
            await bo.keyboard.type("Ask the bank")
        await bo.keyboard.press("Escape")
        await bo.keyboard.press("u")
        await expect(row(bo, "Draft")).to_be_visible()
        await bo.keyboard.press("j")
        await bo.keyboard.press("n")
        note = bo.get_by_role("textbox", name="Write a note for your team")
        await expect(note).to_be_focused()
        await expect(note).to_have_text("Ask the bank")
        await expect(ada.get_by_text("Bo Larsen is writing a note")).to_be_visible()
    await sam_context.close()
    assert all("409" in one for one in page_errors), page_errors
    page_errors.clear()  # what crossed
