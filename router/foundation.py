"""What every command works on: the record, its key, files and the ways out, opened in order."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

import structlog

from core.clock import SystemClock
from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.runtime.registry import Registry
from router.services.accounts import keep_secret
from router.services.keyring import Keyring, load_secret_key
from router.services.outbound.automatic import Voice
from router.settings import Settings, SettingsError
from router.storage import inbound_told, personal
from router.storage.embedded import DATABASE, EmbeddedPostgres
from router.storage.engine import Database
from router.storage.migrate import create_database, migrate

log = structlog.get_logger(__name__)


class Foundation:
    """What every command needs that works on the record: opened in order, closed in reverse."""

    def __init__(
        self,
        settings: Settings,
        *,
        registry: Registry | None = None,
        postgres: EmbeddedPostgres | None = None,
    ) -> None:
        """`registry`: other channels than those that are installed; `postgres`: it was begun."""
        self.settings = settings
        self._postgres = postgres
        self.clock = SystemClock()
        self.registry = registry or Registry()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Foundation":
        settings = self.settings
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"data_dir (ONETHREAD_DATA_DIR): {settings.data_dir} cannot be used"
                f" ({error.strerror}); choose a folder that this account may write"
            ) from error
        key = settings.secret_key.get_secret_value() if settings.secret_key else None
        self.keyring = Keyring(load_secret_key(key, settings.data_dir))
        url = await self._database_url()
        before, now = await migrate(url)
        if before != now:
            log.info("database.migrated", before=before, now=now)
        patterns = settings.personal_patterns
        self.database = Database(
            url,
            clock=self.clock,
            session_settings=personal.pattern_settings(patterns),
            teach_writer=inbound_told.teach,
        )
        self._stack.push_async_callback(self.database.close)
        if patterns:
            await self._check_patterns(patterns)
        self.blobs = DiskBlobs(settings.data_dir / "blobs")
        egress = EgressGuard(settings.egress_allow)
        self.http = egress.session()
        self._stack.push_async_callback(self.http.close)
        self.factory = ConnectorFactory(
            registry=self.registry,
            keyring=self.keyring,
            clock=self.clock,
            blobs=self.blobs,
            http=self.http,
            egress=egress,
            public_url=settings.web_url,
            keep_secret=partial(keep_secret, self.database, self.keyring),
        )
        self.voice = Voice(
            keyring=self.keyring,
            capabilities_of=lambda channel: self.registry.load(channel).capabilities,
            wire_of=lambda channel: self.registry.load(channel).to_wire,
            web_url=settings.web_url,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _check_patterns(self, patterns: Sequence[str]) -> None:
        async with self.database.reading() as work:
            wrong = await personal.find_wrong_pattern(work, patterns)
        if wrong is not None:
            raise SettingsError(
                f"personal_patterns (ONETHREAD_PERSONAL_PATTERNS): {wrong!r} is no regular"
                " expression of PostgreSQL"
            )

    async def _database_url(self) -> str:
        if self.settings.database_url is not None:
            return self.settings.database_url
        embedded = self._postgres or EmbeddedPostgres.under(self.settings.data_dir)
        server = await asyncio.to_thread(embedded.start)
        self._stack.push_async_callback(asyncio.to_thread, embedded.stop)
        return await create_database(server, DATABASE)
