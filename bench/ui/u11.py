"""U11: answers taken back at random moments, while tabs are closed and the server is killed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, Error, Page

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from tests.browser.desk import PlayedDesk, answers, write

RECALLS = 200
SHORT = 20
LANES = 4
HOLD_S = 3
KILLS_EVERY_S = (10, 25)
PATIENCE_S = 300
SEED = 11
BEYOND = ".mark.sending, .mark.sent, .mark.unknown, .mark.failed"
"""Nobody can take it back any more."""


@dataclass(slots=True)
class Round:
    """What was taken back, by person, and who never was asked about yet."""

    people: list[tuple[int, str]]
    wanted: int
    recalled: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Person id: their address, and the words."""
    kills: int = 0

    @property
    def is_done(self) -> bool:
        return len(self.recalled) >= self.wanted or not self.people


async def measure(stand: Stand) -> list[Figure]:
    chance = random.Random(SEED)
    wanted = SHORT if stand.is_short else RECALLS
    await stand.desk.put("/me/hold", {"hold_seconds": HOLD_S})
    all_of_it = Round(people=await _people(stand, wanted * 2), wanted=wanted)
    numbers = itertools.count(1)
    killing = asyncio.create_task(_kill(stand, all_of_it, chance))
    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(_lane(stand, all_of_it, numbers, chance))
    await killing
    # Whatever is going to go out has gone out by then.
    await asyncio.sleep(HOLD_S + 10)
    sent, lost = 0, 0
    for person_id, (address, text) in all_of_it.recalled.items():
        sent += any(text in heard for heard in await stand.desk.heard("email", address))
        draft = await stand.desk.get(f"/conversations/{person_id}/drafts/reply")
        lost += text not in str(draft)
    count = f"{len(all_of_it.recalled)} recalls, {all_of_it.kills} kills"
    await stand.desk.put("/me/hold", {"hold_seconds": None})
    if len(all_of_it.recalled) < wanted:
        raise RuntimeError(f"only {count}")
    return [
        most("U11", f"{count}: sent after it", sent, "answers", 0),
        most("U11", f"{count}: drafts lost", lost, "drafts", 0),
    ]


async def _people(stand: Stand, count: int) -> list[tuple[int, str]]:
    """Of those who wrote by mail: their ids, and where they hear."""
    ids = (await stand.desk.get("/conversations/index?view=open"))["ids"][-count:]
    found = []
    for start in range(0, len(ids), 100):
        batch = ids[start : start + 100]
        rows = (await stand.desk.get(f"/conversations?ids={','.join(map(str, batch))}"))["rows"]
        names = [(row["person_id"], row["display_name"].split()) for row in rows]
        found += [
            (id_, f"bench{name[1]}@people.example") for id_, name in names if name[0] == "Person"
        ]
    return found


async def _lane(
    stand: Stand, of: Round, numbers: itertools.count[int], chance: random.Random
) -> None:
    """In a browser of its own: what one tab could not send, the next one of that browser does."""
    context = await stand.another_profile()
    while not of.is_done:
        person_id, address = of.people.pop()
        text = f"This was answer {next(numbers)} to it."
        page = await _open(stand.desk, context, person_id)
        await write(page, text)
        await page.keyboard.press("Control+Enter")
        closes = chance.random() < 0.4
        if closes:
            await asyncio.sleep(chance.random() * 0.4)
            await page.close()
            page = await _open(stand.desk, context, person_id)
        await asyncio.sleep(chance.random() * HOLD_S)
        if not closes and chance.random() < 0.5:
            await page.keyboard.press("Escape")
            await page.keyboard.press("z")
        if await _take_back(page, text):
            of.recalled[person_id] = (address, text)
        await page.close()
    await context.close()


async def _open(desk: PlayedDesk, context: BrowserContext, person_id: int) -> Page:
    """The conversation in a new tab, as soon as there is a server."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        page = await context.new_page()
        try:
            await desk.open(page, f"/inbox/open/{person_id}")
            await page.get_by_role("textbox", name="Write a reply").wait_for(timeout=30_000)
        except Error:
            await page.close()
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.3)
        else:
            return page


async def _take_back(page: Page, text: str) -> bool:
    """Whether the words are back in the composer; else they went out. Tries while they wait."""
    box = page.get_by_role("textbox", name="Write a reply")
    answer = answers(page).filter(has_text=text)
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        if text in await box.inner_text() and await answer.count() == 0:
            return True
        if await answer.locator(BEYOND).count() > 0:
            return False
        button = answer.get_by_role("button", name="Take back")
        if await button.count() > 0:
            # It may go while we reach for it; the next look tells where.
            with contextlib.suppress(Error):
                await button.first.click(timeout=500)
        await asyncio.sleep(0.2)
    raise TimeoutError(f"{text!r} stands as {await answer.all_inner_texts()}")


async def _kill(stand: Stand, of: Round, chance: random.Random) -> None:
    """The server dies now and then, and starts again, until all is done."""
    while not of.is_done:
        await asyncio.sleep(chance.uniform(*KILLS_EVERY_S))
        await stand.desk.product.kill()
        await stand.desk.product.start()
        await stand.desk.product.until_ready()
        of.kills += 1
