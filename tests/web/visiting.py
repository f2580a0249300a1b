"""Sites with visitors: the real application, real accounts of the chat, and browsers that visit."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from core.rich_text import Span
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.committer import Committer
from router.runtime.connectors import ConnectorFactory
from router.runtime.doors import Doors
from router.runtime.registry import Registry
from router.services import account_secrets
from router.services.keyring import Keyring
from router.services.outbound import Author, Reply, reply
from router.storage.engine import Database
from router.storage.outbox_numbering import claim, number
from router.storage.sight import FULL_SIGHT
from router.storage.unit_of_work import Fact
from router.web import visitor_door
from tests.connectors.webchat.host import SecretHost, claims_at
from tests.services.answering_desk import make_agent
from tests.waiting import until
from tests.web.desk import Answered, Desk, open_desk

PATIENCE = 30.0
_numbers = count(1)


@dataclass(slots=True)
class Site:
    """One account of the chat, and the site whose pages carry its widget."""

    account: int
    hook: str
    host: SecretHost
    origin: str


@dataclass(slots=True)
class Page:
    """A page of a site, open in some browser."""

    chat: "Chat"
    site: Site
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, json: Any = None, **options: Any) -> Answered:
        headers = {"Origin": self.site.origin, **self.headers, **options.pop("headers", {})}
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = self.chat.url(f"/hooks/{self.site.hook}{path}")
        async with self.chat.http.request(
            method, url, json=json, headers=headers, **options
        ) as response:
            return Answered(response, await response.read())

    async def open(self, attestation: str | None = None, **more: Any) -> Answered:
        """Open or resume the session; from now on its token is used."""
        body = {"token": self.token, "attestation": attestation, **more}
        answered = await self.call("POST", "/session", body)
        if answered.status == 200:
            self.token = answered.body["session_token"]
        return answered

    async def say(self, text: str, client_id: str | None = None, **more: Any) -> Answered:
        body = {"client_id": client_id or f"c{next(_numbers)}", "text": text, **more}
        return await self.call("POST", "/messages", body)

    async def read(self, after: int | None = None) -> dict[str, Any]:
        query = "" if after is None else f"?after={after}"
        answered = await self.call("GET", f"/messages{query}")
        assert answered.status == 200, answered.raw
        stream: dict[str, Any] = answered.body
        return stream

    async def texts(self) -> list[str]:
        return [one["text"] for one in (await self.read())["messages"]]

    def sign(self, host_account: str = "customer-7", **changes: Any) -> str:
        """A token of the site's own server for who is signed in there."""
        now = self.chat.database.clock.now()
        return self.site.host.sign(claims_at(now, sub=host_account, **changes))

    @asynccontextmanager
    async def socket(self, after: int | None = None) -> AsyncIterator["Wire"]:
        url = self.chat.url(f"/hooks/{self.site.hook}/socket")
        async with self.chat.http.ws_connect(
            url,
            protocols=("onethread", f"onethread.{self.token}"),
            headers={"Origin": self.site.origin},
        ) as socket:
            wire = Wire(socket)
            await wire.send(type="hello", after=after)
            yield wire


