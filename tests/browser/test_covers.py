"""How many must be on duty is said on "Shifts", looked at before, and its hole is shown after."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk


async def test_cover_is_saved_over_the_hole_that_it_finds_and_the_hole_is_shown(
    desk: PlayedDesk, page: Page, page_errors: list[str], screenshot: Screenshot
) -> None:
    me = (await desk.get("/me"))["agent"]["id"]
    team = (await desk.post("/teams", {"name": "Payments", "member_ids": [me]}))["id"]
    always = {
        "key": "always",
        "name": "Always",
        "team_id": team,
        "agent_ids": [me],
        "time_zone": "UTC",
        "starts": "00:00",
        "ends": "00:00",
        "first_day": "2026-01-01",
        "weekdays": "mon-sun",
    }
    await desk.put("/rota", {"rota": {"shifts": [always]}, "expect_revision": 0})
    await desk.open(page, "/settings/shifts")
    await expect(page.get_by_text("Everything is covered")).to_be_visible()

    await page.get_by_role("button", name="Rules of the rota").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Add hours").click()
    await form.get_by_role("textbox", name="Name").fill("Nights")
    await form.get_by_label("At least so many").fill("2")
    await form.get_by_role("button", name="Check the rota").click()
    await expect(form.get_by_text("Nights: 1 of 2 on duty from")).to_be_visible()
    await screenshot(page, "checked")
    await form.get_by_role("button", name="Save").click()
    await form.get_by_label("Save all the same").check()
    await form.get_by_role("button", name="Save").click()

    await expect(form).to_have_count(0)
    await expect(page.get_by_text("Nights: 1 of 2 on duty from")).to_be_visible()
    await screenshot(page, "hole")
    [cover] = (await desk.get("/rota"))["rota"]["covers"]
    assert (cover["name"], cover["at_least"], cover["weekdays"]) == ("Nights", 2, "mon-sun")
    # The rota was stopped once: the browser notes what was answered.
    assert [one for one in page_errors if "409" not in one] == []
    page_errors.clear()
