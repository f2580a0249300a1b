"""Starts the stand-in network of every channel that has one, with an account of ours on it."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import structlog
from pydantic import ValidationError

from core.connector import Manifest
from core.errors import BadConfig, ConnectorError, TransientError
from core.sandbox import Sandbox, SandboxDesk
from router.runtime.registry import Registry, load_object
from router.services import account_secrets, tokens
from router.services.keyring import Keyring
from router.services.roles import Role
from router.storage import agents, sandbox_accounts
from router.storage.engine import Database

log = structlog.get_logger(__name__)

HOST_TOKEN_LIVES = timedelta(minutes=10)


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
        self._desk_url = ""

    @property
    def step_up_url(self) -> str | None:
        """Where the make-believe site has its people prove anew that it is them, if one does."""
        found = ((account, one.step_up_url) for account, one in sorted(self.running.items()))
        return next(
            (f"{self._desk_url}/sandbox/{account}/{path}" for account, path in found if path), None
        )

    async def start(self, *, desk_url: str) -> None:
        """Start all at once. One that cannot start is logged and left out."""
        self._desk_url = desk_url
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
        made.attach(
            SandboxDesk(
                url=desk_url, hook_token=hook_token, make_host_token=host_tokens(self._database)
            )
        )
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


def host_tokens(database: Database) -> Callable[[], Awaitable[str]]:
    """Makes tokens for the make-believe site: what an operator's own is given by hand."""

    async def make() -> str:
        async with database.reading() as work:
            owner = await agents.find_first_owner(work)
        if owner is None:
            raise TransientError("nobody has signed up at the desk yet")
        made = await tokens.add_token(
            database,
            actor="sandbox",
            agent_id=owner.id,
            agent_role=Role(owner.role),
            name="The sandbox's make-believe site",
            role=Role.HOST,
            expires_at=database.clock.now() + HOST_TOKEN_LIVES,
        )
        return made.token

    return make
