"""Deadlines and handover on their pages, by keys: a policy is made, what is owed stands in
the list and in a packet, and whoever comes next takes over.
"""

from playwright.async_api import Page, expect

from router.storage.engine import Database
from tests.browser.by_keys import press, type_into
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk

ASKED = "Please send my 5000 USDT to the new address today."


async def test_policy_is_made_and_what_it_leaves_open_is_handed_over_and_taken(
    desk: PlayedDesk,
    page: Page,
    database: Database,
    page_errors: list[str],
    screenshot: Screenshot,
) -> None:
    me = (await desk.get("/me"))["agent"]["id"]
    team = await desk.post("/teams", {"name": "Night", "member_ids": [me]})
    await desk.say("email", ASKED, subject="My withdrawal")

    await desk.open(page, "/settings/deadlines")
    await press(page.get_by_role("button", name="Add a policy"))
    form = page.get_by_role("dialog")
    await type_into(form.get_by_label("Name"), "All")
    await type_into(form.get_by_label("First answer, minutes"), "600")
    await type_into(form.get_by_label("Solved, minutes"), "30")
    await press(form.get_by_role("button", name="Save"))
    await expect(form.get_by_text("contradicts itself")).to_be_visible()
    page_errors.clear()  # Chromium says of the refusal that something failed to load.
    await screenshot(page, "policy")
    await type_into(form.get_by_label("Solved, minutes"), "900")
    await press(form.get_by_role("button", name="Save"))
    await expect(page.get_by_text("first answer within 10h")).to_be_visible()
    await screenshot(page, "deadlines")

    await desk.open(page, "/inbox/open")
    await expect(page.get_by_text("due in 10h")).to_be_visible()
    await screenshot(page, "list")

    row = await desk.newest()
    assert row is not None
    [case] = (await desk.get(f"/conversations/{row['person_id']}"))["cases"]
    await desk.post(f"/cases/{case['id']}", {"team_id": team["id"], "owner_id": me})
    await desk.open(page, "/settings/handovers")
    await press(page.get_by_role("button", name="Hand over now"))
    await type_into(page.get_by_label("Your note for the next shift"), "Mind the bank")
    await press(page.get_by_role("button", name="Save"))
    await expect(page.get_by_text(f"They: {ASKED}")).to_be_visible()
    async with database.transaction() as work:
        await work.driver.execute("update handovers set next_ids = array[$1::bigint]", me)
    await page.reload()
    await expect(page.get_by_text("first answer by")).to_be_visible()
    await screenshot(page, "handover")
    await press(page.get_by_role("button", name="I take over"))
    await expect(page.get_by_role("status").filter(has_text="Taken over by")).to_be_visible()
    # The button has gone: the focus is at what it was a part of, and there are ways on.
    packet = page.get_by_role("region", name="Night:")
    await expect(packet).to_be_focused()
    await press(page.get_by_role("button", name="Night", exact=False).first)
    await expect(packet.get_by_role("heading", level=2)).to_be_focused()
