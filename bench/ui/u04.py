"""U4: scrolling the list of 50,000 conversations, 300 steps of 300 pixels, one a frame.

Beside it a list without a framework, scrolled the same way in the same run: a browser without a
graphics card on a shared machine has a limit of its own.
"""

from functools import partial

from playwright.async_api import Page

from bench.bar import Figure
from bench.ui.bare import open_bare
from bench.ui.figures import best_round, least, most
from bench.ui.stand import Stand, busy_seconds, metrics_of

STEPS = 300
MOST_OF_A_FRAME = 4.5
"""Frames of the bare list, by processor time: the bar of `tests/browser/test_quickness.py`."""
_SCROLL = """async () => {
  await pace.until(() => document.querySelector("[role=listitem] a, a[role=listitem]"), 20000);
  const box = document.querySelector(".rows.scroll");
  return await pace.scroll(box, %d, 300);
}"""


async def measure(stand: Stand) -> list[Figure]:
    bare = await open_bare(stand.context)
    unit, paced = await _work(bare)
    await bare.close()
    page = await stand.page("/inbox/open")
    figures = await best_round(partial(scroll, page))
    frame, _ = await _work(page)
    await page.close()
    return [
        *figures,
        least("U4", "frames a second of a list without a framework", paced, "fps", 0),
        Figure(
            bar="U4",
            what="main thread for a frame, beside that list",
            value=frame,
            unit="ms",
            limit=unit,
            must=MOST_OF_A_FRAME,
            is_ceiling=True,
        ),
    ]


async def _work(page: Page) -> tuple[float, float]:
    """Milliseconds of the main thread for a frame, and frames a second."""
    session = await metrics_of(page)
    began = await busy_seconds(session)
    figures = await scroll(page)
    return 1000 * (await busy_seconds(session) - began) / STEPS, figures[0].value


async def scroll(page: Page, steps: int = STEPS) -> list[Figure]:
    found = await page.evaluate(_SCROLL % steps)
    frames = found["frames"]
    return [
        least("U4", "frames a second while scrolling", 1000 * steps / sum(frames), "fps", 55),
        most("U4", "the longest frame", max(frames), "ms", 100),
        most("U4", "rows in the document", found["rows"], "rows", 60),
        most("U4", "frames with an empty row in sight", 100 * found["empty"] / steps, "%", 2),
    ]
