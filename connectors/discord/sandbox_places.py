"""Guilds, channels, forums and threads of the sandbox, as a test or the demo uses them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_records import (
    Channel,
    ChannelKind,
    Guild,
    Message,
    Overwrite,
    Role,
    ThreadState,
)

if TYPE_CHECKING:
    from connectors.discord.sandbox_people import Person
    from connectors.discord.sandbox_server import DiscordServer


@dataclass(frozen=True, slots=True)
class Said:
    """A message that somebody wrote: to edit, delete, answer or forward it later."""

    channel: Channel
    message: Message

    @property
    def id(self) -> int:
        return self.message.id


class Place:
    """A channel or a thread. What is done to it here, a moderator of the guild does."""

    def __init__(self, server: "DiscordServer", channel: Channel) -> None:
        self._server = server
        self.channel = channel

    @property
    def id(self) -> int:
        return self.channel.id

    async def loses(self, saids: Sequence[Said]) -> None:
        """A moderator deletes them in bulk."""
        self._server.messages.remove_all(self.channel, [one.message for one in saids])
        await asyncio.sleep(0)

    async def shows_embed(self, said: Said, url: str = "https://example.org/") -> None:
        """Discord found a preview: MESSAGE_UPDATE without an edit."""
        said.message.embeds = [{"type": "link", "url": url, "title": "Example"}]
        self._server.messages.touch(self.channel, said.message)
        await asyncio.sleep(0)

    async def pins(self, said: Said) -> None:
        """MESSAGE_UPDATE without an edit, and CHANNEL_PINS_UPDATE."""
        self._server.messages.pin(self.channel, said.message)
        await asyncio.sleep(0)

    async def webhook_says(self, name: str, text: str) -> Said:
        """An integration writes: an author that is nobody."""
        number = self._server.world.new_id()
        draft = Draft(text=text, webhook=(number, name))
        message = self._server.messages.post(self.channel, number, draft)
        await asyncio.sleep(0)
        return Said(self.channel, message)

    def denies(self, permission: Permission) -> None:
        """To the bot."""
        self._set(permission, is_allowed=False)

    def allows(self, permission: Permission) -> None:
        """To the bot; if it sees the channel now, it hears of its threads."""
        self._set(permission, is_allowed=True)

    def _set(self, permission: Permission, *, is_allowed: bool) -> None:
        bot_id = self._server.bot_id
        target = self._server.world.parent_of(self.channel)
        before = next((one for one in target.overwrites if one.id == bot_id), None)
        allow, deny = (before.allow, before.deny) if before else (0, 0)
        allow, deny = allow & ~permission, deny & ~permission
        changed = Overwrite(
            id=bot_id,
            is_person=True,
            allow=allow | permission if is_allowed else allow,
            deny=deny if is_allowed else deny | permission,
        )
        self._server.guilds.set_overwrite(target, changed)


class TextPlace(Place):
    async def thread(
        self,
        name: str,
        *,
        by: "Person",
        message: Said | None = None,
        is_private: bool = False,
        has_bot: bool = False,
    ) -> "ThreadPlace":
        self._server.guilds.add_member(self._server.guilds.guild_of(self.channel), by.id)
        thread = self._server.threads.start(
            self.channel,
            by.id,
            name,
            kind=ChannelKind.PRIVATE_THREAD if is_private else ChannelKind.PUBLIC_THREAD,
            message=message.message if message is not None else None,
        )
        if has_bot:
            self._server.threads.add(thread, self._server.bot_id)
        await asyncio.sleep(0)
        return ThreadPlace(self._server, thread)

    async def vanishes(self) -> None:
        """It is deleted, with its threads."""
        self._server.guilds.delete_channel(self.channel)
        await asyncio.sleep(0)


class ForumPlace(TextPlace):
    async def post(
        self,
        by: "Person",
        title: str,
        text: str = "",
        *,
        tags: Sequence[str] = (),
        files: Sequence[SentFile] = (),
    ) -> "ThreadPlace":
        self._server.guilds.add_member(self._server.guilds.guild_of(self.channel), by.id)
        numbers = [one.id for one in self.channel.tags if one.name in tags]
        draft = Draft(text=text, files=files)
        thread, _ = self._server.threads.post(self.channel, by.id, title, draft, numbers)
        await asyncio.sleep(0)
        return ThreadPlace(self._server, thread)


class ThreadPlace(Place):
    @property
    def state(self) -> ThreadState:
        assert self.channel.thread is not None
        return self.channel.thread

    def starter(self) -> Said | None:
        """The message that it shares its number with: of a post, or that it was started from."""
        world = self._server.world
        for channel in (self.channel, world.parent_of(self.channel)):
            message = world.message(channel, self.id)
            if message is not None:
                return Said(channel, message)
        return None

    async def archives(self) -> None:
        """Closed by a moderator, or by time."""
        self._server.threads.set_archived(self.channel, is_archived=True)
        await asyncio.sleep(0)

    async def unarchives(self) -> None:
        self._server.threads.set_archived(self.channel, is_archived=False)
        await asyncio.sleep(0)

    async def locks(self) -> None:
        await self._set_locked(True)

    async def unlocks(self) -> None:
        await self._set_locked(False)

    async def _set_locked(self, is_locked: bool) -> None:
        self.state.is_locked = is_locked
        self._server.threads.update(self.channel)
        await asyncio.sleep(0)

    async def adds(self, person: "Person") -> None:
        self._server.threads.add(self.channel, person.id)
        await asyncio.sleep(0)

    async def adds_bot(self) -> None:
        self._server.threads.add(self.channel, self._server.bot_id)
        await asyncio.sleep(0)

    async def removes_bot(self) -> None:
        self._server.threads.remove_member(self.channel, self._server.bot_id)
        await asyncio.sleep(0)

    async def renames(self, name: str) -> None:
        self.channel.name = name
        self._server.threads.update(self.channel)
        await asyncio.sleep(0)

    async def vanishes(self) -> None:
        self._server.threads.delete(self.channel)
        await asyncio.sleep(0)


class Community:
    """A guild. Whoever writes in it joins it first."""

    def __init__(self, server: "DiscordServer", guild: Guild) -> None:
        self._server = server
        self.guild = guild

    @property
    def id(self) -> int:
        return self.guild.id

    def text_channel(self, name: str, *, slowmode_seconds: int = 0) -> TextPlace:
        channel = self._server.guilds.add_channel(
            self.guild, name, ChannelKind.TEXT, slowmode_seconds=slowmode_seconds
        )
        return TextPlace(self._server, channel)

    def category(self, name: str) -> TextPlace:
        """A heading over channels: nothing can be said in it."""
        channel = self._server.guilds.add_channel(self.guild, name, ChannelKind.CATEGORY)
        return TextPlace(self._server, channel)

    def hidden_channel(self, name: str) -> TextPlace:
        """The bot doesn't see it, until it is allowed to."""
        overwrite = Overwrite(
            id=self._server.bot_id, is_person=True, deny=int(Permission.VIEW_CHANNEL)
        )
        channel = self._server.guilds.add_channel(
            self.guild, name, ChannelKind.TEXT, overwrites=[overwrite]
        )
        return TextPlace(self._server, channel)

    def forum(
        self, name: str, *, tags: Sequence[str] = (), requires_tag: bool = False
    ) -> ForumPlace:
        channel = self._server.guilds.add_channel(
            self.guild, name, ChannelKind.FORUM, tags=tuple(tags), requires_tag=requires_tag
        )
        return ForumPlace(self._server, channel)

    def role(self, name: str, *people: "Person", permissions: int = 0) -> Role:
        role = self._server.guilds.add_role(self.guild, name, permissions)
        for person in people:
            self.joins(person)
            self._server.guilds.give_role(self.guild, person.id, role.id)
        return role

    def gives_bot(self, permissions: int) -> None:
        """By a role."""
        role = self._server.guilds.add_role(self.guild, "bot", permissions)
        self._server.guilds.give_role(self.guild, self._server.bot_id, role.id)

    def joins(self, person: "Person") -> None:
        self._server.guilds.add_member(self.guild, person.id)

    def leaves(self, person: "Person") -> None:
        self._server.guilds.remove_member(self.guild, person.id)

    def invites_bot(self) -> None:
        self._server.guilds.add_member(self.guild, self._server.bot_id)

    def removes_bot(self) -> None:
        self._server.guilds.remove_member(self.guild, self._server.bot_id)

    def goes_out(self) -> None:
        """An outage of Discord's: not a removal."""
        self._server.guilds.set_available(self.guild, is_available=False)

    def comes_back(self) -> None:
        self._server.guilds.set_available(self.guild, is_available=True)
