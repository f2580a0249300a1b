"""Guilds and channels of the sandbox, as a test or the demo sets them up."""

from dataclasses import dataclass

from connectors.discord.sandbox_records import Channel


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a thread that people write in."""

    channel: Channel

    @property
    def id(self) -> int:
        return self.channel.id
