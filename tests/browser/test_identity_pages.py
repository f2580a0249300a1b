"""What agents see of who somebody is: warnings, targets, needs, splits, no fault of access."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.desk import (
    ADDRESS,
    PlayedDesk,
    answers,
    faults_of_access,
    log,
    row,
    saving,
    write,
)
from tests.browser.looks import BONES
from tests.browser.states import Stillness

ZOE = "zoe@customers.example"


async def _merged(desk: PlayedDesk) -> int:
    """Somebody who chats, and whoever wrote under the name last, are one person; their id."""
    first, second = (one["person_id"] for one in (await desk.rows())[:2])
    winner, loser = sorted((first, second))
    await desk.post(f"/persons/{loser}/merge", {"into": winner, "reason": "Said so by phone."})
    return int(winner)


async def test_answer_to_another_address_than_the_last_is_sent_after_a_yes(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("webchat", "I am in the chat.")
    await desk.say("email", "Now by mail.", person="Zoe", address=ZOE)
    person = await _merged(desk)
    await desk.open(page, f"/inbox/open/{person}")
    await page.get_by_role("button", name="Channel for the reply").click()
    await page.get_by_role("menuitemradio").filter(has=page.get_by_label("Web chat")).click()
    async with saving(page, "Here you are."):
        await write(page, "Here you are.")
    await page.reload()  # what was chosen a while ago is no yes any more
    await expect(page.get_by_role("group", name="Where the answer goes")).to_be_visible()
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    asking = page.get_by_role("group", name="Where the answer goes").get_by_role("alert")
    await expect(asking).to_contain_text("They last wrote by E-mail")
    await expect(answers(page)).to_have_count(0)

    yes = page.get_by_role("button", name=re.compile("^Send by Web chat"))
    await expect(yes).to_be_focused()
    await page.keyboard.press("Enter")

    await desk.until_heard("webchat", "Here you are.")
    assert await desk.heard("email", ZOE) == []


async def test_unproven_word_in_a_proven_conversation_is_loud_and_is_taken_out_and_brought_back(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("email", "Where is my money?", subject="Money")
    await desk.say("email", "Send it elsewhere.", subject="Money", is_authenticated=False)
    person = await _merged(desk)
    await desk.open(page, f"/inbox/open/{person}")

    forged = log(page).get_by_role("article").filter(has_text="Send it elsewhere.")
    await expect(forged).to_contain_text("Unproven. Anybody could have written this")
    true = log(page).get_by_role("article").filter(has_text="Where is my money?")
    await expect(true).not_to_contain_text("Unproven.")
    panel = page.get_by_role("complementary", name="Person")
    await panel.get_by_role("button", name="Known sender").click()
    grounds = page.get_by_role("list", name="Grounds")
    await expect(grounds).to_contain_text("Mail checked by your mail server")
    await expect(grounds).to_contain_text("Domain")
    await expect(grounds).not_to_contain_text("{")
    await page.keyboard.press("Escape")

    await panel.get_by_role("button", name=f"What to do with {ADDRESS}").last.click()
    await page.get_by_role("menuitem", name="Take out of this conversation").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("stands in a conversation of its own")
    await dialog.get_by_label("Reason").fill("Nobody knows who that is.")
    await dialog.get_by_role("button", name="Take out").click()
    await expect(dialog).to_have_count(0)
    await expect(row(page, "Send it elsewhere.")).to_be_visible()
    await expect(forged).to_have_count(0)

    taken = panel.get_by_role("listitem").filter(has_text="was taken out")
    await taken.get_by_role("button", name="Undo").click()
    await dialog.get_by_label("Reason").fill("It was her.")
    await dialog.get_by_role("button", name="Bring back").click()
    await expect(forged).to_be_visible()


async def test_answer_that_needs_more_proof_is_refused_before_it_is_sent(
    page: Page, desk: PlayedDesk
) -> None:
    await desk.say("email", "Tell me my balance.", subject="Balance")
    await desk.open(page)
    await row(page, "Tell me my balance.").click()
    await write(page, "It is 4 BTC.")
    await page.get_by_role("button", name=re.compile("^Priority")).click()
    await page.get_by_role("menuitem", name="Proof, channels, account…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Proof needed").select_option("Verified")
    await dialog.get_by_role("button", name="Save").click()

    needs = page.get_by_role("group", name="What this answer needs")
    await expect(needs.get_by_role("alert")).to_contain_text(
        "Needs: Verified. There is: Known sender."
    )
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await page.get_by_role("textbox", name="Write a reply").press("Control+Enter")
    await expect(answers(page)).to_have_count(0)


async def test_no_page_or_dialog_of_identity_has_a_fault_of_access(
    chromium: Browser, desk: PlayedDesk
) -> None:
    """On a phone in the dark: the narrowest, and the theme with the least contrast to spare."""
    await desk.say("webchat", "I am in the chat.")
    await desk.say("email", "Me again.", subject="Hello", is_authenticated=False)
    person = await _merged(desk)
    await desk.post("/reply-topics", {"name": "withdrawal", "minimum_level": 2})
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        locale="en-GB",
        storage_state=await desk.context.storage_state(),
        bypass_csp=True,
    )
    page = await context.new_page()
    faults: dict[str, list[Any]] = {}
    people = ("/people", f"/people/{person}", "/people/suggestions", "/people/proposals")
    still = Stillness(page)
    for path in (*people, "/settings/topics", "/settings/ladder"):
        await desk.open(page, path)
        await page.get_by_role("heading").first.wait_for(state="attached")
        await still.reached()
        await expect(page.locator(BONES)).to_have_count(0)
        faults[path] = await faults_of_access(page)
        assert await page.evaluate("document.documentElement.scrollWidth") == 390, path
    await desk.open(page, f"/inbox/open/{person}")
    await expect(log(page)).to_contain_text("Unproven.")
    faults["conversation"] = await faults_of_access(page)
    await page.get_by_role("button", name="More", exact=True).first.click()
    await page.get_by_role("menuitem", name="Proof, channels, account…").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    faults["case"] = await faults_of_access(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Person", exact=True).click()
    panel = page.get_by_role("complementary", name="Person")
    await panel.get_by_role(
        "button", name=re.compile("^What to do with (?!this person)")
    ).first.click()
    await page.get_by_role("menuitem", name="Take out of this conversation").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    faults["split"] = await faults_of_access(page)
    await context.close()

    assert {where: found for where, found in faults.items() if found} == {}
