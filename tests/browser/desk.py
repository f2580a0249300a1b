"""A desk in its sandbox, as `serve --sandbox` starts it, with an owner who sits at the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import (
    APIResponse,
    BrowserContext,
    Locator,
    Page,
    WebSocketRoute,
    expect,
)

from tests.rig.product import ROOT, Product
from tests.waiting import until

NAME = "Bo Larsen"
EMAIL = "bo@desk.example"
PASSWORD = "correct horse battery"
PERSON = "Ana Lopez"
ADDRESS = "ana@customers.example"
MOST_ROWS = 120
"""So many are given at a time."""
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SETTLED = Path(__file__).with_name("settled.js").read_text("utf-8")
"""For `page.evaluate`: nothing moves any more, and what was begun is drawn."""
DESK_S = 45.0
"""Whatever the desk does by itself is done by then, on the slowest machine too."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What passes is looked at all the same, and not told: telling it took most of the time.
_VIOLATIONS = """async (only) => {
  const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
  return found.violations.map((one) => [one.id, one.nodes.map((node) => node.target)]);
}"""


class PlayedDesk:
    """The running desk, and the people who write to it by its stand-in networks."""

    def __init__(self, product: Product, context: BrowserContext) -> None:
        self.product = product
        self.url = product.url
        self.context = context
        self._accounts: dict[str, int] = {}

    async def sign_up(self) -> None:
        """The owner exists and this profile is signed in as them."""
        link = urlsplit(await self.product.setup_link())
        body = {"token": parse_qs(link.query)["token"][0], "name": NAME, "email": EMAIL}
        await self._post("/api/v1/setup", {**body, "password": PASSWORD})
        await self.sit_down()

    async def sit_down(self) -> None:
        """Whoever is signed in knows the sandbox's accounts."""
        accounts = (await self.get("/accounts"))["accounts"]
        self._accounts = {one["channel"]: one["id"] for one in accounts}

    def account(self, channel: str) -> int:
        """The sandbox's one of this channel."""
        return self._accounts[channel]

    async def open(self, page: Page, path: str = "/inbox/open") -> None:
        await page.goto(self.url + path)

    async def say(
        self,
        channel: str,
        text: str,
        *,
        person: str = PERSON,
        address: str = ADDRESS,
        subject: str = "",
        is_authenticated: bool = True,
    ) -> None:
        """Somebody writes in, and the desk has it."""
        before = await self._newest()
        body = {"person": person, "address": address, "text": text, "subject": subject}
        path = f"/sandbox/{self._accounts[channel]}/say"
        await self._post(path, {**body, "is_authenticated": is_authenticated})

        async def has_come() -> bool:
            return await self._newest() != before

        await until(has_come, seconds=DESK_S)

    async def drop_in(self, channel: str, text: str, *, address: str) -> None:
        """Somebody writes in; the desk will have it."""
        body = {"person": address, "address": address, "text": text, "subject": ""}
        await self._post(f"/sandbox/{self._accounts[channel]}/say", body)

    async def change_last(self, channel: str, text: str, *, address: str) -> None:
        """Somebody changes what they last wrote, the newest here, and the desk has it."""
        row = await self.newest()
        assert row is not None
        body = {"person": "", "address": address, "text": text, "subject": ""}
        await self._post(f"/sandbox/{self._accounts[channel]}/change", body)

        async def has_come() -> bool:
            path = f"/messages/{row['last_message_id']}/revisions"
            return bool((await self.get(path))["revisions"])

        await until(has_come, seconds=DESK_S)

    async def heard(self, channel: str, address: str = ADDRESS) -> list[str]:
        """The texts that reached somebody there."""
        path = f"/sandbox/{self._accounts[channel]}/heard?address={address}"
        return [one["text"] for one in await (await self._get(path)).json()]

    async def until_heard(self, channel: str, text: str, address: str = ADDRESS) -> None:
        """An answer with this text has reached them. Raises TimeoutError."""

        async def has_come() -> bool:
            return any(text in one for one in await self.heard(channel, address))

        await until(has_come, seconds=DESK_S)

    async def get(self, path: str) -> Any:
        return await (await self._get(f"/api/v1{path}")).json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """As the agent who is signed in; the desk takes it. What it answers, if it does."""
        answer = await self._write("POST", path, body)
        return await answer.json() if await answer.body() else None

    async def upload(self, name: str, content: bytes) -> int:
        """A file to go with a message."""
        headers = {"X-CSRF-Token": (await self.get("/me"))["csrf_token"], "Origin": self.url}
        answer = await self.context.request.post(
            f"{self.url}/api/v1/uploads",
            params={"name": name, "media_type": "text/plain"},
            data=content,
            headers={**headers, "Content-Type": "application/octet-stream"},
        )
        assert answer.ok, await answer.text()
        return int((await answer.json())["id"])

    async def put(self, path: str, body: dict[str, Any]) -> None:
        """As `post`."""
        await self._write("PUT", path, body)

    async def patch(self, path: str, body: dict[str, Any]) -> None:
        """As `post`."""
        await self._write("PATCH", path, body)

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> APIResponse:
        headers = {"X-CSRF-Token": (await self.get("/me"))["csrf_token"]}
        return await self._post(f"/api/v1{path}", body, headers, method=method)

    def account_of(self, channel: str) -> int:
        """The sandbox's account of that network."""
        return self._accounts[channel]

    async def newest(self) -> dict[str, Any] | None:
        """The row of the conversation in which something was last said."""
        ids: Sequence[int] = (await self.get("/conversations/index?view=all"))["ids"]
        rows = (await self.get(f"/conversations?ids={ids[0]}"))["rows"] if ids else [None]
        row: dict[str, Any] | None = rows[0]
        return row

    async def rows(self) -> list[dict[str, Any]]:
        """The rows of the newest conversations, of all in a small desk; newest first."""
        index = await self.get("/conversations/index?view=all")
        ids: Sequence[int] = index["ids"][:MOST_ROWS]
        if not ids:
            return []
        rows = (await self.get(f"/conversations?ids={','.join(map(str, ids))}"))["rows"]
        return list(rows)

    async def _newest(self) -> list[int]:
        return [row["last_message_id"] for row in await self.rows()]

    async def _get(self, path: str) -> APIResponse:
        answer = await self.context.request.get(self.url + path)
        assert answer.ok, (path, answer.status, await answer.text())
        return answer

    async def _post(
        self,
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        *,
        method: str = "POST",
    ) -> APIResponse:
        headers = {"Origin": self.url, **(headers or {})}
        answer = await self.context.request.fetch(
            self.url + path, method=method, data=body, headers=headers
        )
        assert answer.ok, (path, answer.status, await answer.text())
        return answer


