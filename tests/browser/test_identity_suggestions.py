"""Who may be one person, decided by an agent: accepted, refused for good; and what an answer does
whose bot was blocked, before and after it is taken back.
"""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from tests.browser.desk import DESK_S, PlayedDesk, answers, log, row, write
from tests.waiting import until

ANA = "ana@people.example"
ANAS_CHAT = "5000000071"
BO = "bo@people.example"
CY = "cy@people.example"


async def hint(desk: PlayedDesk, address: str, *, person: str, number: str) -> None:
    """Somebody who chats names an address."""
    await desk.say("telegram", f"Write to {address} please", person=person, address=number)


async def _until_suggested(desk: PlayedDesk, *names: str) -> None:
    """Somebody of each name may be somebody else."""

    async def are_there() -> bool:
        found = (await desk.get("/suggestions"))["suggestions"]
        return set(names) <= {one[side]["name"] for one in found for side in ("left", "right")}

    await until(are_there, seconds=DESK_S)


async def test_suggestion_is_accepted_or_refused_for_good_and_a_blocked_bot_is_gone_round(
    page: Page, desk: PlayedDesk
) -> None:
    for name, address in (("Ana Lopez", ANA), ("Bo Li", BO), ("Cy Ott", CY)):
        await desk.say("email", f"It is {name}.", person=name, address=address, subject="Hello")
    await hint(desk, ANA, person="An", number=ANAS_CHAT)
    await hint(desk, BO, person="Not Bo", number="5000000072")
    await desk.open(page, "/people")

    # Everybody stands in the list once, and is found by the beginning of an address.
    everybody = page.get_by_role("list", name="Everybody").get_by_role("listitem")
    await expect(everybody).to_have_count(5)
    await page.get_by_role("searchbox").fill("cy@")
    await expect(everybody).to_have_count(1)
    await everybody.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Cy Ott")).to_be_visible()
    await page.get_by_role("link", name="Everybody").click()

    # One is no: that is remembered, whatever they say again.
    await page.get_by_role("link", name="Suggestions").click()
    cards = page.get_by_role("main").get_by_role("article")
    dialog = page.get_by_role("dialog")
    bos = cards.filter(has_text="Not Bo")

    await _until_suggested(desk, "Not Bo", "An")
    await page.reload()
    await bos.get_by_role("button", name="Compare").click()
    await expect(dialog).to_contain_text("What speaks for it")
    await dialog.get_by_role("button", name="Not the same").click()
    await expect(bos).to_have_count(0)
    await hint(desk, BO, person="Not Bo", number="5000000072")
    await hint(desk, CY, person="Cyril", number="5000000073")

    # One is yes, with the reason.
    await cards.filter(has_text="Ana Lopez").get_by_role("button", name="Compare").click()
    await dialog.get_by_label("Reason").fill("Named the address, and the order.")
    await dialog.get_by_role("button", name="Same person").click()
    await expect(dialog).to_have_count(0)
    await _until_suggested(desk, "Cyril")
    await page.reload()
    await expect(cards.filter(has_text="Cyril")).to_have_count(1)
    await expect(cards).to_have_count(1)

    # Ana blocks the bot while an answer waits: it goes on by mail, and says so on both sides.
    telegram = desk.account("telegram")
    await desk.open(page, "/inbox/open")
    await row(page, f"Write to {ANA}").click()
    await expect(log(page)).to_contain_text("It is Ana Lopez.")
    await desk.post(f"/accounts/{telegram}/pause", {})
    await write(page, "Your money is on its way.")
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    await expect(answers(page)).to_have_count(1)
    await desk.drop_in("telegram", "/block", address=ANAS_CHAT)
    await desk.post(f"/accounts/{telegram}/resume", {})
    await desk.until_heard("email", "Your money is on its way.", ANA)
    answer = answers(page).filter(has_text="Your money is on its way.")
    ways = answer.get_by_role("list", name="The ways it took")
    await expect(ways).to_contain_text("not delivered")
    await expect(ways.get_by_role("listitem")).to_have_count(2)
    await expect(log(page)).to_contain_text("The answer did not arrive by")
    assert await desk.heard("telegram", ANAS_CHAT) == []
    [letter] = [one for one in await desk.heard("email", ANA) if "Your money" in one]
    assert "could not deliver this where you wrote before" in letter

    # Taken back, each side has what reached it: the answer is with the mail that it went to.
    panel = page.get_by_role("complementary", name="Person")
    await panel.get_by_role("button", name=re.compile("^Undo")).first.click()
    await dialog.get_by_label("Reason").fill("It was somebody else.")
    await dialog.get_by_role("button", name="Separate them").click()
    await expect(dialog).to_have_count(0)
    await desk.open(page, "/inbox/all")
    await row(page, "Your money is on its way.").click()
    await expect(log(page)).to_contain_text("It is Ana Lopez.")
    await expect(log(page)).not_to_contain_text(f"Write to {ANA}")
    await expect(answers(page)).to_have_count(1)
    await row(page, f"Write to {ANA}").click()
    await expect(log(page)).to_contain_text(f"Write to {ANA}")
    await expect(log(page)).not_to_contain_text("It is Ana Lopez.")
    await expect(answers(page)).to_have_count(0)
