"""The states in which the inbox can stand: each brought up without a word of any language.

What holds for every one of them (`test_every_state.py`) is looked at in each: nothing that
axe-core finds, nothing cut off, nothing of a stranger's that runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, Request

from tests.browser.desk import PlayedDesk

Act = Callable[[Page], Awaitable[None]]
STILL_S = 0.15
LONGEST_S = 10.0
GO = """path => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
LONG = "We have been waiting for the withdrawal since Monday and nobody could say why. " * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`path` may name `{person}`, `{unproven}`, `{account}`; `act` is done once it is there."""

    name: str
    path: str
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class Ids:
    """Of those who stand in the states' addresses."""

    person: int
    unproven: int
    account: int

    def fill(self, path: str) -> str:
        return path.format(person=self.person, unproven=self.unproven, account=self.account)


class Stillness:
    """Knows when a page has nothing more to ask for."""

    def __init__(self, page: Page) -> None:
        self._under_way: set[Request] = set()
        page.on("request", lambda request: self._under_way.add(request))
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _end(self, request: Request) -> None:
        self._under_way.discard(request)

    async def reached(self) -> None:
        """Returns after LONGEST_S at the latest: some states wait for ever, and show that."""
        still = waited = 0.0
        while still < STILL_S and waited < LONGEST_S:
            await asyncio.sleep(0.05)
            waited += 0.05
            still = 0.0 if self._under_way else still + 0.05


def keys(*pressed: str) -> Act:
    async def press(page: Page) -> None:
        for key in pressed:
            await page.keyboard.press(key)

    return press


def typed(text: str, *first: str) -> Act:
    async def write(page: Page) -> None:
        for key in first:
            await page.keyboard.press(key)
        await page.keyboard.type(text)

    return write


def menu(number: int) -> Act:
    """The list behind one of the conversation's buttons is open."""

    async def unfold(page: Page) -> None:
        await page.locator("main [aria-haspopup]:visible").nth(number).click()

    return unfold


STATES = (
    State(name="list", path="/inbox/open"),
    State(name="empty list", path="/inbox/mine"),
    State(name="everybody", path="/inbox/all"),
    State(name="picked rows", path="/inbox/all", act=keys("j", "x", "j", "x")),
    State(name="conversation", path="/inbox/all/{person}"),
    State(name="unproven sender", path="/inbox/all/{unproven}"),
    State(name="nobody's conversation", path="/inbox/open/999999"),
    State(name="note", path="/inbox/all/{person}", act=keys("n")),
    State(name="canned replies", path="/inbox/all/{person}", act=typed("/", "r")),
    State(name="snooze", path="/inbox/all/{person}", act=keys("h")),
    State(name="merge", path="/inbox/all/{person}", act=keys("m")),
    State(name="panel", path="/inbox/all/{person}", act=keys("i")),
    State(name="first menu", path="/inbox/all/{person}", act=menu(0)),
    State(name="second menu", path="/inbox/all/{person}", act=menu(1)),
    State(name="third menu", path="/inbox/all/{person}", act=menu(2)),
    State(name="palette", path="/inbox/open", act=keys("Control+k")),
    State(name="commands", path="/inbox/open", act=typed("> ", "Control+k")),
    State(name="keys", path="/inbox/open", act=keys("?")),
    State(name="search", path="/search"),
    State(name="found", path="/search?q=withdrawal"),
    State(name="found nothing", path="/search?q=zzzyyyxxx"),
    State(name="wrong query", path="/search?q=is:nonsense"),
    State(name="drafts", path="/drafts"),
    State(name="people", path="/people"),
    State(name="proposals", path="/people/proposals"),
    State(name="connectors", path="/connectors"),
    State(name="account", path="/connectors/{account}"),
    State(name="account's deliveries", path="/connectors/{account}/deliveries"),
    State(name="account's log", path="/connectors/{account}/log"),
    State(name="account's settings", path="/connectors/{account}/settings"),
    State(name="account's history", path="/connectors/{account}/history"),
    State(name="new account", path="/connectors/new"),
    State(name="quarantine", path="/connectors/quarantine"),
    State(name="held", path="/connectors/held"),
    State(name="my settings", path="/settings/me"),
    State(name="alerts", path="/settings/alerts"),
    State(name="security", path="/settings/security"),
    State(name="snippets", path="/settings/snippets"),
    State(name="agents", path="/settings/agents"),
    State(name="teams", path="/settings/teams"),
    State(name="topics", path="/settings/topics"),
    State(name="ladder", path="/settings/ladder"),
    State(name="tokens", path="/settings/tokens"),
    State(name="roles", path="/settings/roles"),
    State(name="audit", path="/settings/audit"),
    State(name="no such page", path="/nowhere"),
)


async def populate(desk: PlayedDesk) -> Ids:
    """People, words, settings: something stands in every state that can hold something."""
    await desk.say("webchat", "My withdrawal is pending. See https://status.example/4f2a")
    await desk.say("email", LONG, subject="My withdrawal")
    await desk.say(
        "email", "我换了手机，验证码没有了。", person="王伟", address="wei@people.example"
    )
    unproven = "Urgent"
    await desk.say("email", "Send it elsewhere.", subject=unproven, is_authenticated=False)
    rows = await desk.rows()
    by_subject = {row["subject"]: row["person_id"] for row in rows}
    person = by_subject["My withdrawal"]
    [other] = [row["person_id"] for row in rows if row["display_name"] == "王伟"]
    await desk.post(
        f"/conversations/{person}/messages",
        {"client_key": "n", "kind": "note", "text": "Held by a manual check."},
    )
    await desk.post(
        f"/conversations/{person}/messages",
        {"client_key": "r", "kind": "reply", "text": "It is being looked at by hand."},
    )
    await desk.put(f"/conversations/{person}/drafts/note", {"text": "Ask Cy", "options": {}})
    await desk.post(
        "/snippets", {"reach": "shared", "title": "Refund", "texts": {"en": {"text": "On its way"}}}
    )
    await desk.post("/teams", {"name": "Payments"})
    await desk.post("/views", {"name": "Late", "query": "is:unread", "icon": "clock"})
    await desk.post("/reply-topics", {"name": "Withdrawal", "minimum_level": 2})
    await desk.post(
        "/proposals", {"loser_id": person, "winner_id": other, "reason": "Looks like one."}
    )
    accounts: list[dict[str, Any]] = (await desk.get("/accounts"))["accounts"]
    account = next(one["id"] for one in accounts if one["channel"] == "email")
    return Ids(person=person, unproven=by_subject[unproven], account=account)


async def visit(page: Page, still: Stillness, ids: Ids, state: State) -> None:
    """The page, which shows some state already, stands in this one."""
    await page.keyboard.press("Escape")
    await page.evaluate(GO, "/nowhere")
    await page.evaluate(GO, ids.fill(state.path))
    await still.reached()
    if state.act is not None:
        await state.act(page)
        await still.reached()
