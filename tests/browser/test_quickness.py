"""How quick the inbox is with very many conversations in it: U4 and U5 of `make bench-ui` as gates.

Other tests share the machine. So nothing here is held against the clock: what is counted are rows,
and the processor time of the page's main thread, beside that of a bare list in the same run. The
best of three tries counts.
"""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, CDPSession, Page

from bench.ui import u05
from bench.ui.bare import open_bare
from bench.ui.people import fill
from bench.ui.stand import busy_seconds, metrics_of, watch
from bench.ui.u04 import MOST_OF_A_FRAME, scroll
from tests.browser.desk import PlayedDesk

CONVERSATIONS = 20_000
FRAMES = 60
SWITCHES = 5
TRIES = 3
MOST_OF_A_SWITCH = 35.0
"""20 to 23 were seen; a bare list's frame takes about 3 ms of these two cores."""
MOST_ROWS = 60
ROWS = "/api/v1/conversations?ids="
MOST_ASKED = 10
"""Requests for the 215 rows of 60 frames, 32 at a time; 15 were seen when each batch
asked for what had come into reach since the one before."""
MOST_MESSAGES = 26
"""What fits into the window. The rest of a conversation is drawn once these can be seen."""


async def test_scrolling_and_switching_take_little_of_the_processor(
    browser_context: BrowserContext, desk: PlayedDesk, database_url: str
) -> None:
    await fill(database_url, conversations=CONVERSATIONS, longest=500)
    bare = await open_bare(browser_context)
    page = await browser_context.new_page()
    await watch(page)
    await desk.open(page)
    await page.get_by_role("listitem").first.wait_for()

    unit = await _best(bare, _scroll)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if ROWS in one.url else None)
    await scroll(page, FRAMES)
    requests = len(asked)
    frame = await _best(page, _scroll)
    rows = await page.get_by_role("listitem").count()
    await page.evaluate("document.querySelector('.rows.scroll').scrollTop = 0")
    await u05.open_first(page)
    switched = await _best(page, _switch)
    at_first = await page.evaluate("pace.messages")

    assert rows <= MOST_ROWS
    assert 0 < requests <= MOST_ASKED
    assert 0 < at_first <= MOST_MESSAGES < await page.locator("[data-message]").count()
    assert frame / unit < MOST_OF_A_FRAME
    assert switched / unit < MOST_OF_A_SWITCH


async def _best(page: Page, work: Callable[[Page, CDPSession], Awaitable[float]]) -> float:
    await page.bring_to_front()
    session = await metrics_of(page)
    return min([await work(page, session) for _ in range(TRIES)])


async def _scroll(page: Page, session: CDPSession) -> float:
    """Seconds of the main thread for a frame."""
    began = await busy_seconds(session)
    await scroll(page, FRAMES)
    return (await busy_seconds(session) - began) / FRAMES


async def _switch(page: Page, session: CDPSession) -> float:
    """Seconds of the main thread from the key to the other conversation painted; the median."""
    taken = []
    for _ in range(SWITCHES):
        await page.wait_for_timeout(u05.REST_MS)
        began = await busy_seconds(session)
        await u05.to_next(page)
        taken.append(await busy_seconds(session) - began)
    return statistics.median(taken)
