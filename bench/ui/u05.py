"""U5: from the key to the other conversation painted."""

from functools import partial

from playwright.async_api import Page

from bench.bar import Figure, percentile
from bench.ui.figures import best_round, most
from bench.ui.stand import Stand, timed

TIMES = 30
REST_MS = 350
"""An agent looks at a conversation at least as long; meanwhile its neighbours are fetched."""

# The middle of a row in full sight that is another's. What is drawn beyond it would have to be
# scrolled to first, which takes the rows away that were there.
_SPOT = """() => {
  const sight = document.querySelector(".rows.scroll").getBoundingClientRect();
  const found = [...document.querySelectorAll("a.row:not(.selected)")]
    .map((one) => one.getBoundingClientRect())
    .filter((one) => one.top > sight.top && one.bottom < sight.bottom);
  const box = found[Math.floor(found.length / 2)];
  return [box.left + 0.6 * box.width, box.top + box.height / 2];
}"""


async def measure(stand: Stand) -> list[Figure]:
    page = await stand.page("/inbox/open")
    figures = await best_round(partial(switch, page))
    await page.close()
    return figures


async def switch(page: Page, times: int = TIMES) -> list[Figure]:
    near = await by_key(page, times)
    far = await by_press(page, times // 2)
    return [
        near_figure(percentile(near, 0.95)),
        most("U5", "switch by a press, not fetched: p95", percentile(far, 0.95), "ms", 200),
    ]


def near_figure(milliseconds: float) -> Figure:
    return most("U5", "switch by key, fetched before: p95", milliseconds, "ms", 100)


async def by_key(page: Page, times: int) -> list[float]:
    """To the next one, again and again."""
    await open_first(page)
    taken = []
    for _ in range(times):
        await page.wait_for_timeout(REST_MS)
        taken.append(await to_next(page))
    return taken


async def open_first(page: Page) -> None:
    await page.get_by_role("listitem").first.wait_for()
    await page.keyboard.press("j")
    await page.get_by_role("log").wait_for()


async def to_next(page: Page) -> float:
    """Milliseconds from the key to the other conversation painted."""
    title = await page.evaluate("pace.title()")
    return await timed(page, "pace.switched", title, lambda: page.keyboard.press("j"))


async def by_press(page: Page, times: int) -> list[float]:
    """To one further down that nobody has looked at."""
    taken = []
    for _ in range(times):
        await page.wait_for_timeout(REST_MS)
        await page.evaluate("document.querySelector('.rows.scroll').scrollTop += 1500")
        await page.wait_for_timeout(REST_MS)
        title = await page.evaluate("pace.title()")
        spot = await page.evaluate(_SPOT)
        press = partial(page.mouse.click, *spot)
        taken.append(await timed(page, "pace.switched", title, press))
    return taken
