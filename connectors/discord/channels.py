"""Which channels and threads there are, and which of them are ours to read."""

from collections import OrderedDict

from connectors.discord.client import patiently
from connectors.discord.config import Config
from connectors.discord.library import discord
from connectors.discord.places import DM, READABLE, Channel, direct_place, place_of
from core.clock import Clock
from core.errors import PermanentError, PlaceGone, TransientError
from core.messages import Place

MOST_KNOWN = 5000
GONE_KIND = -1
TEXT = 0


class Channels:
    """Learnt from events; asked for where they did not say. The oldest are forgotten."""

    def __init__(self, client: discord.Client, clock: Clock, config: Config) -> None:
        self._client = client
        self._clock = clock
        self._config = config
        self._known: OrderedDict[str, Channel] = OrderedDict()

    def learn(self, channel: Channel) -> None:
        self._known[channel.id] = channel
        self._known.move_to_end(channel.id)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def known(self, channel_id: str) -> Channel | None:
        return self._known.get(channel_id)

    def forget(self, channel_id: str) -> None:
        self._known.pop(channel_id, None)

    async def find(self, channel_id: str, guild_id: str | None) -> Channel:
        """In a DM `guild_id` is None. One that is gone or hidden is known by its id alone.

        Raises ConnectorError if the network cannot tell now.
        """
        found = self._known.get(channel_id)
        if found is not None:
            return found
        if guild_id is None:
            found = Channel(id=channel_id, kind=DM)
        else:
            found = await self._ask(channel_id, guild_id)
        self.learn(found)
        return found

    async def _ask(self, channel_id: str, guild_id: str) -> Channel:
        try:
            answer = await patiently(self._clock, lambda: self._client.http.get_channel(channel_id))
            return Channel.of({"guild_id": guild_id or None, **answer})
        except (KeyError, TypeError, ValueError) as error:
            raise TransientError("Discord says something unknown of a channel.") from error
        except PermanentError as error:
            kind = GONE_KIND if isinstance(error, PlaceGone) else TEXT
            return Channel(id=channel_id, kind=kind, guild_id=guild_id)

    def is_wanted(self, channel: Channel) -> bool:
        """Whether what is said there is for the desk: direct chats, and what the settings list."""
        if channel.guild_id is None:
            return self._config.reads_direct_messages
        if channel.guild_id in self._config.guild_ids:
            return True
        listed = {*self._config.channel_ids, self._config.support_channel_id}
        return channel.id in self._config.channel_ids or (
            channel.is_thread and channel.parent_id in listed
        )

    def has_messages(self, channel: Channel) -> bool:
        """Whether messages stand in it, and not only in its threads."""
        return channel.is_direct or channel.is_thread or channel.kind in READABLE

    async def place(self, channel: Channel) -> Place:
        """Raises ConnectorError."""
        if channel.guild_id is None:
            return direct_place(channel.id)
        parent = None
        if channel.is_thread and channel.parent_id is not None:
            parent = await self.find(channel.parent_id, channel.guild_id)
        return place_of(channel, parent)
