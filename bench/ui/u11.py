"""U11: answers taken back at random moments, while tabs are closed and the server is killed.

The server dies by the count of answers, not by the clock: on a busy machine it would not live long
enough for any of them. A tab goes on to the next conversation as an agent does, by a link; only
those that were closed are loaded again, since loading took most of the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
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
PEOPLE_EACH = 4
"""For each recall that is wanted: on a busy machine most answers are gone before it is tried."""
KILLS_EVERY = (4, 10)
"""Answers; and at a moment within their hold."""
PATIENCE_S = 300
SEED = 11
BEYOND = ".mark.sending, .mark.sent, .mark.unknown, .mark.failed"
"""Nobody can take it back any more."""


_GO = """path => {
  const link = document.body.appendChild(document.createElement("a"));
  link.href = path;
  link.click();
  link.remove();
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Somebody who wrote by mail, and where they hear."""

    id: int
    name: str
    address: str


@dataclass(slots=True)
class Round:
    """What was taken back, by person, and who never was asked about yet."""

    people: list[Written]
    wanted: int
    recalled: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Person id: their address, and the words."""
    written: int = 0
    kills: int = 0

    @property
    def is_done(self) -> bool:
        return len(self.recalled) >= self.wanted or not self.people


async def measure(stand: Stand) -> list[Figure]:
    chance = random.Random(SEED)
    wanted = SHORT if stand.is_short else RECALLS
    await stand.desk.put("/me/hold", {"hold_seconds": HOLD_S})
    all_of_it = Round(people=await _people(stand, wanted * PEOPLE_EACH), wanted=wanted)
    numbers = itertools.count(1)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_kill(stand, all_of_it, chance))
            for _ in range(LANES):
                group.create_task(_lane(stand, all_of_it, numbers, chance))
    finally:
        await _revive(stand)
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


async def _people(stand: Stand, count: int) -> list[Written]:
    """So many of those who wrote by mail, at the list's end."""
    ids = (await stand.desk.get("/conversations/index?view=open"))["ids"][-count:]
    found = []
    for start in range(0, len(ids), 100):
        batch = ids[start : start + 100]
        rows = (await stand.desk.get(f"/conversations?ids={','.join(map(str, batch))}"))["rows"]
        for row in rows:
            word, _, number = row["display_name"].partition(" ")
            if word == "Person":
                address = f"bench{number}@people.example"
                name = row["display_name"]
                found.append(Written(id=row["person_id"], name=name, address=address))
    return found


async def _lane(
    stand: Stand, of: Round, numbers: itertools.count[int], chance: random.Random
) -> None:
    """In a browser of its own: what one tab could not send, the next one of that browser does."""
    context = await stand.another_profile()
    page = await _open(stand.desk, context, of.people[-1])
    while not of.is_done:
        person = of.people.pop()
        text = f"This was answer {next(numbers)} to it."
        page = await _go(stand.desk, context, page, person)
        await write(page, text)
        await page.keyboard.press("Control+Enter")
        of.written += 1
        closes = chance.random() < 0.4
        if closes:
            await asyncio.sleep(chance.random() * 0.4)
            await page.close()
            page = await _open(stand.desk, context, person)
        await asyncio.sleep(chance.random() * HOLD_S)
        if not closes and chance.random() < 0.5:
            await page.keyboard.press("Escape")
            await page.keyboard.press("z")
        if await _take_back(stand.desk, page, person, text):
            of.recalled[person.id] = (person.address, text)
    await context.close()


async def _go(desk: PlayedDesk, context: BrowserContext, page: Page, person: Written) -> Page:
    """The tab shows that conversation; a new one does if there is no server for this one."""
    await page.evaluate(_GO, f"/inbox/open/{person.id}")
    try:
        await _stands(page, person)
    except Error:
        await page.close()
        return await _open(desk, context, person)
    return page


async def _open(desk: PlayedDesk, context: BrowserContext, person: Written) -> Page:
    """The conversation in a new tab, as soon as there is a server."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        page = await context.new_page()
        try:
            await desk.open(page, f"/inbox/open/{person.id}")
            await _stands(page, person)
        except Error:
            await page.close()
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.3)
        else:
            return page


async def _stands(page: Page, person: Written) -> None:
    """It is theirs, and can be answered. Raises Error if it does not come."""
    title = page.locator("section.conversation h1[dir=auto]")
    await title.filter(has_text=re.compile(rf"^\s*{person.name}\s*$")).wait_for(timeout=30_000)
    await page.get_by_role("textbox", name="Write a reply").wait_for(timeout=30_000)


async def _take_back(desk: PlayedDesk, page: Page, person: Written, text: str) -> bool:
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
    # Whether it is the page that was not told, or the desk that does not send.
    known = (await desk.get(f"/conversations/{person.id}/messages"))["messages"]
    ways = [one["deliveries"] for one in known if text in one["text"]]
    notices = await page.get_by_role("status").all_inner_texts()
    shown = await answer.all_inner_texts()
    raise TimeoutError(f"{text!r} stands as {shown}; the desk says {ways}; notices {notices}")


async def _kill(stand: Stand, of: Round, chance: random.Random) -> None:
    """The server dies now and then, and starts again, until all is done."""
    due = chance.randint(*KILLS_EVERY)
    while not of.is_done:
        await asyncio.sleep(chance.random() * HOLD_S)
        if of.written < due:
            continue
        await stand.desk.product.kill()
        await _revive(stand)
        of.kills += 1
        due = of.written + chance.randint(*KILLS_EVERY)


async def _revive(stand: Stand) -> None:
    if not stand.desk.product.is_alive:
        await stand.desk.product.start()
    await stand.desk.product.until_ready()
