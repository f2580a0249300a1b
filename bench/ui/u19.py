"""U19: What a page pays for carrying the widget: its largest picture, its main thread, its layout.

The same page without the widget and with it, in turns; each cost is the median of the pairs'
differences, and of up to three rounds the best counts: what only others' work on the machine added
is in the worse ones. Where every bar holds there is no other round. The widget is the same file
for everybody; a page where nobody chats loads the loader, one whose visitor has a session loads the
widget and its stream.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median

import asyncpg
from playwright.async_api import Browser, BrowserContext, Route

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import WINDOW, Stand, busy_seconds, metrics_of

ROUNDS = 3
PAIRS = 7
# Long enough for the loader, the widget and the first words of its stream to have come.
SETTLED_MS = 1500
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<link rel="icon" href="data:,">%s</head><body><h1>A shop</h1>
<svg width="900" height="500" role="img"><rect width="900" height="500" fill="#0f766e"/></svg>
%s</body></html>"""
_ROWS = "".join(f"<p>Row {number} of many, with some words in it.</p>" for number in range(400))
# Time that keeps somebody waiting: of each long task what is above 50 ms (web.dev, TBT).
_WATCH = """() => {
  window.cost = {lcp: 0, tbt: 0, cls: 0};
  const watch = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add))
    .observe({type, buffered: true});
  watch("largest-contentful-paint", (one) => { cost.lcp = one.startTime; });
  watch("longtask", (one) => { cost.tbt += Math.max(0, one.duration - 50); });
  watch("layout-shift", (one) => { cost.cls += one.value; });
}"""
Cost = dict[str, float]
_MOST = {"lcp": 20, "tbt": 10, "cls": 0, "busy": 60}


async def measure(stand: Stand) -> list[Figure]:
    hook = await _hook(stand.database_url)
    figures = []
    for is_back in (False, True):
        if is_back:
            context = await _open_profile(stand.browser, hook)
            await _begin(context, stand.desk.url)
            best = await _best(partial(_load, context), stand.desk.url)
            await context.close()
        else:
            best = await _best(partial(_load_first, stand.browser, hook), stand.desk.url)
        who = "with a session" if is_back else "first visit"
        figures += [
            most("U19", f"{who}: largest paint later by", best["lcp"], "ms", _MOST["lcp"]),
            most("U19", f"{who}: main thread blocked longer by", best["tbt"], "ms", _MOST["tbt"]),
            most("U19", f"{who}: layout moved more by", best["cls"], "", _MOST["cls"]),
            most("U19", f"{who}: processor of the main thread", best["busy"], "ms", _MOST["busy"]),
        ]
    return figures


async def _open_profile(browser: Browser, hook: str) -> BrowserContext:
    """A browser that was never here; the shop's pages are answered in it."""
    context = await browser.new_context(**WINDOW)
    await context.route("**/shop-*", lambda route: _answer(route, hook))
    await context.add_init_script(f"({_WATCH})()")
    return context


async def _hook(database_url: str) -> str:
    """Of the chat's account in the sandbox."""
    driver = await asyncpg.connect(database_url)
    try:
        found: str = await driver.fetchval(
            "select hook_token from accounts where channel = 'webchat' order by id limit 1"
        )
        return found
    finally:
        await driver.close()


async def _answer(route: Route, hook: str) -> None:
    script = f'<script async src="/widget.js" data-account="{hook}"></script>'
    has_widget = route.request.url.endswith("with")
    body = _PAGE % (script if has_widget else "", _ROWS)
    await route.fulfill(body=body, content_type="text/html; charset=utf-8")


async def _begin(context: BrowserContext, url: str) -> None:
    """This browser has written in the chat before."""
    page = await context.new_page()
    await page.goto(f"{url}/shop-with")
    await page.locator("button").last.click()
    box = page.get_by_role("textbox", name="Message")
    await box.fill("Hello")
    await box.press("Enter")
    await page.get_by_text("Sent", exact=True).wait_for()
    await page.close()


async def _best(load: Callable[[str], Awaitable[Cost]], url: str) -> Cost:
    best: Cost = {}
    for _ in range(ROUNDS):
        one = await _round(load, url)
        best = {name: min(one[name], best.get(name, one[name])) for name in _MOST}
        if all(best[name] <= most for name, most in _MOST.items()):
            break
    return best


async def _round(load: Callable[[str], Awaitable[Cost]], url: str) -> Cost:
    pairs = []
    for _ in range(PAIRS):
        bare = await load(f"{url}/shop-without")
        full = await load(f"{url}/shop-with")
        pairs.append({name: full[name] - bare[name] for name in _MOST})
    return {name: max(0.0, median(one[name] for one in pairs)) for name in _MOST}


async def _load_first(browser: Browser, hook: str, url: str) -> Cost:
    """Nothing of another load is in its cache."""
    context = await _open_profile(browser, hook)
    cost = await _load(context, url)
    await context.close()
    return cost


async def _load(context: BrowserContext, url: str) -> Cost:
    page = await context.new_page()
    session = await metrics_of(page)
    await page.goto(url, wait_until="load")
    await page.wait_for_timeout(SETTLED_MS)
    cost: Cost = await page.evaluate("() => cost")
    busy = await busy_seconds(session) * 1000
    await page.close()
    return {**cost, "busy": busy}