@dataclass(slots=True)
class Wire:
    """One open socket."""

    socket: aiohttp.ClientWebSocketResponse

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
                frame: dict[str, Any] = json.loads(message.data)
                if frame["type"] == kind:
                    return frame

    async def closed(self) -> int | None:
        """The code with which the other side closes."""
        async with asyncio.timeout(PATIENCE):
            while (await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        return self.socket.close_code


@dataclass(slots=True)
class Chat:
    """Started by the `chat` fixture."""

    desk: Desk
    http: aiohttp.ClientSession
    doors: Doors
    bus: LocalBus
    keyring: Keyring
    author: Author

    @property
    def database(self) -> Database:
        return self.desk.context.database

    def url(self, path: str) -> str:
        return str(self.desk.server.make_url("")).rstrip("/") + path

    async def site(self, name: str = "shop", **settings: Any) -> Site:
        """A new account, running."""
        host = SecretHost()
        origin = f"https://{name}.example"
        values = {
            **host.account_config(),
            "site": name,
            "allowed_origins": [origin],
            "audience": "shop-chat",
            **settings,
        }
        kind = Registry().load("webchat")
        shown, hidden = account_secrets.split(kind.Config.model_validate(values))
        hook = f"{name}-{next(_numbers)}"
        async with self.database.transaction() as work:
            account = await work.driver.fetchval(
                "insert into accounts (channel, label, hook_token, config, created_at)"
                " values ('webchat', $1, $1, $2, $3) returning id",
                hook,
                msgspec.json.encode(shown).decode(),
                work.now(),
            )
            await work.driver.execute(
                "update accounts set sealed_secrets = $2 where id = $1",
                account,
                account_secrets.seal(self.keyring, account, hidden),
            )
        await self.doors.refresh()
        return Site(account=account, hook=hook, host=host, origin=origin)

    def page(self, site: Site, **headers: str) -> Page:
        return Page(chat=self, site=site, headers=headers)

    async def visitor(self, site: Site, attestation: str | None = None) -> Page:
        """A page with a session."""
        page = self.page(site)
        answered = await page.open(attestation)
        assert answered.status == 200, answered.raw
        return page

    async def answer(
        self,
        page: Page,
        text: str,
        *,
        spans: Sequence[Span] = (),
        state: str = "sent",
        send_at: datetime | None = None,
        offers: Sequence[str] = (),
    ) -> int:
        """An agent answers where this page's visitor wrote last; the message's id."""
        row = await self.row(
            "select m.place_id, p.root_id from messages m join persons p on p.id = m.person_id"
            " where m.account_id = $1 and m.direction = 'in' order by m.id desc limit 1",
            page.site.account,
        )
        door = self.doors.find_local(page.site.hook)
        assert door is not None
        wanted = Reply(
            person_id=row["root_id"],
            place_id=row["place_id"],
            text=text,
            spans=spans,
            client_key=f"k{next(_numbers)}",
            send_at=send_at,
            offers=offers,
        )
        written = await reply(
            self.database,
            self.keyring,
            lambda _: door.connector.capabilities,
            self.author,
            wanted,
        )
        if state != "queued":
            await self.settle(written.message_id, state)
        return written.message_id

    async def settle(self, message: int, state: str) -> None:
        """What the sender writes once the attempt is over, and that it is told."""
        await self.mark(message, state)
        await self.relay()

    async def mark(self, message: int, state: str) -> None:
        """What the sender writes, not numbered yet."""
        async with self.database.transaction() as work:
            rows = await work.driver.fetch(
                "update deliveries set state = $2 where message_id = $1 returning id, person_id",
                message,
                state,
            )
            for row in rows:
                work.announce(Fact.DELIVERY_CHANGED, person=row["person_id"], ref=row["id"])

    async def relay(self, *, limit: int = 10_000) -> int:
        """Number what was announced, and say so; the newest position."""
        async with self.database.transaction() as work:
            await claim(work, 1)
            newest, _ = await number(work, 1, limit=limit)
        self.bus.announce(newest)
        return newest

    async def flush_presence(self) -> None:
        await self.desk.server.app[visitor_door.HUB].flush_presence()

    async def value(self, statement: str, *values: object) -> Any:
        async with self.database.transaction() as work:
            return await work.driver.fetchval(statement, *values)

    async def becomes(self, statement: str, wanted: object) -> None:
        """The database gives this for it. Raises TimeoutError.

        That a page says "Sent" may be of the words before.
        """

        async def is_so() -> bool:
            return bool(await self.value(statement) == wanted)

        await until(is_so)

    async def row(self, statement: str, *values: object) -> Mapping[str, Any]:
        async with self.database.reading() as work:
            found = await work.driver.fetchrow(statement, *values)
        assert found is not None
        return dict(found)


@asynccontextmanager
async def open_chat(
    database: Database, folder: Path, *, registry: Registry | None = None, **parts: Any
) -> AsyncIterator[Chat]:
    """`parts` go into the application's context as they are."""
    registry = registry or Registry()
    keyring, blobs, bus = Keyring("k" * 40), DiskBlobs(folder / "blobs"), LocalBus()
    committer = Committer(database, blobs, bus)
    async with aiohttp.ClientSession() as http:
        factory = ConnectorFactory(
            registry=registry,
            keyring=keyring,
            clock=database.clock,
            blobs=blobs,
            http=http,
            public_url="http://127.0.0.1:8080",
        )
        doors = Doors(database, factory, committer, bus)
        writing = asyncio.create_task(committer.run())
        desk = await open_desk(
            database, blobs=blobs, bus=bus, doors=doors, registry=registry, **parts
        )
        agent = await make_agent(database)
        author = Author(agent_id=agent, name="Bo", sight=FULL_SIGHT)
        try:
            yield Chat(desk, http, doors, bus, keyring, author)
        finally:
            await desk.close()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
