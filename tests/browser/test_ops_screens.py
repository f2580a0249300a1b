"""Every screen that runs the desk, in light, in dark and on a phone: readable by everybody.

What does not change with the theme is looked at in each of them by `test_every_state.py`; here only
of an account that is paused, as none is there.
"""

from __future__ import annotations

from playwright.async_api import Page, ViewportSize, expect

from tests.browser.conftest import Screenshot
from tests.browser.desk import RULES, PlayedDesk
from tests.browser.looks import BONES
from tests.browser.page_access import check_access
from tests.browser.states import GO, Stillness

SETTINGS = (
    *("me", "security", "snippets", "workspace", "agents", "teams", "labels", "topics", "ladder"),
    *("tokens", "roles", "audit"),
)
TABS = ("", "/held", "/log", "/limits", "/history", "/settings")
CONTRAST = ["color-contrast"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}


async def test_screens_that_run_the_desk_are_readable_by_everybody(
    page: Page, desk: PlayedDesk, screenshot: Screenshot
) -> None:
    await desk.say("email", "Where is my money?")
    accounts = (await desk.get("/accounts"))["accounts"]
    mail = next(one["id"] for one in accounts if one["channel"] == "email")
    await desk.post(f"/accounts/{mail}/check", {})
    await desk.post(f"/accounts/{mail}/pause", {"reason": "The mailbox is being moved. " * 6})
    paths = [
        *("/connectors", "/connectors/held", "/connectors/quarantine", "/connectors/new"),
        *(f"/connectors/{mail}{tab}" for tab in TABS),
        *(f"/settings/{one}" for one in SETTINGS),
    ]
    await page.emulate_media(reduced_motion="reduce")
    still = Stillness(page)
    await desk.open(page, "/connectors")
    await still.reached()
    for path in paths:
        await page.emulate_media(color_scheme="light")
        await page.evaluate(GO, "/nowhere")
        await page.evaluate(GO, path)
        await still.reached()
        await expect(page.locator("main h1")).to_be_visible()
        await expect(page.locator(BONES)).to_have_count(0)
        name = f"ops{path.replace('/', '-')}"
        await screenshot(page, f"{name}-light")
        await check_access(page, rules=RULES if f"/{mail}" in path else CONTRAST)
        await page.emulate_media(color_scheme="dark")
        await screenshot(page, f"{name}-dark")
        await check_access(page, rules=CONTRAST)
        await page.set_viewport_size(PHONE)
        await screenshot(page, f"{name}-phone")
        assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
        await page.set_viewport_size(DESK)
