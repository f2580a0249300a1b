"""What a route gets: the application's parts, and who calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from core.clock import Clock
from core.sandbox import Sandbox
from router.blobs import Blobs
from router.bus import Bus
from router.runtime.connectors import ConnectorFactory
from router.runtime.crowd import Crowd
from router.runtime.doors import Doors
from router.runtime.registry import Registry
from router.runtime.remote_pictures import RemotePictures
from router.services.callers import Caller
from router.services.keyring import Keyring
from router.services.passwords import Passwords
from router.settings import Settings
from router.storage.engine import Database
from router.web.kept_figures import KeptFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts that `bootstrap` wires. Optional ones are None in a process without that role."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock
    passwords: Passwords = field(default_factory=Passwords)
    blobs: Blobs | None = None
    bus: Bus | None = None
    doors: Doors | None = None
    """Accounts that the world calls: visitors and webhooks."""
    registry: Registry | None = None
    factory: ConnectorFactory | None = None
    """Makes a connector from settings that are not stored yet: the form's "Test" button."""
    sandboxes: Mapping[int, Sandbox] = field(default_factory=dict)
    """With `--sandbox`: the stand-in networks, by account."""
    pictures: RemotePictures = field(default_factory=RemotePictures)
    """Brings those that letters show from elsewhere."""
    figures: KeptFigures = field(default_factory=KeptFigures)
    """For metrics."""
    crowd: Crowd | None = None
    """In a demonstration: the people who write by themselves."""


CONTEXT: web.AppKey[Context] = web.AppKey("context", Context)
CALLER: web.RequestKey[Caller] = web.RequestKey("caller", Caller)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one route, past its policy."""

    request: web.Request
    context: Context
    signed_in: Caller | None
    """None only on public routes."""

    @property
    def caller(self) -> Caller:
        """Who calls. Only for routes whose policy needs an agent."""
        if self.signed_in is None:
            raise RuntimeError(f"{self.request.path} is public and has no caller")
        return self.signed_in
