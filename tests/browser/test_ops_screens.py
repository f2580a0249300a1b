"""Every screen that runs the desk, in light, in dark and on a phone: readable by everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from tests.browser.desk import PlayedDesk
from tests.browser.page_access import check_access

Shoot = Callable[[Page, str], Awaitable[None]]
SETTINGS = (
    *("me", "security", "snippets", "workspace", "agents", "teams", "topics", "ladder"),
    *("tokens", "roles", "audit"),
)
TABS = ("", "/held", "/log", "/limits", "/history", "/settings")
LOOKS = (("light", 1440), ("dark", 1440), ("light", 390))


async def test_screens_that_run_the_desk_are_readable_by_everybody(
    page: Page, desk: PlayedDesk, screenshot: Shoot
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
    for theme, width in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two
        for path in paths:
            await desk.open(page, path)
            await expect(page.locator("main h1")).to_be_visible()
            await page.wait_for_load_state("networkidle") if path.endswith("/log") is False else None
            await screenshot(page, f"ops{path.replace('/', '-')}-{theme}-{width}")
            await check_access(page)
