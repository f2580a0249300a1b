"""U12: what the page holds in memory after half an hour of work at it, and whether that grows.

`--short` works six minutes at triple pace: keys and people three times as quick. Its second half is
nine minutes' worth of work by then, and its growth is said for fifteen.
"""

import asyncio
import statistics
import time

from playwright.async_api import CDPSession, Page

from bench.bar import Figure
from bench.ui.crowd import open_crowd
from bench.ui.figures import most
from bench.ui.stand import Stand

MINUTES = 30
SHORT = 6
PACE = 3
SAMPLES = 8
RATE = 3
PAUSE_MS = 250
SPAN_S = 15 * 60
_MIB = 2**20


async def measure(stand: Stand) -> list[Figure]:
    minutes, pace = (SHORT, PACE) if stand.is_short else (MINUTES, 1)
    async with open_crowd(stand) as crowd:
        page = await stand.page("/inbox/open")
        await crowd.open_favourite(page)
        session = await page.context.new_cdp_session(page)
        chat = asyncio.create_task(crowd.chat(RATE * pace, minutes * 60))
        samples = await _work(page, session, minutes * 60, PAUSE_MS / pace)
        chat.cancel()
        await asyncio.gather(chat, return_exceptions=True)
        await page.close()
    slope, begin = statistics.linear_regression(*zip(*samples, strict=True))
    at_half = begin + slope * samples[0][0]
    said = f"{minutes} min of work" + (" at triple pace" if stand.is_short else "")
    return [
        most("U12", f"{said}: heap", samples[-1][1], "MB", 150),
        most("U12", f"{said}: growth", 100 * slope * SPAN_S / pace / at_half, "%", 10),
    ]


async def _work(
    page: Page, session: CDPSession, seconds: float, pause_ms: float
) -> list[tuple[float, float]]:
    """Seconds since the beginning and MB of the heap, over the second half of the time."""
    began = time.monotonic()
    due = [seconds / 2 + seconds / 2 * at / (SAMPLES - 1) for at in range(SAMPLES)]
    samples = []
    for number in range(10**6):
        await _cycle(page, number, pause_ms)
        now = time.monotonic() - began
        if now >= due[0]:
            del due[: sum(1 for one in due if one <= now)]
            await page.evaluate("heard.shown.length = 0")  # what measures is not measured
            samples.append((now, await _heap(session)))
            if not due:
                break
    return samples


async def _heap(session: CDPSession) -> float:
    """MB that are in use once what nobody needs has been collected."""
    await session.send("HeapProfiler.collectGarbage")
    return float((await session.send("Runtime.getHeapUsage"))["usedSize"]) / _MIB


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
