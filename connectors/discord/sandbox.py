"""Discord on loopback: a bot of the desk's, people with DMs, and a server with a public channel."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_people import NotAllowed, Person
from connectors.discord.sandbox_places import Place, Said
from connectors.discord.sandbox_records import FORUMS, Message
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_settings import Settings
from connectors.discord.sandbox_values import created_at
from core.sandbox import Sandbox, SandboxAttachment, SandboxField, SandboxLine, SandboxMessage

GUILD = "Harbor"
CHANNEL = "support"
DIRECT = "Direct message"
DESK_SECONDS = 0.5
PUBLIC = f"#{CHANNEL}, in public"
WORDS = {
    "zh": {"User id": "用户 ID", DIRECT: "私信", PUBLIC: f"#{CHANNEL}，公开频道"},
    "ru": {
        "User id": "Номер участника",
        DIRECT: "Личное сообщение",
        PUBLIC: f"#{CHANNEL}, у всех на виду",
    },
}


class DiscordSandbox(Sandbox):
    """Anybody with a number can write to the bot, or in the public channel for all to read.

    It keeps what was said under its data folder.
    """

    title = "Discord"
    can_change = True
    can_delete = True

    def __init__(
        self, settings: Settings | None = None, *, desk_seconds: float = DESK_SECONDS
    ) -> None:
        self._settings = settings
        self._desk_seconds = desk_seconds
        self._server: DiscordServer | None = None

    @property
    def server(self) -> DiscordServer:
        """Between start and stop."""
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return self._server

    async def start(self, data_dir: Path) -> None:
        server = DiscordServer(settings=self._settings, folder=data_dir / "discord")
        await server.start()
        self._server = server
        if not server.world.guilds:
            server.guild(GUILD).text_channel(CHANNEL)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    @property
    def channel(self) -> Place:
        """The public one."""
        world = self.server.world
        number = next(one.id for one in world.channels.values() if one.name == CHANNEL)
        return self.server.find_place(number)

    def account_config(self) -> dict[str, Any]:
        return {
            "token": self.server.token,
            "api_base_url": self.server.api_base_url,
            "gateway_url": self.server.gateway_url,
            "channel_ids": [str(self.channel.id)],
        }

    def fields(self) -> Sequence[SandboxField]:
        return (
            SandboxField(name="person", label="Name", default="Grace Hopper"),
            SandboxField(name="address", label="User id", default="80351110224678912", words=WORDS),
            SandboxField(
                name="place", label="Where", default=DIRECT, choices=(DIRECT, PUBLIC), words=WORDS
            ),
            SandboxField(name="text", label="Text", is_long=True),
        )

    async def say(self, line: SandboxLine) -> None:
        """Raises ValueError where they may not write."""
        person = self.server.person(line.person, number=number_of(line.address))
        if person.profile.global_name != line.person:
            person.renames(line.person)
        files = [_file(one) for one in line.attachments]
        try:
            if line.text.startswith("/"):
                await self._run(person, line)
            elif line.place == PUBLIC:
                await person.writes(self.channel, line.text, files=files)
            else:
                await self.desk_listens()
                await person.writes_dm(line.text, files=files)
        except NotAllowed as error:
            raise ValueError(str(error)) from error

    async def _run(self, person: Person, line: SandboxLine) -> None:
        """As Discord's own box does: "/link CODE" runs the command, and is no message."""
        name, _, value = line.text[1:].strip().partition(" ")
        channel = self.channel if line.place == PUBLIC else None
        command = self.server.interactions.command_named(
            name, None if channel is None else channel.channel.guild_id
        )
        wanted = [one["name"] for one in (command or {}).get("options", [])]
        if wanted and not value.strip():
            raise ValueError(f"/{name} needs its {wanted[0]}")
        options = {wanted[0]: value.strip()} if wanted else None
        await person.runs_command(name, options, place=channel)

    async def change_last(self, line: SandboxLine) -> None:
        """Raises ValueError if there is no text, or nothing of theirs in that place."""
        if not line.text.strip():
            raise ValueError("a message needs a text")
        person = self.server.person(line.person, number=number_of(line.address))
        await person.edits(self._last(person, line.place), line.text)

    async def delete_last(self, line: SandboxLine) -> None:
        """Raises ValueError if there is nothing of theirs in that place."""
        person = self.server.person(line.person, number=number_of(line.address))
        await person.deletes(self._last(person, line.place))

    def _last(self, person: Person, place: str) -> Said:
        channel = self.channel.channel if place == PUBLIC else person.dm()
        for message in reversed(self.server.world.messages_in(channel).values()):
            if message.author_id == person.id:
                return Said(channel, message)
        raise ValueError("they have written nothing there yet")

    async def desk_listens(self) -> None:
        """Waits a moment for a bot that is only just coming up: Discord tells a direct message to
        who is connected, and no list holds the chats that a bot has not heard of yet.
        """
        connections = self.server.gateway.connections
        with suppress(TimeoutError):
            async with asyncio.timeout(self._desk_seconds):
                while not any(one.session is not None for one in connections):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        """What the bot said to them alone, and wherever they wrote themselves."""
        number = number_of(address)
        world = self.server.world
        heard: list[Message] = []
        for channel in world.channels.values():
            if channel.kind in FORUMS:
                continue
            messages = list(world.messages_in(channel).values())
            wrote = any(one.author_id == number for one in messages)
            if wrote or channel.recipient_id == number:
                heard += [one for one in messages if one.author_id == self.server.bot_id]
        return [_to_message(one) for one in sorted(heard, key=lambda one: one.id)]


def _to_message(message: Message) -> SandboxMessage:
    return SandboxMessage(
        at=created_at(message.id),
        text=message.content,
        attachments=tuple(one.name for one in message.uploads),
    )


def _file(attachment: SandboxAttachment) -> SentFile:
    return SentFile(
        name=attachment.name, content=attachment.content, media_type=attachment.media_type
    )


def number_of(address: str) -> int:
    """The account's number: what was typed, or one that always belongs to this other name."""
    text = address.strip()
    if text.isascii() and text.isdigit() and len(text) <= 20:
        return int(text)
    return int.from_bytes(sha256(text.encode()).digest()[:7]) | 1 << 56
