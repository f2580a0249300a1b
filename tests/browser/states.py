"""The states in which the inbox can stand: each brought up without a word of any language.

What holds for every one of them (`test_every_state.py`) is looked at in each: nothing that
axe-core finds, nothing cut off, nothing of a stranger's that runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page, Request, expect

from tests.browser.desk import SETTLED
from tests.browser.populated import Ids

Act = Callable[[Page], Awaitable[None]]
STILL_S = 0.1
LONGEST_S = 60.0
ENDLESS = "/stream"
"""A log that is followed is a request for as long as it is looked at."""
FIELD = ":is(input, textarea, [contenteditable=true]):focus"
STEP = "main ol > li[aria-current=step]"
MENU = ":is([role=menu], [role=listbox]):visible"
DIALOG = "[role=dialog]"
PICKED = ".rows [role=option]"
PICKED_ROW = "a.row.picked"
COMPOSER = "section.composer"
"""A conversation with it is there, and its keys work."""
GO = """path => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`path` may name `{person}`, `{unproven}`, `{account}`; `act` is done once it is
    there, and what `shows` selects is in sight then."""

    name: str
    path: str
    act: Act | None = None
    shows: str = ""


class Stillness:
    """Knows when a page has nothing more to ask for, and nothing more to do."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked = 0
        self._under_way: set[Request] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        if not request.url.endswith(ENDLESS):
            self._asked += 1
            self._under_way.add(request)

    def _end(self, request: Request) -> None:
        self._under_way.discard(request)

    async def reached(self) -> None:
        """Raises TimeoutError if the page still asks after LONGEST_S."""
        async with asyncio.timeout(LONGEST_S):
            while True:
                asked = self._asked
                await asyncio.sleep(STILL_S)
                if self._under_way:
                    continue
                # What has come may lead to the next question, as soon as the page gets to it.
                await self._page.evaluate(SETTLED)
                if self._asked == asked and not self._under_way:
                    return


def key(pressed: str) -> Act:
    async def press(page: Page) -> None:
        await page.keyboard.press(pressed)

    return press


def pick(rows: int, then: str) -> Act:
    """So many of the first rows are picked by their keys, each once it is open; then this key."""

    async def press(page: Page) -> None:
        for number in range(rows):
            before = page.url
            await page.keyboard.press("j")
            await expect(page).not_to_have_url(before)
            await expect(page.locator(COMPOSER)).to_be_visible()
            await page.keyboard.press("x")
            await expect(page.locator(PICKED_ROW)).to_have_count(number + 1)
        await page.keyboard.press(then)

    return press


def typed(text: str, opening: str) -> Act:
    """What the key leads to is written into, from nothing on."""

    async def write(page: Page) -> None:
        await page.keyboard.press(opening)
        await page.locator(FIELD).wait_for()
        await page.keyboard.press("Control+a")
        await page.keyboard.type(text)

    return write


def menu(number: int) -> Act:
    """The list behind one of the conversation's buttons is open."""

    async def unfold(page: Page) -> None:
        await page.locator("main [aria-haspopup]:visible").nth(number).click()

    return unfold


async def own_menu(page: Page) -> None:
    """It says whether one is there, as soon as the desk has said so."""
    await page.locator(".rail .duty").wait_for()
    await page.locator(".rail [aria-haspopup]").click()


async def offer(page: Page) -> None:
    """Answers to choose from are asked for, with what was written."""
    await typed("Which one?", "r")(page)
    await page.locator(".composer .foot .send [aria-haspopup]").click()
    await page.locator("[role=menu] [role=menuitem]").nth(2).click()


async def another_case(page: Page) -> None:
    """It is asked to which case a message belongs: the last of what can be done with it."""
    await page.locator("article.message.in [aria-haspopup]").last.click()
    await page.locator("[role=menu] [role=menuitem]").last.click()


async def who_sees(page: Page) -> None:
    """It is asked who sees the case."""
    await page.locator(".conversation header .tools [aria-haspopup]").first.click()
    await page.locator("[role=menu] [role^=menuitem]").nth(-5).click()


async def promise(page: Page) -> None:
    """It is asked what is promised by when."""
    if not await page.locator("aside h3").first.is_visible():
        await page.keyboard.press("i")
    await page.locator("aside section:has(ul .what) > button").first.click()


