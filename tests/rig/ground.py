"""Everything that a proof stands on: a PostgreSQL, the product, a mailbox, agents and visitors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from itertools import count
from types import TracebackType
from typing import Any

import aiohttp

from tests import run_folder
from tests.rig.agent import AgentClient
from tests.rig.ledger import Ledger
from tests.rig.mailbox import Mailbox
from tests.rig.messengers import MESSENGERS, Messenger
from tests.rig.own_postgres import OwnPostgres
from tests.rig.product import PRODUCT, Product
from tests.rig.visitor import Visitor

_numbers = count(1)
SITE = "rig.example"
OFTEN = 60_000
SETTINGS = {
    # All processes of one desk seal with one key.
    "SECRET_KEY": "rig-secret-key-" * 3,
    # Where the networks of the rig are.
    "EGRESS_ALLOW": '["127.0.0.1"]',
}
ACCOUNT_LIMIT_S = 20.0
REQUEST_LIMIT_S = 15.0


class Ground:
    """In a folder of its own, on free ports of loopback. The folder stays if something failed."""

    def __init__(
        self,
        *,
        seed: int,
        processes: int = 1,
        program: Sequence[str] = PRODUCT,
        is_embedded: bool = False,
        roles: Sequence[Sequence[str]] = (),
    ) -> None:
        """`is_embedded`: the product brings its own PostgreSQL, as on a first run."""
        self.folder = run_folder.path() / f"rig-{os.getpid()}-{next(_numbers)}"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.ledger = Ledger(self.folder / "ledger.jsonl")
        self.mailbox = Mailbox(self.ledger, seed=seed)
        self.postgres = None if is_embedded else OwnPostgres(self.folder / "postgres")
        self.products: list[Product] = []
        self.visitors: list[Visitor] = []
        self.messengers: list[Messenger] = []
        self._processes = processes
        self._program = program
        self._roles = roles
        self._background: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Ground:
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=REQUEST_LIMIT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end()
        if error is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def product(self) -> Product:
        return self.products[0]

    @property
    def rss_mib(self) -> float:
        return max(product.rss_mib for product in self.products)

    async def add_mail(self, label: str = "Mail") -> dict[str, Any]:
        """The mailbox is an account, and the product has read its first mail's place."""
        return await self.owner.add_account("email", label, self.mailbox.account_config())

    async def add_chat(self, visitors: Sequence[str]) -> dict[str, Any]:
        """An account of a site with these visitors on it, whose streams stay open."""
        often = {f"{what}_per_minute": OFTEN for what in ("messages", "sessions", "requests")}
        account = await self.owner.add_account("webchat", "Site", {"site": SITE, **often})
        path = account["hook_url"].partition("/hooks/")[2]
        urls = [f"{product.url}/hooks/{path}" for product in self.products]
        self.visitors = [Visitor(name, self.http, urls, self.ledger) for name in visitors]
        for visitor in self.visitors:
            await visitor.open()
            self._background.append(asyncio.create_task(visitor.follow()))
        return account

    async def add_messengers(self, channels: Sequence[str]) -> None:
        """An account of each of these, with a network that outlives the product."""
        for make in MESSENGERS:
            if make.channel not in channels:
                continue
            messenger = make(self.ledger)
            await messenger.start()
            self.messengers.append(messenger)
            config = messenger.account_config()
            await self.owner.add_account(messenger.channel, messenger.channel.title(), config)
            await messenger.until_heard()

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Runs until the ground is left."""
        task = asyncio.create_task(work)
        self._background.append(task)
        return task

    async def _start(self) -> None:
        url = None
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.start)
            url = self.postgres.url
        await self.mailbox.start()
        for number in range(self._processes):
            arguments = [
                word for role in self._roles[number : number + 1] for word in ("--roles", *role)
            ]
            self.products.append(
                Product(
                    self.folder / f"serve-{number + 1}",
                    database_url=url,
                    program=self._program,
                    arguments=arguments,
                    settings=SETTINGS,
                )
            )
        await self.product.start()
        await self.product.until_ready()
        self.owner = AgentClient(self.http, self.product.url)
        await self.owner.set_up(await self.product.setup_link(), "owner@desk.example")
        # Only now: each start makes a link, and the ones before it are good no longer.
        for product in self.products[1:]:
            await product.start()
        for product in self.products[1:]:
            await product.until_ready()

    async def _end(self) -> None:
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for product in self.products:
            with contextlib.suppress(ProcessLookupError):
                await product.stop()
        await self.http.close()
        for messenger in self.messengers:
            await messenger.stop()
        await self.mailbox.stop()
        self.ledger.close()
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.stop)
