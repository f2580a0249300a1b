"""Discord's channels, threads and forum posts as places. Pure.

https://discord.com/developers/docs/resources/channel#channel-object-channel-types
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.ids import RemotePlace
from core.messages import Place, PlaceKind, scrub

Json = Mapping[str, Any]
DM = 1
GROUP_DM = 3
PRIVATE_THREAD = 12
THREADS = frozenset({10, 11, PRIVATE_THREAD})
FORUMS = frozenset({15, 16})
READABLE = frozenset({0, 2, 5, 13})
"""Channels with messages of their own: text, voice, announcements, stages."""
PERSON = "person:"
"""Begins the name of a place that is somebody's direct chat, as long as its id isn't known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What we need to know of one."""

    id: str
    kind: int
    guild_id: str | None = None
    parent_id: str | None = None
    name: str = ""
    last_message_id: str | None = None
    is_archived: bool = False
    is_locked: bool = False
    is_member: bool = False

    @classmethod
    def of(cls, channel: Json) -> Self:
        """Raises KeyError, TypeError, ValueError on junk."""
        state = channel.get("thread_metadata") or {}
        return cls(
            id=str(int(channel["id"])),
            kind=int(channel["type"]),
            guild_id=_optional(channel.get("guild_id")),
            parent_id=_optional(channel.get("parent_id")),
            name=scrub(str(channel.get("name") or "")),
            last_message_id=_optional(channel.get("last_message_id")),
            is_archived=bool(state.get("archived")),
            is_locked=bool(state.get("locked")),
            is_member="member" in channel,
        )

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    @property
    def is_direct(self) -> bool:
        return self.kind in (DM, GROUP_DM)


def place_of(channel: Channel, parent: Channel | None = None) -> Place:
    """`parent` is the channel that a thread is in, if it is known."""
    remote = RemotePlace(channel.id)
    match channel.kind:
        case 1:
            return Place(remote=remote, kind=PlaceKind.DIRECT)
        case 3:
            return Place(remote=remote, kind=PlaceKind.GROUP, title=channel.name)
        case kind if kind in THREADS:
            is_post = parent is not None and parent.kind in FORUMS
            kind_of_place = PlaceKind.FORUM_POST if is_post else PlaceKind.THREAD
            if channel.kind == PRIVATE_THREAD:
                # Of the person, the desk and whom they invite: nobody else reads along.
                kind_of_place = PlaceKind.DIRECT
            return Place(
                remote=remote,
                kind=kind_of_place,
                title=channel.name,
                parent=None if channel.parent_id is None else RemotePlace(channel.parent_id),
            )
        case _:
            return Place(
                remote=remote,
                kind=PlaceKind.GROUP,
                title=f"#{channel.name}" if channel.name else "",
            )


def direct_place(channel_id: str) -> Place:
    return Place(remote=RemotePlace(channel_id), kind=PlaceKind.DIRECT)


def place_of_person(person_id: str) -> Place:
    """Their direct chat, before we have opened it."""
    return Place(remote=RemotePlace(f"{PERSON}{person_id}"), kind=PlaceKind.DIRECT)


def _optional(value: str | int | None) -> str | None:
    return None if value is None else str(int(value))
