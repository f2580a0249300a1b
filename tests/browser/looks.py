"""What is looked at in every state of the inbox. Each returns what is wrong, by state."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page, Route, expect

from tests.browser import pseudo
from tests.browser.desk import PlayedDesk, faults_of_access
from tests.browser.populated import Ids
from tests.browser.states import GO, STATES, State, Stillness, visit

FIT = Path(__file__).with_name("fit.js").read_text("utf-8")
OPEN = "/inbox/all"
NARROW = ((320, 1), (640, 2))
"""Widths in CSS pixels with their scale: a small phone, and 1280 pixels at 200 %."""
Faults = dict[str, list[Any]]
Theme = Literal["light", "dark"]

BONES = "main :is([role=progressbar], [aria-busy=true])"
WAITING = (
    *("/inbox/all/{unproven}", "/people", "/people/{person}", "/people/suggestions", "/drafts"),
    *("/search?q=withdrawal", "/settings/snippets", "/settings/sending"),
)
"""Pages that show where something will stand before it is there."""

FOREIGN = "[dir=auto], bdi, kbd, code, option, time, .subject, .icon"
"""Where a page shows what people, connectors and machines have said."""
_BY_CONNECTORS = frozenset({"new account", "account's settings"})
"""States whose words are mostly those of a connector's form and guide: not ours to translate."""
_THEIRS = re.compile(
    r"^(E-mail|Web chat|Telegram|Discord)( · .*)?( \(sandbox\))?$|@|Mozilla/|^accounts?(/|$)"
    r"|^(Ana Lopez|Bo Larsen|Payments|Withdrawal|English|host|nonsense|is:unread)$"
    # Why a request was refused is said by the server, in English.
    r"|^There is no person|^[0-9a-f]{24}$"
)
_OURS = re.compile(r"[A-Za-z]{3,}")


async def walk(
    page: Page, desk: PlayedDesk, ids: Ids, look: Callable[[State], Awaitable[list[Any]]]
) -> Faults:
    """What is found in each state in turn; states without a fault are left out."""
    still = Stillness(page)
    await desk.open(page, OPEN)
    await still.reached()
    faults: Faults = {}
    for state in STATES:
        await visit(page, still, ids, state)
        if found := await look(state):
            faults[state.name] = found
    return faults


async def access_faults(
    page: Page, desk: PlayedDesk, ids: Ids, *, themes: Sequence[Theme], in_each: bool = False
) -> Faults:
    """What axe-core finds (U13). The states take turns with these themes; or each is brought up
    once and looked at by all of them as it stands."""

    async def look(state: State) -> list[Any]:
        turn = STATES.index(state) % len(themes)
        found: list[Any] = []
        for theme in themes if in_each else themes[turn : turn + 1]:
            await page.emulate_media(color_scheme=theme)
            found += [(theme, *one) for one in await faults_of_access(page)]
            if state.shows:  # by the other theme, too, it was looked at as it should stand
                await expect(page.locator(state.shows).first, state.name).to_be_visible()
        return found

    return await walk(page, desk, ids, look)


async def waiting_faults(page: Page, desk: PlayedDesk, ids: Ids) -> Faults:
    """What axe-core finds on the pages of WAITING while the desk has not answered them yet."""
    held: list[Route] = []
    is_held = False

    async def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            await route.continue_()

    still = Stillness(page)
    await page.route(re.compile("/api/v1/(?!feed)"), hold)
    await desk.open(page, OPEN)
    await still.reached()
    faults: Faults = {}
    for path in WAITING:
        await page.evaluate(GO, "/nowhere")
        await still.reached()
        is_held = True
        await page.evaluate(GO, ids.fill(path))
        await expect(page.locator(BONES).first, path).to_be_attached()
        if found := await faults_of_access(page):
            faults[path] = found
        is_held = False
        while held:
            await held.pop().continue_()
        await still.reached()
    return faults


async def word_faults(page: Page, desk: PlayedDesk, ids: Ids, width: int) -> Faults:
    """What is cut, out of reach, too small for a finger or in no language file (U15).

    The page speaks `pseudo`.
    """
    question = {"mark": pseudo.MARK, "width": width, "foreign": FOREIGN}

    async def look(state: State) -> list[Any]:
        seen = await page.evaluate(FIT, question)
        if not any(pseudo.MARK in text for text in seen["texts"]):
            return ["it does not speak the longer words"]
        found = list(seen["found"])
        if state.name not in _BY_CONNECTORS:
            found += [f"in no file: {one}" for one in seen["texts"] if _is_plain(one)]
        return found

    return await walk(page, desk, ids, look)


def _is_plain(text: str) -> bool:
    if pseudo.MARK in text or _THEIRS.search(text) is not None:
        return False
    return _OURS.search(text) is not None
