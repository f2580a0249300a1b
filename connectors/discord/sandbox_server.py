"""A loopback Discord: REST v10, the gateway and the CDN, with people and guilds on it."""

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors.discord import (
    sandbox_rest_commands,
    sandbox_rest_edits,
    sandbox_rest_guilds,
    sandbox_rest_messages,
    sandbox_rest_places,
    sandbox_rest_threads,
)
from connectors.discord.sandbox_application import Application
from connectors.discord.sandbox_cdn import Cdn
from connectors.discord.sandbox_faults import Faults
from connectors.discord.sandbox_gateway import RESUME_PATH, Gateway
from connectors.discord.sandbox_guilds import Guilds
from connectors.discord.sandbox_interactions import Interactions
from connectors.discord.sandbox_limits import Limits
from connectors.discord.sandbox_messages import Messages
from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_people import Person
from connectors.discord.sandbox_permissions import ORDINARY
from connectors.discord.sandbox_places import (
    Community,
    ForumPlace,
    Place,
    Said,
    TextPlace,
    ThreadPlace,
)
from connectors.discord.sandbox_records import FORUMS, THREADS, Channel, Message, Profile
from connectors.discord.sandbox_rest import PREFIX, Asked, Rest, Services
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_threads import Threads
from connectors.discord.sandbox_values import bare
from connectors.discord.sandbox_world import Announcement, World
from core.clock import Clock, SystemClock

HOST = "127.0.0.1"
GATEWAY_PATH = "/gateway"
ROUTES = (
    *sandbox_rest_places.ROUTES,
    *sandbox_rest_messages.ROUTES,
    *sandbox_rest_edits.ROUTES,
    *sandbox_rest_threads.ROUTES,
    *sandbox_rest_guilds.ROUTES,
    *sandbox_rest_commands.ROUTES,
)


