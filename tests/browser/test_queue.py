"""Who runs the desk sees what waits and who is there, gives it out, and says who can what: by
keys alone.
"""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.by_keys import press, select, type_into
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk

STOLEN = "Help! Somebody hacked into my account and stole all my coins"


async def test_queue_is_seen_given_out_and_taken_back_and_agents_get_room_and_skills(
    page: Page, desk: PlayedDesk, page_errors: list[str], screenshot: Screenshot
) -> None:
    for number, who in enumerate(("Ana Lopez", "王伟", "Максимилиан Константинопольский")):
        address = f"p{number}@customers.example"
        text = STOLEN if number == 0 else f"Question {number}"
        await desk.say("webchat", text, person=who, address=address)
    await desk.post("/teams", {"name": "Payments"})
    await desk.post("/topics", {"name": "Withdrawals", "names": {"ru": "Выводы"}})
    await desk.open(page, "/inbox/open")
    await press(page.get_by_role("link", name="Queue"))
    lines = page.get_by_role("region", name="Lines of the queue")
    await expect(lines.get_by_role("cell").first).to_have_text("3")
    me = page.get_by_role("listitem").filter(has=page.get_by_label("Whether", exact=False))
    await screenshot(page, "queue")

    await press(me.get_by_role("button", name="Capacity and skills of"))
    form = page.get_by_role("dialog")
    await type_into(form.get_by_label("Capacity"), "0")
    await press(form.get_by_role("button", name="Add a skill"))
    await select(form.get_by_label("Language", exact=True), "Russian")
    await screenshot(page, "queue_desk")
    await press(form.get_by_role("button", name="Save"))
    await expect(me.get_by_text("of 0")).to_be_visible()
    await expect(me.get_by_text("Russian 3")).to_be_visible()

    first = page.get_by_role("listitem").filter(has_text="Ana Lopez")
    await press(first.get_by_role("button", name="Ana Lopez: Give to"))
    await expect(page.get_by_role("menuitem", name="Bo Larsen")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await press(page.get_by_role("button", name="Give it all the same"))
    await expect(lines.get_by_role("cell").first).to_have_text("2")
    page_errors.clear()  # Of the 409 that asked first.
    await expect(page.get_by_role("status").filter(has_text="took the case")).to_be_visible()
    await press(me.get_by_role("button", name="Bo Larsen: Cases"))
    held = me.get_by_role("listitem")
    await expect(held).to_contain_text("Ana Lopez")
    await screenshot(page, "queue_held")
    await press(held.get_by_role("button", name="Back to the queue"))
    await expect(lines.get_by_role("cell").first).to_have_text("3")
    # What had the focus has gone: it is at what stands in its place.
    await expect(held).to_be_focused()
    await select(me.get_by_label("Whether", exact=False), "Away")
    await expect(page.get_by_role("button", name="My menu: Away")).to_be_visible()

    await press(page.get_by_role("button", name="How cases are given out"))
    await select(form.get_by_label("Cases go to agents"), "as offers")
    await type_into(form.get_by_label("Weight where somebody waits"), "3")
    await screenshot(page, "queue_form")
    await press(form.get_by_role("button", name="Save"))
    await expect(page.get_by_text("Cases go to agents: as offers")).to_be_visible()
    assert (await desk.get("/queue/settings"))["queue"]["live_weight"] == 3

    await press(page.get_by_role("button", name="Tiers and skills of topics"))
    await press(form.get_by_role("button", name="Add a tier"))
    await type_into(form.get_by_label("Tier, such as VIP"), "VIP")
    await press(form.get_by_role("button", name="Add what a topic needs"))
    await type_into(form.get_by_label("Skill", exact=True), "Payouts")
    await select(form.get_by_label("Level, 1 to 5"), "2")
    await screenshot(page, "queue_needs")
    await press(form.get_by_role("button", name="Save"))
    await expect(form).to_have_count(0)
    kept = (await desk.get("/queue/settings"))["queue"]
    assert kept["tiers"] == [{"value": "VIP", "ahead_minutes": 240}]
    assert [(one["skill"], one["least"]) for one in kept["topic_skills"]] == [("skill:payouts", 2)]

    await press(page.get_by_role("link", name="Triage"))
    await expect(page.get_by_text("To Bo", exact=False)).to_be_visible()
    await type_into(page.get_by_label("A case gets its topic"), "70")
    await press(page.get_by_role("button", name="Save"))
    await expect(page.get_by_text("Saved")).to_be_visible()
    assert (await desk.get("/triage"))["least_confidence"] == 70
    measure = page.get_by_role("button", name="Measure")
    await press(measure)
    await expect(page.get_by_role("region", name="Model").get_by_role("status")).not_to_be_empty()
    await expect(measure).to_be_focused()
    await screenshot(page, "triage")
