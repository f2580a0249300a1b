"""The only place that wires objects together: from settings to a running process."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import Awaitable, Callable, Collection
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from core.connector import Connector
from router.bus.postgres import PostgresBus
from router.foundation import Foundation
from router.runtime.account import AccountParts
from router.runtime.answerer import Answerer
from router.runtime.assigner import Assigner
from router.runtime.automation import Automation
from router.runtime.bulk_worker import BulkWorker
from router.runtime.committer import Committer
from router.runtime.continuer import Continuer
from router.runtime.crowd import Crowd
from router.runtime.deadlines import DeadlineWatch
from router.runtime.doors import Doors
from router.runtime.janitor import Janitor
from router.runtime.ladder import Ladder
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.log import configure_log
from router.runtime.process_name import is_gone, own_name
from router.runtime.recorder import Recorder
from router.runtime.registry import Registry
from router.runtime.relay import Relay
from router.runtime.sandboxes import Sandboxes
from router.runtime.search_follower import SearchFollower
from router.runtime.sender import Sender
from router.runtime.suggester import Suggester
from router.runtime.supervisor import Supervisor
from router.runtime.triage import Triage
from router.runtime.turns import Turns
from router.runtime.webhook_sender import WebhookSender
from router.services.agents import make_setup_link
from router.settings import Settings, SettingsError
from router.storage import sandbox_accounts
from router.storage.account_rows import AccountRow
from router.storage.embedded import EmbeddedPostgres
from router.storage.notifications import listening
from router.web.app import make_app
from router.web.context import Context

if TYPE_CHECKING:
    from router.services.demo import Wanted

LOOPBACK = ("127.0.0.0/8", "::1/128")
STOP_SECONDS = 10.0

log = structlog.get_logger(__name__)


class RunRole(StrEnum):
    """What a process does. One does all by default; any number of each may run."""

    WEB = "web"
    ACCOUNTS = "accounts"
    WORKER = "worker"


ALL_ROLES = frozenset(RunRole)


def run(
    settings: Settings,
    *,
    roles: Collection[RunRole] = ALL_ROLES,
    sandbox: bool,
    postgres: EmbeddedPostgres | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError, DatabaseUnavailable.

    `postgres`: the one that comes along, if it was begun before.
    """
    import uvloop

    if settings.nats_url is not None:
        raise SettingsError(
            "nats_url (ONETHREAD_NATS_URL): this version carries its bus over PostgreSQL only;"
            " remove the setting"
        )
    uvloop.run(serve(settings, roles=roles, sandbox=sandbox, postgres=postgres))


