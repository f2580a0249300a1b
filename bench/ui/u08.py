"""U8: from the key that sends to the bubble, and from the network's yes to the tick."""

from functools import partial

from bench.bar import Figure, percentile
from bench.ui.crowd import open_crowd, shown
from bench.ui.figures import most
from bench.ui.stand import Stand, timed
from tests.browser.desk import write
from tests.waiting import until

REPLIES = 30
_BUBBLE = """text => pace.until(
  () => [...document.querySelectorAll("[role=log] article")]
    .some((one) => one.textContent.includes(text))
)"""


async def measure(stand: Stand) -> list[Figure]:
    bubbles = []
    async with open_crowd(stand) as crowd:
        page = await stand.page("/inbox/open")
        await crowd.open_favourite(page)
        for number in range(REPLIES):
            text = f"Answer {number} to it."
            await write(page, text)
            await page.wait_for_timeout(150)
            send = partial(page.keyboard.press, "Control+Enter")
            bubbles.append(await timed(page, _BUBBLE, text, send))

        async def ticks() -> list[float]:
            found = await shown(page, "sent", "out", "since_told")
            return found if len(found) >= REPLIES else []

        ticked = await until(ticks, seconds=90)
        await page.close()
    return [
        most("U8", "key to the bubble: p95", percentile(bubbles, 0.95), "ms", 50),
        most("U8", "accepted by the network to the tick: p95", percentile(ticked, 0.95), "ms", 300),
    ]
