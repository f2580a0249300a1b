"""U12: what the page holds in memory after half an hour of work at it, and whether that grows.

What is counted is work, not time: half an hour of it at an agent's pace is 360 turns of keys, while
people write fifteen words in each. It is done as quickly as the page takes it. The second half of
the turns gives the growth by turn, and that the heap after 360 and the growth over the last 180.
With `--short` only 160 are done and the rest is reckoned, which counts as growth without end what
is full after that.
"""

import asyncio
import statistics

from playwright.async_api import CDPSession, Page

from bench.bar import Figure
from bench.ui.crowd import Crowd, open_crowd
from bench.ui.figures import most
from bench.ui.stand import Stand

TURNS = HALF_AN_HOUR = 360
SHORT = 160
SAMPLES = 10
WORDS = 15
PAUSE_MS = 25
"""Between keys: what a key leads to has begun."""
COLLECTIONS = 4
APART_SECONDS = 0.3
_MIB = 2**20


async def measure(stand: Stand) -> list[Figure]:
    turns = SHORT if stand.is_short else TURNS
    async with open_crowd(stand) as crowd:
        page = await stand.page("/inbox/open")
        await crowd.open_favourite(page)
        session = await page.context.new_cdp_session(page)
        samples = await _work(page, session, crowd, turns)
        await page.close()
    slope, begin = statistics.linear_regression(*zip(*samples, strict=True))
    at_half = begin + slope * HALF_AN_HOUR / 2
    said = f"{turns} turns" + f", reckoned to {HALF_AN_HOUR}" * (turns < HALF_AN_HOUR)
    return [
        most("U12", f"{said}: heap", begin + slope * HALF_AN_HOUR, "MB", 150),
        most("U12", f"{said}: growth", 100 * slope * HALF_AN_HOUR / 2 / at_half, "%", 10),
    ]


async def _work(
    page: Page, session: CDPSession, crowd: Crowd, turns: int
) -> list[tuple[float, float]]:
    """Turns since the beginning and MB of the heap, over the second half of them."""
    half = turns // 2
    samples = []
    for number in range(turns + 1):
        if number >= half and (number - half) % (half // SAMPLES) == 0:
            await page.evaluate("heard.shown.length = 0")  # what measures is not measured
            samples.append((float(number), await _heap(session)))
        async with asyncio.TaskGroup() as group:
            group.create_task(crowd.chat(WORDS, 1))
            group.create_task(_cycle(page, number, PAUSE_MS))
    return samples


async def _heap(session: CDPSession) -> float:
    """MB that are in use once what nobody needs has been collected.

    One collection leaves what an answer on its way, a timer or a finaliser holds at that moment,
    now and then 8 MB of it: the least of several counts.
    """
    used = []
    for _ in range(COLLECTIONS):
        await session.send("HeapProfiler.collectGarbage")
        used.append(float((await session.send("Runtime.getHeapUsage"))["usedSize"]) / _MIB)
        await asyncio.sleep(APART_SECONDS)
    return min(used)


async def _cycle(page: Page, number: int, pause_ms: float) -> None:
    """A few seconds of an agent's work, all of it by key."""

    async def press(*keys: str) -> None:
        for key in keys:
            await page.keyboard.press(key)
        await page.wait_for_timeout(pause_ms)

    for _ in range(5):
        await press("j")
    await press("r")
    await page.keyboard.type("I am looking into it.", delay=15)
    await press("Control+a", "Backspace", "Escape")
    await press("k", "Control+k")
    await page.keyboard.type("set", delay=30)
    await press("Escape", "Escape")
    for where in ("d", "p", "s", "m", "e"):
        await press("g", where)
    await press("g", "i")
    if number % 5 == 0:
        await press("j", "n")
        await page.keyboard.type(f"Note {number}.", delay=15)
        await press("Control+Enter", "Escape")
