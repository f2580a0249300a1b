"""An outage on its page: opened from a case, joined by a search, answered, handed on, resolved."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk, row


async def test_an_outage_is_opened_from_a_case_joined_by_a_search_answered_and_resolved(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    for number, who in enumerate(("Ana Lopez", "王伟", "Максимилиан Константинопольский")):
        address = f"p{number}@customers.example"
        await desk.say("webchat", f"Deposit {number} is stuck", person=who, address=address)
    await desk.open(page)
    await row(page, "Deposit 0").click()
    await expect(page.get_by_role("heading", name="Ana Lopez", level=1)).to_be_visible()

    await page.get_by_role("button", name="Priority").first.click()
    await page.get_by_role("menuitem", name="Incident…").click()
    await expect(page.get_by_role("combobox", name="Incident…")).to_be_focused()
    await page.keyboard.type("Deposits are stuck")
    await page.keyboard.press("Enter")
    chip = page.get_by_role("link", name="Incident: Deposits are stuck")
    await expect(chip).to_be_visible()
    await expect(page.get_by_text("put it into the incident “Deposits are stuck”")).to_be_visible()
    await screenshot(page, "incident-chip")

    await chip.click()
    await expect(page.get_by_text("1 unsolved of 1 case").first).to_be_visible()
    await page.get_by_label("Put all that a search finds into it").fill("incident:none stuck")
    await page.get_by_role("button", name="Put in").click()
    await expect(page.get_by_text("Done: 2 of 2")).to_be_visible()
    await expect(page.get_by_text("3 unsolved of 3 cases").first).to_be_visible()
    await page.get_by_label("A note for agents").fill("The wallet's node fell behind")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("The wallet's node fell behind")).to_be_visible()
    await screenshot(page, "incident")

    await page.get_by_role("button", name="Answer them").click()
    await page.get_by_label("What they are told").fill("We know of it, {{person.first_name}}.")
    await expect(page.get_by_text("To be answered: 3 cases")).to_be_visible()
    await expect(page.get_by_text("We know of it, Ana.")).to_be_visible()
    await screenshot(page, "incident-answer")
    await page.get_by_role("button", name="Send to 3 cases").click()
    await expect(page.get_by_text("Answered: 3 of 3")).to_be_visible(timeout=20_000)
    await page.reload()
    await expect(page.get_by_text("Answered: 3 of 3")).to_be_visible(timeout=20_000)

    await page.get_by_role("button", name="Resolve", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Solve what is open in it too: 3 cases").check()
    await screenshot(page, "incident-resolve")
    await dialog.get_by_role("button", name="Resolve").click()
    await expect(page.get_by_text("0 unsolved of 3 cases").first).to_be_visible()