class Wire:
    """The page's way to the feed, which a test may cut and mend."""

    def __init__(self) -> None:
        self.is_cut = False
        self._open: list[WebSocketRoute] = []

    async def lay(self, page: Page) -> None:
        """Before the page is opened."""
        await page.route_web_socket(re.compile("/api/v1/feed"), self._pass)

    async def cut(self) -> None:
        self.is_cut = True
        for socket in self._open:
            await socket.close()
        self._open.clear()

    async def mend(self, page: Page) -> None:
        """The browser says that the network is back, so the page doesn't wait out its pause."""
        self.is_cut = False
        await page.evaluate("dispatchEvent(new Event('online'))")

    async def _pass(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            await socket.close()
            return
        socket.connect_to_server()
        self._open.append(socket)


async def open_on_a_wire(page: Page, desk: PlayedDesk, said: str) -> Wire:
    """Somebody said that in the chat, and the page shows it, on a wire that can be cut."""
    wire = Wire()
    await wire.lay(page)
    await desk.say("webchat", said)
    await desk.open(page)
    await row(page, said).click()
    await expect(log(page).get_by_text(said)).to_be_visible()
    return wire


def row(page: Page, text: str) -> Locator:
    """The row of the list in which this stands."""
    return (
        page.get_by_role("list", name="Conversations").get_by_role("listitem").filter(has_text=text)
    )


def log(page: Page) -> Locator:
    """The messages of the open conversation."""
    return page.get_by_role("log", name="Messages")


def answers(page: Page) -> Locator:
    return log(page).get_by_role("article", name=re.compile("^Reply by"))


async def write(page: Page, text: str) -> None:
    """Into the composer, as a reply."""
    await page.get_by_role("textbox", name="Write a reply").fill(text)


def saving(page: Page, words: str) -> AbstractAsyncContextManager[object]:
    """Until the desk has a draft with these words, which are written within."""
    return page.expect_response(
        lambda answer: (
            "/drafts/" in answer.url
            and answer.request.method == "PUT"
            and words in (answer.request.post_data or "")
            and answer.ok
        )
    )


async def faults_of_access(page: Page, rules: Sequence[str] = ()) -> list[Any]:
    """What axe-core finds on the page as it stands: by these rules only, if some are named.

    Its context must bypass the page's CSP.
    """
    await page.evaluate(SETTLED)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text("utf-8") + "; undefined")
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": RULES}
    return [(rule, targets) for rule, targets in await page.evaluate(_VIOLATIONS, only)]
