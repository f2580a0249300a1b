"""A connector that reads from a scripted server: where tests of reading begin."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.login import Credentials
from core.clock import FakeClock
from core.connector import Cursor
from core.messages import AnyInboundEvent, MessageReceived
from core.testing.builders import connector_context
from core.testing.sink import RecordingSink
from tests.connectors.email.scripted_imap import ScriptedImap, Writer

MAIL = b"From: ann@people.example\r\nSubject: s\r\nMessage-ID: <%d@x.example>\r\n\r\nmail %d\r\n"
PATIENCE = 30.0


class SizedSink(RecordingSink):
    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []
        self.history: list[Cursor] = []

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        await super().accept(events, cursor=cursor)
        self.sizes.append(len(events))
        if cursor is not None:
            self.history.append(cursor)


def mails(*uids: int) -> dict[int, bytes]:
    return {uid: MAIL % (uid, uid) for uid in uids}


async def connect(server: ScriptedImap, **changes: Any) -> ImapConnection:
    settings: dict[str, Any] = {
        "tls": None,
        "is_starttls": False,
        "silence": PATIENCE,
        **changes,
    }
    secrets = {name: settings.pop(name) for name in ("password", "access_token") if name in changes}
    settings["credentials"] = Credentials(
        username="help@desk.example", **(secrets or {"password": "right"})
    )
    return await ImapConnection.connect("127.0.0.1", server.port, **settings)


@asynccontextmanager
async def connector(server: ScriptedImap, **changes: Any) -> AsyncIterator[EmailConnector]:
    config = Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_port": server.port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": 9,
            "smtp_security": "none",
            "password": "right",
            "start_from": "all",
            **changes,
        }
    )
    async with aiohttp.ClientSession() as http:
        made = EmailConnector(config, connector_context(http, clock=FakeClock()))
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def receiving(
    made: EmailConnector, cursors: dict[str, Cursor] | None = None
) -> AsyncIterator[tuple[SizedSink, asyncio.Task[None]]]:
    sink = SizedSink()
    task = asyncio.ensure_future(made.receive(sink, cursors or {}))
    try:
        yield sink, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def reading(
    server: ScriptedImap, cursors: dict[str, Cursor] | None = None, **changes: Any
) -> AsyncIterator[tuple[SizedSink, asyncio.Task[None]]]:
    async with connector(server, **changes) as made, receiving(made, cursors) as found:
        yield found


async def eventually(is_so: Callable[[], bool]) -> None:
    """For what no sink tells of."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - the server's side has many causes
            await asyncio.sleep(0.005)


async def until(sink: RecordingSink, is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            sink.changed.clear()
            await sink.changed.wait()


def texts(sink: RecordingSink) -> list[str]:
    return [one.text for one in sink.events if isinstance(one, MessageReceived)]


def answering(
    *lines: bytes, closes: bool = False
) -> Callable[[str, Writer], Coroutine[Any, Any, bool]]:
    async def hook(tag: str, writer: Writer) -> bool:
        writer.write(b"".join(lines).replace(b"TAG", tag.encode()))
        await writer.drain()
        if closes:
            writer.transport.abort()
        return True

    return hook
