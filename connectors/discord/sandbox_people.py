"""What people of the sandbox do: they write, edit, delete, react, run commands, close their DMs."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_interactions import COMMAND, COMPONENT, Interaction
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_objects import snapshot_of
from connectors.discord.sandbox_permissions import Permission, may
from connectors.discord.sandbox_places import Community, Place, Said
from connectors.discord.sandbox_records import (
    FORUMS,
    THREADS,
    Channel,
    ChannelKind,
    MessageFlag,
    Profile,
)
from connectors.discord.sandbox_rest_messages import reference_to
from connectors.discord.sandbox_values import created_at

if TYPE_CHECKING:
    from connectors.discord.sandbox_server import DiscordServer


class NotAllowed(RuntimeError):
    """Discord's client wouldn't let this person do that."""


class Person:
    """Each act returns once the network has it, and has told whoever is connected."""

    def __init__(self, server: "DiscordServer", profile: Profile) -> None:
        self._server = server
        self.profile = profile

    @property
    def id(self) -> int:
        return self.profile.id

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def dm(self) -> Channel:
        """Their direct channel with the bot; made when there is none."""
        world = self._server.world
        found = world.dm_with(self.id)
        if found is None:
            found = Channel(id=world.new_id(), kind=ChannelKind.DM, recipient_id=self.id)
            world.keep(found)
        return found

    async def writes_dm(
        self, text: str = "", *, files: Sequence[SentFile] = (), replies_to: Said | None = None
    ) -> Said:
        draft = _reply(Draft(text=text, files=files), replies_to)
        return await self.posts(self.dm(), draft)

    async def writes(
        self,
        place: Place,
        text: str = "",
        *,
        files: Sequence[SentFile] = (),
        replies_to: Said | None = None,
    ) -> Said:
        """In a guild's channel or a thread; who isn't in the guild joins it."""
        draft = _reply(Draft(text=text, files=files), replies_to)
        return await self.posts(place, draft)

    async def forwards(self, said: Said, place: Place | None = None) -> Said:
        """Without words of their own. To their DM with the bot when no place is named."""
        draft = Draft(
            flags=int(MessageFlag.HAS_SNAPSHOT),
            reference=reference_to(said.message, said.channel, kind=1),
            snapshots=[snapshot_of(said.message)],
        )
        return await self.posts(place, draft)

    async def sends_sticker(self, name: str, place: Place | None = None) -> Said:
        sticker = {"id": str(self._server.world.new_id()), "name": name, "format_type": 1}
        return await self.posts(place, Draft(stickers=[sticker]))

    async def speaks(self, sound: bytes, seconds: float, place: Place | None = None) -> Said:
        """A voice message."""
        file = SentFile(name="voice-message.ogg", content=sound, media_type="audio/ogg")
        draft = Draft(files=[file], flags=int(MessageFlag.VOICE), voice_seconds=seconds)
        return await self.posts(place, draft)

    async def polls(self, question: str, *answers: str, place: Place | None = None) -> Said:
        ends = self._server.clock.now() + timedelta(hours=24)
        poll = {
            "question": {"text": question},
            "answers": [
                {"answer_id": number, "poll_media": {"text": answer}}
                for number, answer in enumerate(answers, 1)
            ],
            "expiry": ends.isoformat(),
            "allow_multiselect": False,
            "layout_type": 1,
            "results": {"is_finalized": False, "answer_counts": []},
        }
        return await self.posts(place, Draft(poll=poll))

    async def posts(self, place: Place | Channel | None, draft: Draft) -> Said:
        """Anything at all. None is their DM with the bot. Raises NotAllowed."""
        channel = _channel(place) or self.dm()
        self._join(channel)
        self._check(channel)
        self._server.threads.speak(channel, self.id)
        message = self._server.messages.post(channel, self.id, draft)
        await asyncio.sleep(0)
        return Said(channel, message)

    async def edits(self, said: Said, text: str) -> None:
        if said.message.author_id != self.id:
            raise NotAllowed("it is somebody else's")
        self._server.messages.edit(said.channel, said.message, {"content": text.strip()})
        await asyncio.sleep(0)

    async def deletes(self, said: Said) -> None:
        self._server.messages.remove(said.channel, said.message)
        await asyncio.sleep(0)

    async def reacts(self, said: Said, emoji: str, *, number: int | None = None) -> None:
        """`number` is that of a guild's own emoji, of which `emoji` is the name."""
        self._server.messages.react(said.channel, said.message, self.id, emoji, number)
        await asyncio.sleep(0)

    async def takes_back(self, said: Said, emoji: str, *, number: int | None = None) -> None:
        self._server.messages.unreact(said.channel, said.message, self.id, emoji, number)
        await asyncio.sleep(0)

    async def types(self, place: Place | None = None) -> None:
        self._server.announce_typing(_channel(place) or self.dm(), self.id)
        await asyncio.sleep(0)

    async def runs_command(
        self, name: str, options: Mapping[str, Any] | None = None, *, place: Place | None = None
    ) -> Interaction:
        """A slash command that the app registered. Raises NotAllowed when there is none."""
        channel = _channel(place) or self.dm()
        self._join(channel)
        command = self._server.interactions.command_named(name, channel.guild_id)
        if command is None:
            raise NotAllowed(f"there is no command /{name}")
        body: dict[str, Any] = {"id": command["id"], "name": name, "type": 1}
        if options:
            kinds = {one["name"]: one["type"] for one in command.get("options", [])}
            body["options"] = [
                {"name": key, "type": kinds[key], "value": value} for key, value in options.items()
            ]
        interaction = self._server.interactions.begin(COMMAND, self.id, channel, body)
        await asyncio.sleep(0)
        return interaction

    async def runs_on(self, said: Said, name: str) -> Interaction:
        """A command of a message's context menu: the app reads that message."""
        command = self._server.interactions.command_named(name, said.channel.guild_id)
        if command is None or command["type"] != 3:
            raise NotAllowed(f"there is no command {name} for messages")
        target = str(said.id)
        body = {
            "id": command["id"],
            "name": name,
            "type": 3,
            "target_id": target,
            "resolved": {"messages": {target: self._server.objects.message(said.message)}},
        }
        interaction = self._server.interactions.begin(COMMAND, self.id, said.channel, body)
        await asyncio.sleep(0)
        return interaction

    async def clicks(self, said: Said, custom_id: str) -> Interaction:
        """A button of a message."""
        body = {"custom_id": custom_id, "component_type": 2}
        interaction = self._server.interactions.begin(
            COMPONENT, self.id, said.channel, body, said.message
        )
        await asyncio.sleep(0)
        return interaction

    def renames(self, name: str) -> None:
        """Told by what they do next alone, without the members intent."""
        self.profile.global_name = name
        self._server.world.keep(self.profile)

    def joins(self, community: Community) -> None:
        community.joins(self)

    def closes_dms(self) -> None:
        """From now on the bot's messages are refused with 50007; theirs still come."""
        self._change(accepts_dms=False)

    def opens_dms(self) -> None:
        self._change(accepts_dms=True)

    def blocks_bot(self) -> None:
        self._change(has_blocked_bot=True)

    def unblocks_bot(self) -> None:
        self._change(has_blocked_bot=False)

    def removes_app(self) -> None:
        """Without a common guild, the bot can't write to them (50278)."""
        self._change(has_app=False)

    def _change(self, **fields: bool) -> None:
        for name, value in fields.items():
            setattr(self.profile, name, value)
        self._server.world.keep(self.profile)

    def _join(self, channel: Channel) -> None:
        if channel.guild_id is not None:
            self._server.guilds.add_member(self._server.guilds.guild_of(channel), self.id)

    def _check(self, channel: Channel) -> None:
        world = self._server.world
        if channel.kind in FORUMS:
            raise NotAllowed("a forum takes posts, not messages")
        is_thread = channel.kind in THREADS
        needed = (
            Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES
        ) | Permission.VIEW_CHANNEL
        if not may(world, channel, self.id, needed):
            raise NotAllowed("they may not write there")
        thread = channel.thread
        if thread is not None and thread.is_locked:
            raise NotAllowed("the thread is locked")
        self._check_pace(channel)

    def _check_pace(self, channel: Channel) -> None:
        """Slowmode is for people: bots are unaffected."""
        if not channel.slowmode_seconds or self.profile.is_bot:
            return
        own = [
            one.id
            for one in self._server.world.messages_in(channel).values()
            if one.author_id == self.id
        ]
        if not own:
            return
        waited = self._server.clock.now() - created_at(own[-1])
        if waited < timedelta(seconds=channel.slowmode_seconds):
            raise NotAllowed("slowmode")


def _reply(draft: Draft, replied: Said | None) -> Draft:
    if replied is None:
        return draft
    return replace(
        draft,
        replied_to=replied.message,
        reference=reference_to(replied.message, replied.channel),
    )


def _channel(place: Place | Channel | None) -> Channel | None:
    return place.channel if isinstance(place, Place) else place
