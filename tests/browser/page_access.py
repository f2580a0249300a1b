"""axe-core on a page of the desk as it stands now."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.desk import AXE, RULES, SETTLED

_RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]);
}"""


async def check_access(page: Page, *, rules: list[str] = RULES) -> None:
    """No violation of WCAG 2.2 AA (or of these rules), and nothing to be scrolled to sideways."""
    await page.evaluate(SETTLED)
    # By the debugger, since the page's policy lets no script in.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    bad = await page.evaluate(_RUN, rules)
    assert bad == [], (page.url, bad)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), page.url
