"""What people of the sandbox do: they write, edit, delete, react, close their DMs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_records import Channel, ChannelKind, Message, Profile
from connectors.discord.sandbox_rest_messages import reference_to

if TYPE_CHECKING:
    from connectors.discord.sandbox_places import Place
    from connectors.discord.sandbox_server import DiscordServer


@dataclass(frozen=True, slots=True)
class Said:
    """A message that somebody wrote: a handle for what is done with it later."""

    channel: Channel
    message: Message

    @property
    def id(self) -> int:
        return self.message.id


class Person:
    """Each act returns once the network has it, and has told whoever is connected."""

    def __init__(self, server: "DiscordServer", profile: Profile) -> None:
        self._server = server
        self.profile = profile

    @property
    def id(self) -> int:
        return self.profile.id

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
        return await self._writes(self.dm(), text, files=files, replies_to=replies_to)

    async def writes(
        self,
        place: "Place",
        text: str = "",
        *,
        files: Sequence[SentFile] = (),
        replies_to: Said | None = None,
    ) -> Said:
        return await self._writes(place.channel, text, files=files, replies_to=replies_to)

    async def edits(self, said: Said, text: str) -> None:
        self._server.messages.edit(said.channel, said.message, {"content": text.strip()})
        await asyncio.sleep(0)

    async def deletes(self, said: Said) -> None:
        self._server.messages.remove(said.channel, said.message)
        await asyncio.sleep(0)

    async def reacts(self, said: Said, emoji: str) -> None:
        self._server.messages.react(said.channel, said.message, self.id, emoji, None)
        await asyncio.sleep(0)

    async def takes_back_reaction(self, said: Said, emoji: str) -> None:
        self._server.messages.unreact(said.channel, said.message, self.id, emoji, None)
        await asyncio.sleep(0)

    def closes_dms(self) -> None:
        """From now on the bot's messages are refused with 50007; theirs still come."""
        self.profile.accepts_dms = False
        self._server.world.keep(self.profile)

    def opens_dms(self) -> None:
        self.profile.accepts_dms = True
        self._server.world.keep(self.profile)

    async def _writes(
        self, channel: Channel, text: str, *, files: Sequence[SentFile], replies_to: Said | None
    ) -> Said:
        replied = replies_to.message if replies_to is not None else None
        draft = Draft(
            text=text,
            files=files,
            replied_to=replied,
            reference=reference_to(replied, channel) if replied is not None else None,
        )
        message = self._server.messages.post(channel, self.id, draft)
        await asyncio.sleep(0)
        return Said(channel, message)
