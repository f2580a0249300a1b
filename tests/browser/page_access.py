"""axe-core on a page of the desk as it stands now."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.desk import AXE, RULES, SETTLED

_RUN = "(rules) => axe.run(document, { runOnly: rules })"


async def check_access(page: Page, *, rules: list[str] = RULES) -> None:
    """No violation of WCAG 2.2 AA (or of these rules), and nothing to be scrolled to sideways."""
    await page.evaluate(SETTLED)
    # By the debugger, since the page's policy lets no script in.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    found = await page.evaluate(_RUN, rules)
    bad = [(one["id"], [n["html"] for n in one["nodes"]]) for one in found["violations"]]
    assert bad == [], (page.url, bad)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), page.url
