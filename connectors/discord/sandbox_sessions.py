"""A session at the sandbox's gateway: what it is told, and what it missed."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from typing import Any

from connectors.discord.sandbox_permissions import sees
from connectors.discord.sandbox_records import ChannelKind, Message
from connectors.discord.sandbox_world import Announcement, World


class Intent(IntFlag):
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


EVERY_INTENT = sum(Intent)
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT

_ALWAYS = frozenset({"INTERACTION_CREATE", "USER_UPDATE"})
# In a guild, in a DM.
_BY_PREFIX = (
    ("MESSAGE_REACTION", Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS),
    ("MESSAGE_POLL", Intent.GUILD_MESSAGE_POLLS, Intent.DIRECT_MESSAGE_POLLS),
    ("MESSAGE", Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES),
    ("TYPING_START", Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING),
    ("CHANNEL_PINS_UPDATE", Intent.GUILDS, Intent.DIRECT_MESSAGES),
    ("GUILD_MEMBER", Intent.GUILD_MEMBERS, Intent.GUILD_MEMBERS),
    ("GUILD", Intent.GUILDS, Intent.GUILDS),
    ("CHANNEL", Intent.GUILDS, Intent.GUILDS),
    ("THREAD", Intent.GUILDS, Intent.GUILDS),
)
_CONTENT: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}


def needed_intent(name: str, *, in_dm: bool) -> int:
    """Discord's documentation, Gateway, "List of Intents"."""
    if name in _ALWAYS:
        return 0
    for prefix, in_guild, direct in _BY_PREFIX:
        if name.startswith(prefix):
            return direct if in_dm else in_guild
    raise ValueError(f"no intent is known for {name}")


def without_content(body: dict[str, Any]) -> dict[str, Any]:
    """What a session without MESSAGE_CONTENT gets of a message that it has no other claim to."""
    kept = {**body, **_CONTENT}
    kept.pop("poll", None)
    if "message_snapshots" in kept:
        kept["message_snapshots"] = [
            {"message": without_content(one["message"])} for one in kept["message_snapshots"]
        ]
    if kept.get("referenced_message") is not None:
        kept["referenced_message"] = without_content(kept["referenced_message"])
    return kept


@dataclass(slots=True, kw_only=True)
class Frame:
    number: int
    name: str
    body: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        return {"op": 0, "s": self.number, "t": self.name, "d": self.body}


@dataclass(slots=True, kw_only=True)
class Session:
    id: str
    intents: int
    bot_id: int
    version: int = 10
    shard: tuple[int, int] = (0, 1)
    replay_limit: int = 5_000
    number: int = 0
    """Of the last frame."""
    left_at: datetime | None = None
    """Since when nobody is connected."""
    frames: deque[Frame] = field(default_factory=deque)

    def add(self, name: str, body: dict[str, Any]) -> Frame:
        self.number += 1
        frame = Frame(number=self.number, name=name, body=body)
        self.frames.append(frame)
        while len(self.frames) > self.replay_limit:
            self.frames.popleft()
        return frame

    def after(self, number: int) -> list[Frame] | None:
        """None: some of them are not kept any more."""
        if self.frames and self.frames[0].number > number + 1:
            return None
        return [frame for frame in self.frames if frame.number > number]

    def concerns(self, world: World, announcement: Announcement) -> bool:
        channel = announcement.channel
        guild_id = announcement.guild_id
        if guild_id is None:
            if self.shard[0] != 0:
                return False
        elif (guild_id >> 22) % self.shard[1] != self.shard[0]:
            return False
        needed = announcement.intent
        if needed is None:
            needed = needed_intent(announcement.name, in_dm=guild_id is None)
        if needed and not self.intents & needed:
            return False
        return channel is None or sees(world, channel, self.bot_id)

    def body(self, world: World, announcement: Announcement) -> dict[str, Any]:
        message = announcement.message
        if message is None or self._reads(world, message):
            return announcement.body
        return without_content(announcement.body)

    def _reads(self, world: World, message: Message) -> bool:
        """Own messages, DMs, and messages that mention the app are exempt."""
        if self.intents & Intent.MESSAGE_CONTENT:
            return True
        channel = world.channels.get(message.channel_id)
        return (
            message.author_id == self.bot_id
            or (channel is not None and channel.kind is ChannelKind.DM)
            or self.bot_id in message.mention_ids
        )
