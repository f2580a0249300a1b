"""Deadlines and handover on their pages: a policy is made, what is owed stands in the list and in a
packet, and whoever comes next takes over.
"""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from router.storage.engine import Database
from tests.browser.desk import PlayedDesk

Screenshot = Callable[[Page, str], Awaitable[None]]
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
    await page.get_by_role("button", name="Add a policy").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("All")
    await form.get_by_label("First answer, minutes").fill("600")
    await form.get_by_label("Solved, minutes").fill("30")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("contradicts itself")).to_be_visible()
    page_errors.clear()  # Chromium says of the refusal that something failed to load.
    await screenshot(page, "policy")
    await form.get_by_label("Solved, minutes").fill("900")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("first answer within 10h")).to_be_visible()
    await screenshot(page, "deadlines")

    await desk.open(page, "/inbox/open")
    await expect(page.get_by_text("due in 10h")).to_be_visible(timeout=20_000)
    await screenshot(page, "list")

    row = await desk.newest()
    assert row is not None
    [case] = (await desk.get(f"/conversations/{row['person_id']}"))["cases"]
    await desk.post(f"/cases/{case['id']}", {"team_id": team["id"], "owner_id": me})
    await desk.open(page, "/settings/handovers")
    await page.get_by_role("button", name="Hand over now").click()
    await page.get_by_label("Your note for the next shift").fill("Mind the bank")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(f"They: {ASKED}")).to_be_visible()
    async with database.transaction() as work:
        await work.driver.execute("update handovers set next_ids = array[$1::bigint]", me)
    await page.reload()
    await expect(page.get_by_text("first answer by")).to_be_visible()
    await screenshot(page, "handover")
    await page.get_by_role("button", name="I take over").click()
    await expect(page.get_by_text("Taken over by")).to_be_visible()
