"""The README's day as a supervisor on a phone: colleagues, deadlines, a rule, shifts, a webhook.

Steps 2 and 6 are `test_queue.py` and `test_supervisor_by_touch.py`; with what is stopped at each,
all of them over HTTP are `tests/rig/test_story_supervisor.py`.
"""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import DESK_S, PASSWORD, PlayedDesk, log, row
from tests.browser.phone import ROOMY, faults_of_touch, open_phone
from tests.waiting import until

NOWHERE = "http://127.0.0.1:9999/hook"
MIA, CY = "Mia Chen", "Cy Moss"


async def test_supervisor_sets_up_who_works_when_what_is_owed_a_rule_and_who_is_told_by_touch(
    desk: PlayedDesk, chromium: Browser, screenshot: Screenshot
) -> None:
    owner = await desk.context.storage_state()
    async with open_phone(chromium, storage_state=owner) as page, open_phone(chromium) as hers:
        await _accept(hers, await _invite(page, desk, "agent"), MIA)
        await hers.get_by_role("button", name=re.compile("^My menu")).tap()
        await hers.locator("[role^=menuitem]").filter(has_text="New cases come to you").tap()
        await expect(hers.get_by_role("button", name="My menu: Online")).to_be_visible()
        link = await _invite(page, desk, "supervisor")
        async with open_phone(chromium) as his:
            await _accept(his, link, CY)
        await _make_team(page, desk)
        await screenshot(page, "clicks-team")

        await _promise(page, desk)
        await _rule(page, desk, screenshot)
        await _plan_shifts(page, desk, screenshot)
        await _tell(page, desk, screenshot)


async def _invite(page: Page, desk: PlayedDesk, role: str) -> str:
    """The link that is to be sent to somebody."""
    await desk.open(page, "/settings/agents")
    form = page.locator("form").filter(has=page.get_by_role("button", name="Make link"))
    await form.get_by_label("Role").select_option(role)
    await form.get_by_role("button", name="Make link").tap()
    made = page.get_by_label("Link, good until")
    await expect(made).to_have_value(re.compile("token="))
    assert await faults_of_touch(page, ROOMY) == []
    return await made.input_value()


async def _accept(page: Page, link: str, name: str) -> None:
    await page.goto(link)
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Email address").fill(f"{name.split()[0].lower()}@desk.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Open the desk").tap()
    await expect(page).to_have_url(re.compile("/inbox/open"))


async def _make_team(page: Page, desk: PlayedDesk) -> None:
    await desk.open(page, "/settings/teams")
    await page.get_by_label("Name", exact=True).fill("Day")
    await page.get_by_role("button", name="Add", exact=True).tap()
    team = page.get_by_role("region", name="Day")
    for name in (MIA, CY):
        await team.get_by_label(name, exact=True).tap()
        await expect(page.get_by_text(f"{name} is in Day")).to_be_visible()
    assert await faults_of_touch(page, ROOMY) == []
    [made] = (await desk.get("/teams"))["teams"]
    assert len(made["member_ids"]) == 2


async def _promise(page: Page, desk: PlayedDesk) -> None:
    """A policy that contradicts itself is refused with a sentence; one that does not holds."""
    await desk.open(page, "/settings/deadlines")
    await page.get_by_role("button", name="Add a policy").tap()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("All")
    await form.get_by_label("First answer, minutes").fill("30")
    await form.get_by_label("Counted").first.select_option("round the clock")
    await form.get_by_label("Solved, minutes").fill("10")
    await form.get_by_label("Counted").last.select_option("round the clock")
    await form.get_by_role("button", name="Save").tap()
    await expect(form.get_by_role("alert")).to_contain_text("“All” contradicts itself")
    assert await faults_of_touch(page, ROOMY) == []
    await form.get_by_label("Solved, minutes").fill("")
    await form.get_by_role("button", name="Save").tap()
    await expect(form).to_have_count(0)
    await expect(page.get_by_text(re.compile("first answer within 30"))).to_be_visible()

    await desk.say("email", "Where is my refund?", subject="Refund")
    await desk.open(page, "/inbox/open")
    await expect(row(page, "Refund").get_by_text(re.compile("due in"))).to_be_visible()


