"""Makes connector instances from stored accounts."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import aiohttp
import msgspec
import structlog
from pydantic import BaseModel, ValidationError

from core.clock import Clock
from core.connector import BlobReader, Connector, ConnectorContext, Intake
from core.errors import BadConfig
from core.hours import DeskHours, always
from router.blobs import Blobs
from router.runtime.egress import EgressGuard
from router.runtime.registry import Registry
from router.services import account_secrets
from router.services.keyring import Keyring, SealBroken
from router.storage.account_rows import AccountRow

KeepSecret = Callable[[int, str, str], Awaitable[None]]
"""(account, field of its settings, new value)"""


class KnownHours:
    """When the desk answers, as this process read it last (`runtime.doors`)."""

    def __init__(self) -> None:
        self.now = always()

    def __call__(self) -> DeskHours:
        return self.now


class ConnectorFactory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an instance gets from outside."""

    registry: Registry
    keyring: Keyring
    clock: Clock
    blobs: Blobs
    http: aiohttp.ClientSession
    public_url: str
    egress: EgressGuard = EgressGuard()
    """The one that `http` obeys."""
    desk_hours: KnownHours = msgspec.field(default_factory=KnownHours)
    keep_secret: KeepSecret | None = None
    """None: what a network renews is used until the process ends, and then is lost."""

    def intakes(self, channel: str) -> tuple[Intake, ...]:
        """Raises BadConfig."""
        return self.registry.manifest(channel).intake

    def make(self, account: AccountRow) -> Connector:
        """An instance that has done no I/O. Raises BadConfig with a sentence for ops."""
        kind = self.registry.load(account.channel)
        return kind(
            self.config_of(account), self.context(account.id, account.label, account.hook_token)
        )

    def config_of(self, account: AccountRow) -> BaseModel:
        """Its settings with their secrets. Raises BadConfig like `make`."""
        kind = self.registry.load(account.channel)
        try:
            secrets = account_secrets.unseal(self.keyring, account.id, account.sealed_secrets)
        except SealBroken as error:
            raise BadConfig(
                "Its secrets were sealed with another secret_key: restore that key, or enter the"
                " secrets again."
            ) from error
        values = account_secrets.join(json.loads(account.config), secrets)
        return _to_config(kind, values)

    def context(self, account_id: int, label: str, hook_token: str = "") -> ConnectorContext:
        """What every instance gets from outside."""
        context = ConnectorContext(
            clock=self.clock,
            log=structlog.get_logger("connector").bind(account=account_id),
            account_id=account_id,
            account_label=label,
            public_url=self.public_url,
            http=self.http,
            socket_factory=self.egress.open_socket,
            desk_hours=self.desk_hours,
            open_blob=self._open_blob,
            hook_url=f"{self.public_url}/hooks/{hook_token}" if hook_token else "",
        )
        if self.keep_secret is None:
            return context
        return msgspec.structs.replace(context, keep_secret=partial(self.keep_secret, account_id))

    def _open_blob(self, key: str) -> AbstractAsyncContextManager[BlobReader]:
        return self.blobs.open(key)


def _to_config(kind: type[Connector], values: dict[str, object]) -> BaseModel:
    """Raises BadConfig naming the field."""
    try:
        return kind.Config.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise BadConfig(f"{where}: {first['msg']}" if where else first["msg"]) from error
