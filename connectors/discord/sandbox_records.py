"""What the sandbox's Discord knows, as it is kept: people, guilds, channels, messages.

Numbers are snowflakes. `connectors.discord.sandbox_objects` makes Discord's JSON of them.
"""

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec


class ChannelKind(IntEnum):
    TEXT = 0
    DM = 1
    CATEGORY = 4
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15
    MEDIA = 16


THREADS = frozenset(
    {ChannelKind.NEWS_THREAD, ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD}
)
FORUMS = frozenset({ChannelKind.FORUM, ChannelKind.MEDIA})


class MessageKind(IntEnum):
    DEFAULT = 0
    PINNED = 6
    MEMBER_JOIN = 7
    THREAD_CREATED = 18
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21


class MessageFlag(IntEnum):
    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    VOICE = 1 << 13
    HAS_SNAPSHOT = 1 << 14
    COMPONENTS_V2 = 1 << 15


class Profile(msgspec.Struct, kw_only=True):
    """A person, or a bot."""

    id: int
    username: str
    global_name: str | None = None
    is_bot: bool = False
    accepts_dms: bool = True
    has_blocked_bot: bool = False
    has_app: bool = False
    """Whether they installed the app for themselves: then no common guild is needed for a DM."""


class Role(msgspec.Struct, kw_only=True):
    id: int
    name: str
    permissions: int = 0
    position: int = 0


class Member(msgspec.Struct, kw_only=True):
    role_ids: list[int] = []
    nick: str | None = None
    joined_at: datetime


class Guild(msgspec.Struct, kw_only=True):
    id: int
    name: str
    owner_id: int
    roles: list[Role]
    members: dict[int, Member]
    is_available: bool = True


class Overwrite(msgspec.Struct, kw_only=True):
    """Permissions of one role or person in one channel, before all that the roles give."""

    id: int
    is_person: bool
    allow: int = 0
    deny: int = 0


class Tag(msgspec.Struct, kw_only=True):
    id: int
    name: str
    is_moderated: bool = False


class ThreadState(msgspec.Struct, kw_only=True):
    owner_id: int
    created_at: datetime
    archived_at: datetime
    """When the archived state last changed."""
    is_archived: bool = False
    is_locked: bool = False
    auto_archive_minutes: int = 1440
    members: dict[int, datetime] = {}
    tag_ids: list[int] = []
    messages_ever: int = 0


class Channel(msgspec.Struct, kw_only=True):
    id: int
    kind: ChannelKind
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    recipient_id: int | None = None
    """The person of a DM."""
    is_opened_by_bot: bool = False
    topic: str | None = None
    overwrites: list[Overwrite] = []
    slowmode_seconds: int = 0
    tags: list[Tag] = []
    """What posts of a forum can be tagged with."""
    requires_tag: bool = False
    last_message_id: int | None = None
    thread: ThreadState | None = None


class Upload(msgspec.Struct, kw_only=True):
    """An attachment; its bytes are in the files of the CDN."""

    id: int
    channel_id: int
    name: str
    size: int
    media_type: str | None = None
    description: str | None = None
    duration_seconds: float | None = None
    waveform: str | None = None


class Reaction(msgspec.Struct, kw_only=True):
    emoji_name: str
    emoji_id: int | None = None
    people: list[int] = []


class Message(msgspec.Struct, kw_only=True):
    id: int
    channel_id: int
    author_id: int
    kind: MessageKind = MessageKind.DEFAULT
    content: str = ""
    edited_at: datetime | None = None
    uploads: list[Upload] = []
    embeds: list[dict[str, Any]] = []
    components: list[dict[str, Any]] = []
    mention_ids: list[int] = []
    mention_role_ids: list[int] = []
    mentions_everyone: bool = False
    pings: list[int] = []
    """Who was notified: what allowed_mentions left of the mentions."""
    is_pinned: bool = False
    is_tts: bool = False
    flags: int = 0
    nonce: str | int | None = None
    reference: dict[str, Any] | None = None
    snapshots: list[dict[str, Any]] = []
    """Of forwarded messages, as Discord's JSON without the addresses of files."""
    stickers: list[dict[str, Any]] = []
    poll: dict[str, Any] | None = None
    reactions: list[Reaction] = []
    webhook_id: int | None = None
    webhook_name: str | None = None
    interaction: dict[str, Any] | None = None
    seen_only_by: int | None = None
    """Of an ephemeral answer: the one person."""


Record = Profile | Guild | Channel | Message
