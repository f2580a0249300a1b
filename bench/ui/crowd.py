"""People who write in by a stand-in network at an even rate, and what a page shows of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from playwright.async_api import Page

from bench.ui.stand import Stand
from tests.browser.desk import PlayedDesk, log, row
from tests.waiting import until

CHANNEL = "telegram"
FIRST = 7_000_000_000
PEOPLE = 40
FAVOURITE = 5
"""Each fifth word is from the first of them, whose conversation the page has open."""

_numbers = itertools.count(1)


class Crowd:
    """Forty people, the first of them called Favourite."""

    def __init__(self, desk: PlayedDesk, http: aiohttp.ClientSession) -> None:
        self._desk = desk
        self._http = http

    async def say(self, text: str, person: int = 0) -> None:
        """The network has it; the desk will."""
        name = f"Speaker {person}" if person else "Favourite"
        body = {"person": name, "address": str(FIRST + person), "text": text}
        url = f"{self._desk.url}/sandbox/{self._desk.account_of(CHANNEL)}/say"
        async with self._http.post(url, json=body, headers={"Origin": self._desk.url}) as answer:
            assert answer.status == 204, await answer.text()

    async def begin(self) -> None:
        """Each has written once, the first of them last, and the desk has it."""
        for person in reversed(range(PEOPLE)):
            await self.say("Hello.", person)

        async def has_come() -> bool:
            newest = await self._desk.newest()
            return newest is not None and newest["display_name"] == "Favourite"

        await until(has_come, seconds=60)

    async def chat(self, rate: float, seconds: float) -> None:
        """So many words a second, whether or not answers are late."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                person = 0 if number % FAVOURITE == 0 else number % PEOPLE
                group.create_task(self.say(f"Word {next(_numbers)} of many.", person))

    async def open_favourite(self, page: Page) -> None:
        """The page shows that conversation, and the pointer is where it holds nothing still."""
        await row(page, "Favourite").first.click()
        await log(page).get_by_text("Hello.").first.wait_for()
        await log(page).press("End")  # it opens where the reader left off
        await page.mouse.move(1000, 400)


@asynccontextmanager
async def open_crowd(stand: Stand) -> AsyncIterator[Crowd]:
    async with aiohttp.ClientSession() as http:
        crowd = Crowd(stand.desk, http)
        await crowd.begin()
        yield crowd


Since = Literal["since_heard", "since_told"]


async def shown(page: Page, kind: str, direction: str, since: Since) -> list[float]:
    """Milliseconds until each was painted: since the page had it, or since the desk had."""
    found: list[dict[str, Any]] = await page.evaluate("heard.shown")
    return [one[since] for one in found if (one["kind"], one["direction"]) == (kind, direction)]
