"""Starts the stand-in network of every channel that has one, with an account of ours on it."""

import asyncio
import contextlib
import json
import secrets
from pathlib import Path

import structlog
from pydantic import ValidationError

from core.connector import Manifest
from core.errors import BadConfig, ConnectorError
from core.sandbox import Sandbox, SandboxDesk
from router.runtime.registry import Registry, load_object
from router.services import account_secrets
from router.services.keyring import Keyring
from router.storage import sandbox_accounts
from router.storage.engine import Database

log = structlog.get_logger(__name__)


class Sandboxes:
    """By account id in `running` after `start`."""

    def __init__(
        self, database: Database, keyring: Keyring, registry: Registry, folder: Path
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._registry = registry
        self._folder = folder
        self.running: dict[int, Sandbox] = {}

    async def start(self, *, desk_url: str) -> None:
        """Start all at once. One that cannot start is logged and left out."""
        manifests = [
            entry.manifest
            for entry in self._registry.channels()
            if entry.manifest is not None and entry.problem is None and entry.manifest.sandbox
        ]
        started = await asyncio.gather(*(self._start(one, desk_url) for one in manifests))
        self.running = dict(one for one in started if one is not None)

    async def stop(self) -> None:
        await asyncio.gather(*(one.stop() for one in self.running.values()))
        self.running = {}

    async def _start(self, manifest: Manifest, desk_url: str) -> tuple[int, Sandbox] | None:
        folder = self._folder / manifest.channel
        folder.mkdir(parents=True, exist_ok=True)
        try:
            made: Sandbox = load_object(manifest.sandbox)()
            await made.start(folder)
        except (BadConfig, ConnectorError, OSError, TimeoutError) as error:
            log.warning("sandbox.not_started", channel=manifest.channel, reason=str(error))
            return None
        try:
            account_id, hook_token = await self._account(manifest, made)
        except ValidationError:
            log.warning("sandbox.bad_config", channel=manifest.channel)
            with contextlib.suppress(OSError):
                await made.stop()
            return None
        made.attach(SandboxDesk(url=desk_url, hook_token=hook_token))
        return account_id, made

    async def _account(self, manifest: Manifest, sandbox: Sandbox) -> tuple[int, str]:
        kind = self._registry.load(manifest.channel)
        shown, hidden = account_secrets.split(kind.Config.model_validate(sandbox.account_config()))
        async with self._database.transaction() as work:
            known = await sandbox_accounts.find_sandbox_account(work, manifest.channel)
            if known is None:
                token = secrets.token_urlsafe(18)
                label = f"{manifest.name} (sandbox)"
                account_id = await sandbox_accounts.insert_sandbox_account(
                    work, manifest.channel, label, token
                )
            else:
                account_id, token = known.id, known.hook_token
            await sandbox_accounts.configure(
                work,
                account_id,
                json.dumps(shown),
                account_secrets.seal(self._keyring, account_id, hidden),
            )
        return account_id, token