async def serve(
    settings: Settings,
    *,
    roles: Collection[RunRole],
    sandbox: bool,
    registry: Registry | None = None,
    has_crowd: bool = False,
    postgres: EmbeddedPostgres | None = None,
) -> None:
    """Returns after a tidy stop: no send is left unknown, no lease is kept."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if sandbox:
        settings = _with_loopback(settings)
    async with Foundation(settings, registry=registry, postgres=postgres) as base:
        process = Process(base, frozenset(roles))
        await process.start(sandbox=sandbox, has_crowd=has_crowd)
        _rest_collector()
        log.info("serve.ready", roles=sorted(role.value for role in roles), listen=settings.listen)
        await process.wait(stopping)
        log.info("serve.stopping")
        await process.stop()


def demonstrate(settings: Settings, wanted: "Wanted", *, mark: Path) -> None:
    """Make the people of a demonstration, once, and serve until SIGTERM or SIGINT; its sandbox's
    people write by themselves. Raises SettingsError, DatabaseUnavailable.
    """
    import uvloop

    from router.runtime.demo_maker import make_demo, tell

    configure_log(log_format=settings.log_format, log_level=settings.log_level)
    settings = _with_loopback(settings)
    is_made = mark.exists()

    async def begin() -> None:
        if not is_made:
            async with Foundation(settings) as base:
                await make_demo(
                    base.database,
                    base.blobs,
                    Sandboxes(
                        base.database, base.keyring, base.registry, settings.data_dir / "sandbox"
                    ),
                    base.registry,
                    desk_url=settings.web_url,
                    wanted=wanted,
                    mark=mark,
                )
        print(tell(mark), flush=True)  # noqa: T201
        await serve(settings, roles=ALL_ROLES, sandbox=True, has_crowd=True)

    uvloop.run(begin())


def _with_loopback(settings: Settings) -> Settings:
    """The stand-ins are on this machine, where nothing else of ours may be fetched from."""
    return settings.model_copy(update={"egress_allow": (*settings.egress_allow, *LOOPBACK)})


def _rest_collector() -> None:
    """What was made so far stays for ever: the collector looks at what comes after it.

    Most of that dies by reference counts; fewer looks for cycles are a twentieth of the load. What
    was made while it was switched off are imports, and hardly any garbage.
    """
    if gc.isenabled():
        gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 50, 50)


class Process:
    """The loops and the web server of one process."""

    def __init__(self, base: Foundation, roles: frozenset[RunRole]) -> None:
        self._base = base
        self._roles = roles
        self._bus = PostgresBus(partial(listening, base.database))
        self._committer = Committer(base.database, base.blobs, self._bus, base.voice)
        self._turns = Turns(base.database)
        self._leases = LeaseKeeper(base.database, own_name(), is_gone=is_gone)
        self._doors = Doors(base.database, base.factory, self._committer, self._bus)
        parts = AccountParts(
            database=base.database,
            factory=base.factory,
            make_sink=lambda account, fence: self._committer.sink(account, fence=fence),
            make_sender=self._make_sender,
            bus=self._bus,
            blobs=base.blobs,
        )
        self._supervisor = Supervisor(parts, self._leases, self._bus)
        self._sandboxes = Sandboxes(
            base.database, base.keyring, base.registry, base.settings.data_dir / "sandbox"
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self._crowd: Crowd | None = None

    async def start(self, *, sandbox: bool, has_crowd: bool = False) -> None:
        """Returns when everything runs and, with the web role, answers."""
        settings = self._base.settings
        await self._bus.start()
        if sandbox:
            await self._sandboxes.start(desk_url=settings.web_url)
            self._crowd = Crowd(self._sandboxes.running) if has_crowd else None
        else:
            async with self._base.database.transaction() as work:
                await sandbox_accounts.pause_sandbox_accounts(work)
        self._spawn(self._committer.run)
        if RunRole.WORKER in self._roles:
            self._spawn(Relay(self._base.database, self._bus, self._leases).run)
            self._spawn(self._make_janitor().run)
            self._spawn(Continuer(self._base.database, self._base.factory, self._leases).run)
            self._spawn(self._make_ladder().run)
            self._spawn(Recorder(self._base.database, self._leases).run)
            self._spawn(DeadlineWatch(self._base.database, self._leases).run)
            self._spawn(Assigner(self._base.database, self._base.registry, self._leases).run)
            self._spawn(Suggester(self._base.database, self._leases).run)
            self._spawn(Triage(self._base.database, self._leases).run)
            self._spawn(SearchFollower(self._base.database, self._leases).run)
            self._spawn(BulkWorker(self._base.database, self._leases).run)
            self._spawn_automation(sandbox=sandbox)
            posting = (self._base.database, self._base.keyring, self._base.factory.egress)
            self._spawn(WebhookSender(*posting, self._leases).run)
        if RunRole.ACCOUNTS in self._roles:
            self._spawn(self._turns.run)
            self._spawn(self._supervisor.run)
        self._spawn(self._leases.run)
        if RunRole.WEB in self._roles:
            await self._doors.refresh()
            self._spawn(self._doors.run)
            await self._listen(sandbox=sandbox)
        if self._crowd is not None:
            self._spawn(self._crowd.run)

    async def wait(self, stopping: asyncio.Event) -> None:
        """Until asked to stop. Raises what a loop died of: the process is useless without it."""
        asked = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait([asked, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        for task in done - {asked}:
            task.result()

    async def stop(self) -> None:
        """In order: no more calls, sends under way end, loops end, leases are given back."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self._supervisor.drain()
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sandboxes.stop()
        await self._bus.close()

    def _spawn(self, run: Callable[[], Awaitable[None]]) -> None:
        async def forever() -> None:
            await run()

        self._tasks.append(asyncio.create_task(forever(), name=repr(run)))

    async def _listen(self, *, sandbox: bool) -> None:
        base = self._base
        settings = base.settings
        if sandbox and settings.host.step_up_url is None:
            own = settings.host.model_copy(update={"step_up_url": self._sandboxes.step_up_url})
            settings = settings.model_copy(update={"host": own})
        context = Context(
            settings=settings,
            database=base.database,
            keyring=base.keyring,
            clock=base.clock,
            blobs=base.blobs,
            bus=self._bus,
            doors=self._doors,
            registry=base.registry,
            factory=base.factory,
            sandboxes=self._sandboxes.running,
            crowd=self._crowd,
        )
        self._runner = web.AppRunner(
            make_app(context), access_log=None, handle_signals=False, shutdown_timeout=2.0
        )
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, base.settings.listen_host, base.settings.listen_port, backlog=1024
        )
        try:
            await site.start()
        except OSError as error:
            raise SettingsError(
                f"listen (ONETHREAD_LISTEN): {base.settings.listen} cannot be used"
                f" ({error.strerror}); choose another port or stop what uses it"
            ) from error
        await self._greet(sandbox=sandbox)

    async def _greet(self, *, sandbox: bool) -> None:
        """Say on stdout where to go. The link is good once."""
        url = self._base.settings.web_url
        lines = [f"onethread is at {url}/"]
        if sandbox:
            lines.append(f"Play the people who write in at {url}/sandbox")
        link = await make_setup_link(self._base.database, url)
        if link is not None:
            lines.append(f"Create the first agent: {link.url}")
        print("\n".join(["", *(f"  {line}" for line in lines), ""]), flush=True)  # noqa: T201

    def _make_janitor(self) -> Janitor:
        base = self._base
        return Janitor(base.database, base.blobs, self._leases, base.settings.retention)

    def _make_ladder(self) -> Ladder:
        return Ladder(self._base.database, self._base.keyring, self._base.registry, self._leases)

    def _spawn_automation(self, *, sandbox: bool) -> None:
        base = self._base
        url = base.settings.host.step_up_url or (self._sandboxes.step_up_url if sandbox else None)
        for one in (Automation, Answerer):
            self._spawn(one(base.database, self._leases, base.voice, step_up_url=url).run)

    def _make_sender(self, account: AccountRow, connector: Connector, fence: int) -> Sender:
        return Sender(
            self._base.database, self._turns, self._base.keyring, connector, account.id, fence
        )
