"""Where something is said: a chat, a thread, a group."""

from enum import StrEnum

import msgspec

from core.ids import RemotePlace


class PlaceKind(StrEnum):
    DIRECT = "direct"
    """The person and the desk alone: a direct chat, or a thread that nobody else can read."""
    GROUP = "group"
    THREAD = "thread"
    FORUM_POST = "forum_post"
    MAIL_THREAD = "mail_thread"
    WIDGET_SESSION = "widget_session"


PUBLIC_KINDS = frozenset({PlaceKind.GROUP, PlaceKind.THREAD, PlaceKind.FORUM_POST})
"""Where others read along: nothing personal is said there."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    remote: RemotePlace
    kind: PlaceKind = PlaceKind.DIRECT
    title: str = ""
    parent: RemotePlace | None = None

    @property
    def is_public(self) -> bool:
        return self.kind in PUBLIC_KINDS
