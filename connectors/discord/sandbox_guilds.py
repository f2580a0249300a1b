"""Guilds of the sandbox: who is in them, what roles and channels they have, and outages."""

from typing import Any

from connectors.discord.sandbox_objects import Objects
from connectors.discord.sandbox_permissions import sees
from connectors.discord.sandbox_records import (
    Channel,
    ChannelKind,
    Guild,
    Member,
    Overwrite,
    Role,
    Tag,
)
from connectors.discord.sandbox_sessions import Intent
from connectors.discord.sandbox_threads import Threads
from connectors.discord.sandbox_world import Announcement, World


class Guilds:
    def __init__(self, world: World, objects: Objects, threads: Threads, bot_id: int) -> None:
        self._world = world
        self._objects = objects
        self._threads = threads
        self._bot_id = bot_id

    def make(self, name: str, owner_id: int, *, has_bot: bool, permissions: int) -> Guild:
        number = self._world.new_id()
        now = self._world.clock.now()
        numbers = [owner_id, *([self._bot_id] if has_bot else [])]
        guild = Guild(
            id=number,
            name=name,
            owner_id=owner_id,
            # Everyone's role has the guild's number.
            roles=[Role(id=number, name="@everyone", permissions=permissions)],
            members={one: Member(joined_at=now) for one in numbers},
        )
        self._world.keep(guild)
        if has_bot:
            self._announce_whole(guild, is_new=True)
        return guild

    def _announce_whole(self, guild: Guild, *, is_new: bool) -> None:
        """GUILD_CREATE: new to the bot, or back from an outage."""
        shown = [one for one in self._world.channels_of(guild.id) if self._sees(one)]
        threads = [
            one
            for one in self._world.threads_of(guild.id)
            if one.thread is not None and not one.thread.is_archived and self._sees(one)
        ]
        body = self._objects.whole_guild(guild, shown, threads)
        self._tell("GUILD_CREATE", body if is_new else {**body, "unavailable": False}, guild)

    def set_available(self, guild: Guild, *, is_available: bool) -> None:
        """An outage and its end: GUILD_DELETE with `unavailable`, then GUILD_CREATE."""
        guild.is_available = is_available
        self._world.keep(guild)
        if is_available:
            self._announce_whole(guild, is_new=False)
        else:
            self._tell("GUILD_DELETE", {"id": str(guild.id), "unavailable": True}, guild)

    def add_role(self, guild: Guild, name: str, permissions: int) -> Role:
        role = Role(
            id=self._world.new_id(),
            name=name,
            permissions=permissions,
            position=len(guild.roles),
        )
        guild.roles.append(role)
        self._world.keep(guild)
        body = {"guild_id": str(guild.id), "role": self._objects.role(role)}
        self._tell("GUILD_ROLE_CREATE", body, guild)
        return role

    def add_member(self, guild: Guild, number: int) -> None:
        """Once. The bot itself gets the whole guild."""
        if number in guild.members:
            return
        guild.members[number] = Member(joined_at=self._world.clock.now())
        self._world.keep(guild)
        if number == self._bot_id:
            return self._announce_whole(guild, is_new=True)
        body = {"guild_id": str(guild.id), **self._objects.member_of(guild, number)}
        return self._tell("GUILD_MEMBER_ADD", body, guild)

    def remove_member(self, guild: Guild, number: int) -> None:
        if number not in guild.members:
            return
        if number == self._bot_id:
            # Without `unavailable`: it was removed.
            self._tell("GUILD_DELETE", {"id": str(guild.id)}, guild)
        del guild.members[number]
        self._world.keep(guild)
        if number != self._bot_id:
            body = {"guild_id": str(guild.id), "user": self._objects.profile(number)}
            self._tell("GUILD_MEMBER_REMOVE", body, guild)

    def give_role(self, guild: Guild, number: int, role_id: int) -> None:
        """To the bot it may open channels: then their threads are synced."""
        hidden = self._hidden(guild)
        guild.members[number].role_ids.append(role_id)
        self._world.keep(guild)
        body = {"guild_id": str(guild.id), **self._objects.member_of(guild, number)}
        intent = 0 if number == self._bot_id else Intent.GUILD_MEMBERS
        self._tell("GUILD_MEMBER_UPDATE", body, guild, intent=intent)
        self._sync_gained(hidden)

    def add_channel(
        self,
        guild: Guild,
        name: str,
        kind: ChannelKind,
        *,
        tags: tuple[str, ...] = (),
        requires_tag: bool = False,
        slowmode_seconds: int = 0,
        overwrites: list[Overwrite] | None = None,
    ) -> Channel:
        channel = Channel(
            id=self._world.new_id(),
            kind=kind,
            name=name,
            guild_id=guild.id,
            tags=[Tag(id=self._world.new_id(), name=one) for one in tags],
            requires_tag=requires_tag,
            slowmode_seconds=slowmode_seconds,
            overwrites=overwrites or [],
        )
        self._world.keep(channel)
        self._tell("CHANNEL_CREATE", self._objects.channel(channel), guild, channel=channel)
        return channel

    def set_overwrite(self, channel: Channel, overwrite: Overwrite) -> None:
        """Replaces the one of this role or person. Of a channel that becomes hidden, the bot hears
        only that its permissions changed.
        """
        guild = self.guild_of(channel)
        hidden = self._hidden(guild)
        was_seen = self._sees(channel)
        channel.overwrites = [
            *(one for one in channel.overwrites if one.id != overwrite.id),
            overwrite,
        ]
        self._world.keep(channel)
        body = self._objects.channel(channel)
        if was_seen or self._sees(channel):
            self._tell("CHANNEL_UPDATE", body, guild)
        self._sync_gained(hidden)

    def update_channel(self, channel: Channel) -> None:
        self._world.keep(channel)
        body = self._objects.channel(channel)
        self._tell("CHANNEL_UPDATE", body, self.guild_of(channel), channel=channel)

    def delete_channel(self, channel: Channel) -> None:
        """Its threads go with it, without a word of their own."""
        guild = self.guild_of(channel)
        self._tell("CHANNEL_DELETE", self._objects.channel(channel), guild, channel=channel)
        for thread in self._world.threads_of(guild.id):
            if thread.parent_id == channel.id:
                self._world.forget(thread)
        self._world.forget(channel)

    def guild_of(self, channel: Channel) -> Guild:
        assert channel.guild_id is not None
        return self._world.guilds[channel.guild_id]

    def _hidden(self, guild: Guild) -> list[Channel]:
        return [one for one in self._world.channels_of(guild.id) if not self._sees(one)]

    def _sync_gained(self, hidden: list[Channel]) -> None:
        gained = [one for one in hidden if self._sees(one)]
        if gained:
            self._threads.sync(gained)

    def _sees(self, channel: Channel) -> bool:
        return sees(self._world, channel, self._bot_id)

    def _tell(
        self,
        name: str,
        body: dict[str, Any],
        guild: Guild,
        *,
        channel: Channel | None = None,
        intent: int | None = None,
    ) -> None:
        if self._bot_id not in guild.members:
            return
        self._world.announce(
            Announcement(name=name, body=body, guild_id=guild.id, channel=channel, intent=intent)
        )