class DiscordServer:
    """One application, the desk's, on a Discord of its own.

    With a folder, all that was said is there again after a restart; without, nothing is written.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        folder: Path | None = None,
        clock: Clock | None = None,
        bot_name: str = "Help Desk",
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.faults = Faults()
        self.world = World(self.clock, folder)
        self._folder = folder
        kept = self._read_kept()
        bot_id = int(kept["bot_id"]) if kept else self.world.new_id()
        self.application = Application(bot_id, kept.get("token"))
        if bot_id not in self.world.profiles:
            self.world.keep(Profile(id=bot_id, username=bot_name, is_bot=True))
        self._secret = kept.get("secret") or secrets.token_hex(16)
        self._ports = (int(kept.get("rest_port", 0)), int(kept.get("gateway_port", 0)))
        self.cdn = Cdn(
            self.clock,
            self._secret.encode(),
            self.settings.attachment_lifetime,
            folder / "files" if folder is not None else None,
        )
        self.objects = Objects(self.world, self.cdn, bot_id)
        self.messages = Messages(self.world, self.objects, self.cdn)
        self.gateway = Gateway(
            self.world, self.objects, self.application, self.settings, self.faults.gateway
        )
        self.threads = Threads(self.world, self.objects, self.messages, self.settings, bot_id)
        self.guilds = Guilds(self.world, self.objects, self.threads, bot_id)
        self.interactions = Interactions(
            self.world, self.objects, self.messages, self.settings, bot_id
        )
        self.typing: dict[int, list[datetime]] = {}
        """When the bot said that it is typing, by channel."""
        self.limits = Limits(self.clock, self.settings)
        services = Services(
            world=self.world,
            objects=self.objects,
            messages=self.messages,
            threads=self.threads,
            guilds=self.guilds,
            interactions=self.interactions,
            typing=self.typing,
            gateway=self.gateway,
            application=self.application,
            settings=self.settings,
            limits=self.limits,
            faults=self.faults,
        )
        self._rest = Rest(services, ROUTES)
        self._runners: list[web.AppRunner] = []
        self._gateway_runner: web.AppRunner | None = None

    @property
    def api_base_url(self) -> str:
        return f"http://{HOST}:{self._ports[0]}{PREFIX}"

    @property
    def gateway_url(self) -> str:
        return self.gateway.url

    @property
    def token(self) -> str:
        return self.application.token

    @property
    def bot_id(self) -> int:
        return self.application.bot_id

    @property
    def requests(self) -> list[Asked]:
        """All that REST was asked, oldest first."""
        return self._rest.requests

    async def start(self) -> None:
        """Listens on the ports of last time if they are free, on others if not."""
        app = web.Application(client_max_size=2 * self.settings.largest_request)
        self._rest.add_to(app)
        app.router.add_get(r"/attachments/{channel:\d+}/{upload:\d+}/{name}", self.cdn.serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        rest_port = await _listen(runner, self._ports[0])
        self._runners.append(runner)
        self.cdn.base_url = f"http://{HOST}:{rest_port}"
        self._ports = (rest_port, self._ports[1])
        await self.gateway_comes_back()
        self._write_kept()

    async def stop(self) -> None:
        """Idempotent."""
        self.faults.clear()
        await self.gateway_goes_down()
        while self._runners:
            await self._runners.pop().cleanup()
        self.world.close()

    async def gateway_goes_down(self) -> None:
        """Connections are cut and new ones refused; sessions can still be resumed afterwards."""
        if self._gateway_runner is not None:
            runner, self._gateway_runner = self._gateway_runner, None
            for site in list(runner.sites):
                await site.stop()
            self.gateway.cut()
            await runner.cleanup()

    async def gateway_comes_back(self) -> None:
        """On the same port."""
        app = web.Application()
        for path in (GATEWAY_PATH, GATEWAY_PATH + "/", GATEWAY_PATH + RESUME_PATH):
            app.router.add_get(path, self.gateway.serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        port = await _listen(runner, self._ports[1])
        self._gateway_runner = runner
        self._ports = (self._ports[0], port)
        self.gateway.url = f"ws://{HOST}:{port}{GATEWAY_PATH}"

    def person(
        self,
        name: str,
        *,
        number: int | None = None,
        has_app: bool = True,
        is_bot: bool = False,
    ) -> Person:
        """Somebody new, or who has this number. With the app they need no common guild."""
        known = self.world.profiles.get(number) if number is not None else None
        profile = known or Profile(
            id=number or self.world.new_id(),
            username=name.lower().replace(" ", "."),
            global_name=name,
            has_app=has_app,
            is_bot=is_bot,
        )
        self.world.keep(profile)
        return Person(self, profile)

    def find_person(self, number: int) -> Person:
        return Person(self, self.world.profiles[number])

    def guild(
        self,
        name: str,
        *,
        owner: Person | None = None,
        has_bot: bool = True,
        permissions: int = ORDINARY,
    ) -> Community:
        """A new one, in which everyone has these permissions."""
        by = owner or self.person(f"Owner of {name}")
        guild = self.guilds.make(name, by.id, has_bot=has_bot, permissions=permissions)
        return Community(self, guild)

    def find_place(self, number: int) -> Place:
        """A channel or thread that was made before, such as in an earlier run."""
        channel = self.world.channels[number]
        if channel.kind in FORUMS:
            return ForumPlace(self, channel)
        return (ThreadPlace if channel.kind in THREADS else TextPlace)(self, channel)

    def find_said(self, channel_id: int, number: int) -> Said:
        """A message, whoever wrote it."""
        channel = self.world.channels[channel_id]
        return Said(channel, self.world.messages_in(channel)[number])

    def announce_typing(self, channel: Channel, number: int) -> None:
        body: dict[str, Any] = {
            "user_id": str(number),
            "timestamp": int(self.clock.now().timestamp()),
            **bare(channel.id, channel.guild_id),
        }
        guild = self.world.guilds.get(channel.guild_id or 0)
        if guild is not None and number in guild.members:
            body["member"] = self.objects.member_of(guild, number)
        self.world.announce(
            Announcement(name="TYPING_START", body=body, guild_id=channel.guild_id, channel=channel)
        )

    def messages_in(self, place: Place | Channel | Person) -> list[Message]:
        """Oldest first, deleted ones gone; of a person: in their DM."""
        match place:
            case Person():
                channel = place.dm()
            case Place():
                channel = place.channel
            case _:
                channel = place
        return list(self.world.messages_in(channel).values())

    def said_by_bot(self, place: Place | Channel | Person) -> list[Message]:
        return [one for one in self.messages_in(place) if one.author_id == self.bot_id]

    def _read_kept(self) -> dict[str, Any]:
        path = self._kept_path()
        if path is None or not path.exists():
            return {}
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def _write_kept(self) -> None:
        path = self._kept_path()
        if path is None:
            return
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "bot_id": self.bot_id,
                    "token": self.token,
                    "secret": self._secret,
                    "rest_port": self._ports[0],
                    "gateway_port": self._ports[1],
                    "at": datetime.now(UTC).isoformat(),
                }
            )
        )

    def _kept_path(self) -> Path | None:
        return self._folder / "settings.json" if self._folder is not None else None


async def _listen(runner: web.AppRunner, port: int) -> int:
    """The port that it listens on now: this one, or a free one if it is taken."""
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError:
        await web.TCPSite(runner, HOST, 0).start()
    bound: int = runner.addresses[0][1]
    return bound
