"""U4: scrolling the list of 50,000 conversations, 300 steps of 300 pixels, one a frame."""

from playwright.async_api import Page

from bench.bar import Figure
from bench.ui.figures import least, most
from bench.ui.stand import Stand

STEPS = 300
_SCROLL = """async () => {
  await pace.until(() => document.querySelector("[role=listitem] a, a[role=listitem]"), 20000);
  const box = document.querySelector(".rows.scroll");
  return await pace.scroll(box, %d, 300);
}"""


async def measure(stand: Stand) -> list[Figure]:
    page = await stand.page("/inbox/open")
    figures = await scroll(page)
    await page.close()
    return figures


async def scroll(page: Page, steps: int = STEPS) -> list[Figure]:
    found = await page.evaluate(_SCROLL % steps)
    frames = found["frames"]
    return [
        least("U4", "frames a second while scrolling", 1000 * steps / sum(frames), "fps", 55),
        most("U4", "the longest frame", max(frames), "ms", 100),
        most("U4", "rows in the document", found["rows"], "rows", 60),
        most("U4", "frames with an empty row in sight", 100 * found["empty"] / steps, "%", 2),
    ]
