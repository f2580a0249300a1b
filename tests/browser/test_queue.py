"""Who runs the desk sees what waits and who is there, gives it out, and says who can what."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.desk import PlayedDesk

LOOKED_AT = os.environ.get("ONETHREAD_LOOKED_AT")
"""A folder for pictures of each step, for whoever wants to see them."""
STOLEN = "Help! Somebody hacked into my account and stole all my coins"


async def look(page: Page, name: str) -> None:
    if LOOKED_AT:
        await page.wait_for_timeout(400)
        await page.screenshot(path=Path(LOOKED_AT) / f"{name}.png", full_page=True)


async def test_queue_is_seen_given_out_and_taken_back_and_agents_get_room_and_skills(
    page: Page, desk: PlayedDesk, page_errors: list[str]
) -> None:
    for number, who in enumerate(("Ana Lopez", "王伟", "Максимилиан Константинопольский")):
        address = f"p{number}@customers.example"
        text = STOLEN if number == 0 else f"Question {number}"
        await desk.say("webchat", text, person=who, address=address)
    await desk.post("/teams", {"name": "Payments"})
    await desk.open(page, "/inbox/open")
    await page.get_by_role("link", name="Queue").click()
    lines = page.get_by_role("region", name="Lines of the queue")
    await expect(lines.get_by_role("cell").first).to_have_text("3")
    me = page.get_by_role("listitem").filter(has=page.get_by_label("Whether", exact=False))
    await look(page, "queue")

    await me.get_by_role("button", name="Capacity and skills of").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Capacity").fill("0")
    await form.get_by_role("button", name="Add a skill").click()
    await form.get_by_label("Language", exact=True).select_option("ru")
    await look(page, "queue_desk")
    await form.get_by_role("button", name="Save").click()
    await expect(me.get_by_text("of 0")).to_be_visible()
    await expect(me.get_by_text("Russian 3")).to_be_visible()

    first = page.get_by_role("listitem").filter(has_text="Ana Lopez")
    await first.get_by_label("Give to").select_option(index=1)
    await page.get_by_role("button", name="Give it all the same").click()
    await expect(lines.get_by_role("cell").first).to_have_text("2")
    page_errors.clear()  # Of the 409 that asked first.
    await me.get_by_role("button", name="Cases").click()
    held = me.get_by_role("listitem")
    await expect(held).to_contain_text("Ana Lopez")
    await look(page, "queue_held")
    await held.get_by_role("button", name="Back to the queue").click()
    await expect(lines.get_by_role("cell").first).to_have_text("3")
    await me.get_by_label("Whether", exact=False).select_option("away")
    await expect(page.get_by_role("button", name="My menu: Away")).to_be_visible()

    await page.get_by_role("button", name="How cases are given out").click()
    await form.get_by_label("Cases go to agents").select_option("offered")
    await form.get_by_label("Weight where somebody waits").fill("3")
    await look(page, "queue_form")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Cases go to agents: as offers")).to_be_visible()
    assert (await desk.get("/queue/settings"))["queue"]["live_weight"] == 3

    await page.get_by_role("link", name="Triage").click()
    await expect(page.get_by_text("To Bo", exact=False)).to_be_visible()
    await page.get_by_label("A case gets its topic").fill("70")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    assert (await desk.get("/triage"))["least_confidence"] == 70
    await look(page, "triage")