async def _rule(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    """It is tried on what was said before; then it runs, and the case and its log say so."""
    await desk.open(page, "/settings/rules")
    await page.get_by_role("button", name="New rule").tap()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("Refunds")
    await form.get_by_role("combobox", name="When", exact=True).select_option("something happens")
    await form.get_by_role("combobox", name="What happens").select_option("a person wrote")
    await form.get_by_role("combobox", name="Text", exact=True).select_option("holds any of")
    await form.get_by_role("textbox", name="Text", exact=True).fill("refund")
    await form.get_by_role("combobox", name="Then", exact=True).select_option("Set the priority")
    await form.get_by_role("spinbutton", name="Priority (1 is urgent)").fill("2")
    await form.get_by_role("button", name="Try on the last 7 days").tap()
    await expect(form.get_by_text("It would have run 1 times in 1 of 1 cases.")).to_be_visible()
    await screenshot(page, "clicks-rule")
    assert await faults_of_touch(page, ROOMY) == []
    await form.get_by_role("button", name="Save").tap()
    await expect(form).to_have_count(0)
    await page.get_by_role("switch", name="Run Refunds").tap()
    await expect(page.get_by_text("“Refunds” is on")).to_be_visible()

    await desk.say("email", "My refund, please!", subject="Refund")
    await desk.open(page, "/inbox/open")
    await row(page, "Refund").tap()
    await expect(log(page).get_by_text("The rule “Refunds” ran")).to_be_visible()
    await desk.open(page, "/settings/rules")
    await page.get_by_role("button", name="1 run today").tap()
    await form.get_by_text("Done", exact=True).tap()
    await expect(form.get_by_text("✓ Text holds any of refund")).to_be_visible()
    await screenshot(page, "clicks-rule-log")
    assert await faults_of_touch(page, ROOMY) == []


async def _plan_shifts(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    """A rota with a hole is saved with a yes; what is open is handed over."""
    await desk.open(page, "/settings/shifts")
    await page.get_by_role("button", name="Add a shift").tap()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("Early")
    await form.get_by_role("group", name="Agents").get_by_label(MIA).tap()
    await form.get_by_role("button", name="Save").tap()
    await expect(form.get_by_role("alert")).to_contain_text("Not saved")
    await screenshot(page, "clicks-shift")
    assert await faults_of_touch(page, ROOMY) == []
    await form.get_by_label("Save all the same").tap()
    await form.get_by_role("button", name="Save", exact=True).tap()
    await expect(form).to_have_count(0)
    await expect(page.get_by_role("row", name=re.compile(MIA))).to_contain_text("Early")

    await desk.open(page, "/settings/handovers")
    await page.get_by_role("button", name="Hand over now").tap()
    await expect(page.get_by_role("heading", name=re.compile("^Day: Asked for"))).to_be_visible()
    await expect(page.get_by_text("Nobody has taken over yet")).to_be_visible()
    await screenshot(page, "clicks-handover")
    assert await faults_of_touch(page, ROOMY) == []


async def _tell(page: Page, desk: PlayedDesk, screenshot: Screenshot) -> None:
    """A receiver that is not there is tried again, and its log says so."""
    await desk.open(page, "/settings/webhooks")
    await page.get_by_role("button", name="New webhook").tap()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=True).fill("Pager")
    await form.get_by_label("Address").fill(NOWHERE)
    for kind in ("agents were told of a danger", "a deadline has passed"):
        await form.get_by_label(kind).tap()
    await screenshot(page, "clicks-webhook")
    assert await faults_of_touch(page, ROOMY) == []
    await form.get_by_role("button", name="Save").tap()
    await expect(page.get_by_label("Its secret, shown only now")).not_to_be_empty()
    await page.get_by_role("button", name="Test", exact=True).tap()
    await expect(form.get_by_role("heading", name="Calls of Pager")).to_be_visible()
    [made] = (await desk.get("/webhooks"))["webhooks"]

    async def is_tried() -> bool:
        [call] = (await desk.get(f"/webhooks/{made['id']}/calls"))["calls"]
        return bool(call["tries"])

    await until(is_tried, seconds=DESK_S)
    await desk.open(page, "/settings/webhooks")
    await expect(page.get_by_text("Failing since")).to_be_visible()
    await page.get_by_role("button", name="Log", exact=True).tap()
    await form.locator("summary").filter(has_text="Waiting").tap()
    await expect(form.locator(".try")).to_contain_text(re.compile("your network|no connection"))
    await screenshot(page, "clicks-webhook-log")
    assert await faults_of_touch(page, ROOMY) == []
