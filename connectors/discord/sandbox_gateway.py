"""The gateway of the sandbox's Discord: connections, and the sessions that outlive them.

Discord's documentation: Gateway; Opcodes and Status Codes, "Gateway".
"""

import secrets
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from connectors.discord.sandbox_application import Application
from connectors.discord.sandbox_connection import Connection
from connectors.discord.sandbox_faults import GatewayFaults
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_permissions import sees
from connectors.discord.sandbox_sessions import EVERY_INTENT, PRIVILEGED, Intent, Session
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_world import Announcement, World

RESUME_PATH = "/resume"


class Gateway:
    """Listens where the server puts it; may be taken away and come back."""

    def __init__(
        self,
        world: World,
        objects: Objects,
        application: Application,
        settings: Settings,
        faults: GatewayFaults,
    ) -> None:
        self.world = world
        self.objects = objects
        self.application = application
        self.settings = settings
        self.faults = faults
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.identifies: deque[datetime] = deque()
        """Those of the last 24 h."""
        self.resumes = 0
        self.close_codes: list[int] = []
        """By which connections were closed from here."""
        self.client_close_codes: list[int | None] = []
        """By which clients closed; None: without one."""
        world.listeners.append(self.hear)

    @property
    def resume_url(self) -> str:
        return self.url + RESUME_PATH

    def identifies_left(self) -> int:
        since = self.world.clock.now() - timedelta(hours=24)
        while self.identifies and self.identifies[0] <= since:
            self.identifies.popleft()
        return self.settings.identify_limit - len(self.identifies)

    def start_limit(self) -> dict[str, int]:
        """session_start_limit of GET /gateway/bot."""
        left = self.identifies_left()
        reset = timedelta(hours=24)
        if self.identifies:
            reset -= self.world.clock.now() - self.identifies[0]
        return {
            "total": self.settings.identify_limit,
            "remaining": max(left, 0),
            "reset_after": int(reset.total_seconds() * 1000),
            "max_concurrency": self.settings.identify_rate.count,
        }

    async def serve(self, request: web.Request) -> web.StreamResponse:
        connection = Connection(self, request)
        self.connections.add(connection)
        try:
            return await connection.run()
        finally:
            self.connections.discard(connection)
            session = connection.session
            if session is not None and session.left_at is None:
                session.left_at = self.world.clock.now()

    def hear(self, announcement: Announcement) -> None:
        """Each session that it concerns has it, connected or not."""
        for session in self.sessions.values():
            if session.concerns(self.world, announcement):
                self.tell(session, announcement.name, session.body(self.world, announcement))

    def tell(self, session: Session, name: str, body: dict[str, Any]) -> None:
        frame = session.add(name, body)
        for connection in self.connections:
            if connection.session is session:
                connection.put(frame.shown())

    def identify(self, connection: Connection, wanted: dict[str, Any]) -> None:
        """Starts a session, or says in the network's words why not."""
        intents = wanted.get("intents")
        shard = wanted.get("shard", [0, 1])
        if wanted.get("token") != self.application.token:
            return connection.close(4004)
        if self.faults.identify_close is not None:
            return connection.close(self.faults.identify_close)
        if self.identifies_left() <= 0:
            return self.reset_token()
        now = self.world.clock.now()
        rate = self.settings.identify_rate
        recent = [one for one in self.identifies if now - one < timedelta(seconds=rate.seconds)]
        self.identifies.append(now)
        if len(recent) >= rate.count:
            return connection.invalidate(is_resumable=False)
        if not _is_shard(shard):
            return connection.close(4010)
        if self.settings.needs_sharding and shard[1] == 1:
            return connection.close(4011)
        if not isinstance(intents, int) or intents & ~EVERY_INTENT:
            return connection.close(4013)
        if intents & PRIVILEGED & ~self.settings.privileged_intents:
            return connection.close(4014)
        session = Session(
            id=secrets.token_hex(16),
            intents=intents,
            bot_id=self.application.bot_id,
            version=connection.version,
            shard=(shard[0], shard[1]),
            replay_limit=self.settings.replay_limit,
        )
        self.sessions[session.id] = session
        connection.session = session
        self.tell(session, "READY", self._ready(session, connection.version))
        if intents & Intent.GUILDS:
            for guild in list(self.world.guilds.values()):
                if guild.is_available and application_is_in(guild, session):
                    whole = {**self.whole_guild(guild.id), "unavailable": False}
                    self.tell(session, "GUILD_CREATE", whole)
        return None

    def resume(self, connection: Connection, wanted: dict[str, Any]) -> None:
        """The missed events in order, then RESUMED; neither READY nor GUILD_CREATE."""
        if wanted.get("token") != self.application.token:
            return connection.close(4004)
        self.resumes += 1
        session = self.sessions.get(str(wanted.get("session_id")))
        number = wanted.get("seq")
        if session is None or self.faults.refuses_resume or not self._is_resumable(session):
            if session is not None:
                self.sessions.pop(session.id, None)
            return connection.invalidate(is_resumable=False)
        if not isinstance(number, int) or not 0 <= number <= session.number:
            self.sessions.pop(session.id)
            return connection.close(4007)
        missed = session.after(number)
        is_elsewhere = not connection.is_at_resume_address or connection.version != session.version
        if missed is None or is_elsewhere:
            self.sessions.pop(session.id)
            return connection.invalidate(is_resumable=False)
        for other in [one for one in self.connections if one.session is session]:
            other.session = None
            other.cut()
        session.left_at = None
        for frame in missed:
            connection.put(frame.shown())
        connection.session = session
        self.tell(session, "RESUMED", {"_trace": []})
        return None

    def end(self, session: Session) -> None:
        """It can't be resumed any more."""
        self.sessions.pop(session.id, None)

    def reset_token(self) -> None:
        """What happens beyond the limit of IDENTIFYs: all sessions end, and the token is void."""
        self.application.reset_token()
        self.sessions.clear()
        for connection in list(self.connections):
            connection.close(4004)

    def whole_guild(self, guild_id: int) -> dict[str, Any]:
        bot_id = self.application.bot_id
        world = self.world
        shown = [one for one in world.channels_of(guild_id) if sees(world, one, bot_id)]
        threads = [
            one
            for one in world.threads_of(guild_id)
            if one.thread is not None and not one.thread.is_archived and sees(world, one, bot_id)
        ]
        return self.objects.whole_guild(world.guilds[guild_id], shown, threads)

    def _ready(self, session: Session, version: int) -> dict[str, Any]:
        guilds = [one for one in self.world.guilds.values() if application_is_in(one, session)]
        return {
            "v": version,
            "user": self.objects.own_profile(),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.resume_url,
            "shard": list(session.shard),
            "application": {"id": str(self.application.bot_id), "flags": 0},
            "private_channels": [],
        }

    def _is_resumable(self, session: Session) -> bool:
        if session.left_at is None:
            return True
        return self.world.clock.now() - session.left_at <= self.settings.resume_window

    def ask_heartbeats(self) -> None:
        """Op 1: clients beat at once."""
        for connection in self.connections:
            connection.put({"op": 1, "d": None})

    def ask_reconnects(self) -> None:
        """Op 7: clients reconnect and resume."""
        for connection in self.connections:
            connection.put({"op": 7, "d": None})

    def invalidate(self, *, is_resumable: bool) -> None:
        """Op 9."""
        for connection in self.connections:
            connection.invalidate(is_resumable=is_resumable)

    def close(self, code: int) -> None:
        """All connections, with this code; it decides whether sessions can be resumed."""
        for connection in list(self.connections):
            connection.close(code)

    def cut(self) -> None:
        """All connections break, without a close frame; sessions can be resumed."""
        for connection in list(self.connections):
            connection.cut()


def application_is_in(guild: Any, session: Session) -> bool:
    is_of_shard = (guild.id >> 22) % session.shard[1] == session.shard[0]
    return is_of_shard and session.bot_id in guild.members


def _is_shard(shard: Any) -> bool:
    return (
        isinstance(shard, list)
        and len(shard) == 2
        and all(isinstance(one, int) for one in shard)
        and 0 <= shard[0] < shard[1]
    )
