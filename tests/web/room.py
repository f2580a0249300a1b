"""A desk whose agents listen: the real application, a bus in this process, and people who write."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientWebSocketResponse, WSMsgType

from core.connector import Manifest
from router.blobs.disk import DiskBlobs
from router.bus.local import LocalBus
from router.runtime.registry import ChannelEntry, Registry
from router.services.roles import Role
from router.settings import Settings
from router.storage.engine import Database
from router.web.feed import HUB
from tests.services.builders import make_account
from tests.stage import Stage
from tests.unit.testing_kit import sample
from tests.web.desk import Browser, Desk, open_desk

PATIENCE = 30.0
ORIGIN = "http://127.0.0.1:8080"


def sample_registry() -> Registry:
    """One channel: the kit's made-up one."""
    text = (Path(sample.__file__).parent / "manifest.toml").read_text()
    manifest = msgspec.convert(tomllib.loads(text), Manifest)
    return Registry([ChannelEntry(channel="sample", manifest=manifest)])


class Ear:
    """One open feed, and what it has told so far."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []

    @property
    def transport(self) -> asyncio.ReadTransport:
        """To stop reading, as a page does whose machine sleeps."""
        connection = self.socket._conn  # aiohttp shows a socket's transport nowhere else
        assert connection is not None
        assert isinstance(connection.transport, asyncio.ReadTransport)
        return connection.transport

    @property
    def events(self) -> list[dict[str, Any]]:
        return [one for one in self.frames if one["type"] == "event"]

    @property
    def position(self) -> int:
        """Where a page that got these frames would go on."""
        told = [one["position"] for one in self.frames if "position" in one]
        return told[-1] if told else 0

    async def next(self) -> dict[str, Any]:
        """The next frame, whatever it is. Raises EOFError when the feed ends."""
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise EOFError(str(self.socket.close_code))
        self.frames.append(json.loads(message.data))
        return self.frames[-1]

    async def event(self, kind: str) -> dict[str, Any]:
        """The next event of this kind; others before it are kept in `frames`."""
        while True:
            told = await self.next()
            if told.get("kind") == kind:
                return told

    async def until(self, position: int) -> None:
        """Everything up to a position that this feed is told of."""
        while self.position < position:
            await self.next()

    async def quiet(self) -> None:
        """Everything that was pushed before now is in `frames`."""
        await self.socket.send_json({"type": "ping"})
        while (await self.next())["type"] != "pong":
            pass
        self.frames.pop()

    async def ended(self) -> int | None:
        """The close code, once the feed ends."""
        while True:
            try:
                await self.next()
            except EOFError:
                return self.socket.close_code


class Room:
    def __init__(self, desk: Desk, stage: Stage, bus: LocalBus) -> None:
        self.desk, self.stage, self.bus = desk, stage, bus
        self.ears: list[Ear] = []

    @property
    def database(self) -> Database:
        return self.desk.database

    async def listen(self, browser: Browser, after: int | None = None) -> Ear:
        """Open a feed. Its `hello` has been heard, and what it had missed."""
        query = "" if after is None else f"?after={after}"
        headers = {"Origin": ORIGIN, **browser.headers}
        socket = await browser.client.ws_connect(f"/api/v1/feed{query}", headers=headers)
        ear = Ear(socket)
        self.ears.append(ear)
        assert (await ear.next())["type"] == "hello"
        await ear.quiet()  # it is answered once the feed has joined the others
        return ear

    async def publish(self) -> int:
        """Number what was announced and tell the hub, as the relay does."""
        newest = await self.stage.relay()
        self.bus.announce(newest)
        return newest

    async def tell(self) -> None:
        """Publish, and push it all: what a feed is sent after this is behind it."""
        await self.publish()
        while await self.desk.server.app[HUB].step():
            pass

    async def close(self) -> None:
        for ear in self.ears:
            await ear.socket.close()


@asynccontextmanager
async def open_room(
    database: Database, folder: Path, *, settings: Settings | None = None
) -> AsyncIterator[Room]:
    bus = LocalBus()
    blobs = DiskBlobs(folder / "blobs")
    desk = await open_desk(database, settings, bus=bus, blobs=blobs, registry=sample_registry())
    account = await make_account(database, label="Desk")
    room = Room(desk, Stage(database, blobs, account), bus)
    yield room
    await room.close()
    await desk.close()


def me(browser: Browser) -> int:
    return int(browser.me["agent"]["id"])


async def restricted_agent(room: Room, *classes: str, email: str) -> Browser:
    """An agent of a team that sees these access classes."""
    browser = await room.desk.signed_in(Role.AGENT, email)
    team = await room.stage.value(
        "insert into teams (name, access_classes, created_at) values ($1, $2::jsonb, now())"
        " returning id",
        f"Team of {email}",
        json.dumps(classes),
    )
    await room.stage.run(
        "insert into memberships (team_id, agent_id) values ($1, $2)", team, me(browser)
    )
    return browser
