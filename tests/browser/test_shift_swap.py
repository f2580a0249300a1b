"""An agent gives a shift away on "My shifts"; a colleague hears of it and takes it, with a yes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.colleagues import join
from tests.browser.conftest import Screenshot
from tests.browser.desk import PlayedDesk


@pytest.fixture
async def hers(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A second agent's profile."""
    async with _profile(chromium) as context:
        yield context


@pytest.fixture
async def cys(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A second supervisor's."""
    async with _profile(chromium) as context:
        yield context


@asynccontextmanager
async def _profile(chromium: Browser) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", timezone_id="UTC"
    )
    yield context
    await context.close()


def shift(key: str, team: int, agent: int, starts: str, ends: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": key.title(),
        "team_id": team,
        "agent_ids": [agent],
        "time_zone": "Europe/Berlin",
        "starts": starts,
        "ends": ends,
        "first_day": "2026-01-01",
        "weekdays": "mon-sun",
    }


async def test_shift_that_is_offered_is_taken_by_a_colleague_and_approved(
    desk: PlayedDesk,
    page: Page,
    hers: BrowserContext,
    cys: BrowserContext,
    screenshot: Screenshot,
) -> None:
    await join(hers, desk, "Mia Chen", role="agent")
    await join(cys, desk, "Cy Moss", role="supervisor")
    me = (await desk.get("/me"))["agent"]["id"]
    agents = (await desk.get("/agents"))["agents"]
    [mia] = [one["id"] for one in agents if one["name"] == "Mia Chen"]
    team = (await desk.post("/teams", {"name": "Payments", "member_ids": [me, mia]}))["id"]
    shifts = [
        shift("early", team, mia, "06:00", "10:00"),
        shift("late", team, me, "22:00", "23:00"),
    ]
    rota = {"shifts": shifts, "rest_hours": 1}
    await desk.put("/rota", {"rota": rota, "expect_revision": 0, "accept": True})
    await desk.open(page, "/inbox/open")

    her_page = await hers.new_page()
    await desk.open(her_page, "/settings/my-shifts")
    await her_page.get_by_role("button", name="Give away or swap").nth(1).click()
    form = her_page.get_by_role("dialog")
    await form.get_by_label("To whom").select_option("Bo Larsen")
    await screenshot(her_page, "offer")
    await form.get_by_role("button", name="Offer it").click()
    await expect(her_page.get_by_text("Offered to Bo Larsen")).to_be_visible()
    await screenshot(her_page, "offered")

    await (
        page.get_by_text("Something changed about your shifts")
        .locator("..")
        .get_by_role("link", name="See it")
        .click()
    )
    await screenshot(page, "my-shifts")
    await page.get_by_role("button", name="Take it").click()
    # Whoever takes a shift says nothing on that, supervisor or not: another one does.
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    cy_page = await cys.new_page()
    await desk.open(cy_page, "/settings/my-shifts")
    await cy_page.get_by_role("button", name="Approve").click()

    await expect(page.get_by_text("Done: worked by you")).to_be_visible()
    await expect(her_page.get_by_text("Done: worked by Bo Larsen")).to_be_visible()
    await screenshot(her_page, "done")