async def rule(page: Page) -> None:
    """The rule is open, and what it would have done is known."""
    await page.locator("main li .link").first.click()
    await page.locator(f"{DIALOG} .try button").click()
    await page.locator(f"{DIALOG} .try p").wait_for()


async def macro(page: Page) -> None:
    """It is open to be changed."""
    await page.locator("main li .link").last.click()


async def shift(page: Page) -> None:
    """A new one is begun."""
    await page.locator("main .bar:has([type=checkbox]) > button").last.click()


async def rota(page: Page) -> None:
    """Its rules are open, and what is wrong with it is known."""
    await page.locator("main .bar:has([type=checkbox]) > button").nth(3).click()
    await page.locator(f"{DIALOG} div:has(> [role=status]) > div > button").last.click()


async def versions(page: Page) -> None:
    await page.locator("main summary").click()


def skip(steps: int) -> Act:
    """So many of the desk's first steps are left for later."""

    async def go_on(page: Page) -> None:
        for step in range(1, steps + 1):
            await page.locator("main .foot button").first.click()
            await expect(page.locator(f"{STEP}:nth-child({step + 1})")).to_be_visible()

    return go_on


STATES = (
    State(name="list", path="/inbox/open"),
    State(name="empty list", path="/inbox/mine"),
    State(name="everybody", path="/inbox/all"),
    State(
        name="filtered list",
        path="/inbox/all~is%3Aunread%20%22my%20withdrawal%22",
        shows="search button[aria-pressed=true]",
    ),
    State(
        name="picked rows",
        path="/inbox/all",
        act=pick(2, "u"),
        shows=".bar > .tools button",
    ),
    State(
        name="labels of rows",
        path="/inbox/all",
        act=pick(1, "l"),
        shows=f"{DIALOG} {PICKED}",
    ),
    State(
        name="picked made one",
        path="/inbox/all",
        act=pick(2, "m"),
        shows=f"{DIALOG} [type=radio]",
    ),
    State(name="conversation", path="/inbox/all/{person}"),
    State(name="unproven sender", path="/inbox/all/{unproven}"),
    State(name="nobody's conversation", path="/inbox/open/999999"),
    State(name="note", path="/inbox/all/{person}", act=key("n"), shows=".composer.note"),
    State(
        name="canned replies",
        path="/inbox/all/{person}",
        act=typed("/", "r"),
        shows="#triggers [role=option]",
    ),
    State(name="offers", path="/inbox/all/{person}", act=offer, shows=f"{DIALOG} input"),
    State(name="owner", path="/inbox/all/{person}", act=key("a"), shows=f"{DIALOG} {PICKED}"),
    State(name="labels", path="/inbox/all/{person}", act=key("l"), shows=f"{DIALOG} {PICKED}"),
    State(name="priority", path="/inbox/all/{person}", act=key("p"), shows=f"{DIALOG} {PICKED}"),
    State(name="find", path="/inbox/all/{person}", act=key("f"), shows="search input:focus"),
    State(name="snooze", path="/inbox/all/{person}", act=key("h"), shows=DIALOG),
    State(name="merge", path="/inbox/all/{person}", act=key("m"), shows=f"{DIALOG} input"),
    State(
        name="another case",
        path="/inbox/all/{person}",
        act=another_case,
        shows=f"{DIALOG} fieldset",
    ),
    State(
        name="who sees it",
        path="/inbox/all/{person}",
        act=who_sees,
        shows=f"{DIALOG} [type=radio]",
    ),
    State(name="panel", path="/inbox/all/{person}", act=key("i"), shows="aside h2, aside h3"),
    State(name="promise", path="/inbox/all/{person}", act=promise, shows=f"{DIALOG} input"),
    State(name="first menu", path="/inbox/all/{person}", act=menu(0), shows=MENU),
    State(name="second menu", path="/inbox/all/{person}", act=menu(1), shows=MENU),
    State(name="third menu", path="/inbox/all/{person}", act=menu(2), shows=MENU),
    State(name="own menu", path="/inbox/open", act=own_menu, shows=MENU),
    State(name="palette", path="/inbox/open", act=key("Control+k"), shows=f"{DIALOG} input"),
    State(
        name="commands",
        path="/inbox/open",
        act=typed("> ", "Control+k"),
        shows=f"{DIALOG} [role=option]",
    ),
    State(name="keys", path="/inbox/open", act=key("?"), shows=f"{DIALOG} kbd"),
    State(name="search", path="/search"),
    State(name="found", path="/search?q=withdrawal"),
    State(name="found nothing", path="/search?q=zzzyyyxxx"),
    State(name="wrong query", path="/search?q=is:nonsense"),
    State(name="drafts", path="/drafts"),
    State(name="people", path="/people"),
    State(name="person", path="/people/{person}"),
    State(name="suggestions", path="/people/suggestions"),
    State(name="proposals", path="/people/proposals"),
    State(name="connectors", path="/connectors"),
    State(name="account", path="/connectors/{account}"),
    State(name="account's held", path="/connectors/{account}/held"),
    State(name="account's log", path="/connectors/{account}/log"),
    State(name="account's limits", path="/connectors/{account}/limits"),
    State(name="account's settings", path="/connectors/{account}/settings"),
    State(name="account's history", path="/connectors/{account}/history"),
    State(name="new account", path="/connectors/new"),
    State(name="quarantine", path="/connectors/quarantine"),
    State(name="held", path="/connectors/held"),
    State(name="my settings", path="/settings/me"),
    State(name="alerts", path="/settings/alerts"),
    State(name="sending", path="/settings/sending"),
    State(name="workspace", path="/settings/workspace"),
    State(name="security", path="/settings/security"),
    State(name="snippets", path="/settings/snippets"),
    State(name="queue", path="/settings/queue", shows="main li select"),
    State(name="triage", path="/settings/triage", shows="main form input"),
    State(name="rules", path="/settings/rules", shows="main section + section li .link"),
    State(name="rule", path="/settings/rules", act=rule, shows=f"{DIALOG} .try p"),
    State(name="macro", path="/settings/rules", act=macro, shows=f"{DIALOG} textarea"),
    State(name="shifts", path="/settings/shifts", shows="main h2"),
    State(name="shift", path="/settings/shifts", act=shift, shows=f"{DIALOG} [type=date]"),
    State(name="rota", path="/settings/shifts", act=rota, shows=f"{DIALOG} [role=status] li"),
    State(name="my shifts", path="/settings/my-shifts", shows="main h2"),
    State(name="webhooks", path="/settings/webhooks", shows="main h2"),
    State(name="incidents", path="/settings/incidents", shows="main h3"),
    State(name="handovers", path="/settings/handovers", shows="main h3"),
    State(name="deadlines", path="/settings/deadlines", act=versions, shows="main details li"),
    State(name="approvals", path="/settings/approvals", shows="main h2"),
    State(name="agents", path="/settings/agents"),
    State(name="teams", path="/settings/teams"),
    State(name="labels of the desk", path="/settings/labels", shows="main li .label"),
    State(name="topics", path="/settings/topics", shows="main li b"),
    State(name="fields of cases", path="/settings/fields", shows="main li b"),
    State(name="ladder", path="/settings/ladder"),
    State(name="tokens", path="/settings/tokens"),
    State(name="roles", path="/settings/roles"),
    State(name="audit", path="/settings/audit"),
    State(name="first step", path="/setup", shows=f"{STEP}:nth-child(1)"),
    *(
        State(name=f"step {n + 1}", path="/setup", act=skip(n), shows=f"{STEP}:nth-child({n + 1})")
        for n in (1, 2, 3, 4)
    ),
    State(name="no such page", path="/nowhere"),
)


async def visit(page: Page, still: Stillness, ids: Ids, state: State) -> None:
    """The page, which shows some state already, stands in this one. Raises AssertionError."""
    await page.keyboard.press("Escape")
    await page.evaluate(GO, "/nowhere")
    await page.evaluate(GO, ids.fill(state.path))
    await still.reached()
    if state.act is not None:
        if "{person}" in state.path:
            await expect(page.locator(COMPOSER), state.name).to_be_visible()
        await state.act(page)
    if state.shows:
        await expect(page.locator(state.shows).first, state.name).to_be_visible()
        await still.reached()
