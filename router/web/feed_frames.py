"""Frames of the feed: encoded once for all who see the same, an agent's own fields at the end.

A frame is kept as the bytes of a whole WebSocket message (RFC 6455, 5.2: final, text, unmasked), so
that sending it to one more agent is one write to their transport.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from router.services.feed_events import NAMES, LoadedEvent, Scene
from router.services.shown.rows import Own
from router.storage.accounts import AccountState
from router.storage.unit_of_work import Fact

_ENCODER = msgspec.json.Encoder()
_FIN_TEXT = 0x81
_FIN_CLOSE = 0x88

ToAccount = Callable[[AccountState], msgspec.Struct]


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    position: int
    """Everything after it follows."""
    agent_id: int


class Reset(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reset"):
    """What was missed cannot be told any more: load everything anew, and go on from here."""

    position: int


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    pass


class AgentPresence(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    name: str
    person_id: int
    activity: Literal["viewing", "writing_reply", "writing_note"]


class PresenceFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="presence"):
    """All agents at conversations right now. Not numbered."""

    type: Literal["live"] = "live"
    agents: Sequence[AgentPresence]


class TypingFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="typing"):
    """A person writes, or stopped. Not numbered, and stale after some seconds."""

    type: Literal["live"] = "live"
    person_id: int
    place_id: int
    is_typing: bool
    name: str


def packed(text: bytes) -> bytes:
    """One whole WebSocket text message."""
    size = len(text)
    if size < 126:
        return bytes((_FIN_TEXT, size)) + text
    if size < 65536:
        return struct.pack("!BBH", _FIN_TEXT, 126, size) + text
    return struct.pack("!BBQ", _FIN_TEXT, 127, size) + text


def closing(code: int) -> bytes:
    """A WebSocket close frame (RFC 6455, 5.5.1)."""
    return struct.pack("!BBH", _FIN_CLOSE, 2, code)


def frame(said: msgspec.Struct) -> bytes:
    return packed(_ENCODER.encode(said))


class EventFrame:
    """One event as one sight sees it: one encoding, and one for each difference between agents."""

    __slots__ = ("_of_agents", "_pieces", "_roots", "_rows", "_variants", "only_agent", "position")

    def __init__(self, event: LoadedEvent, scene: Scene, to_account: ToAccount) -> None:
        self.position = event.position
        self.only_agent = event.only_agent
        self._rows = scene.rows
        self._roots = tuple(root for root in event.row_roots if root in scene.rows.shared)
        self._pieces = _pieces(event, scene, self._roots, to_account)
        self._variants: dict[tuple[Own, ...], bytes] = {}
        self._of_agents: dict[int, bytes] = {}  # somebody may have a dozen pages open

    def for_agent(self, agent_id: int) -> bytes:
        told = self._of_agents.get(agent_id)
        if told is not None:
            return told
        own = self._rows.own
        key = tuple([own(agent_id, root) for root in self._roots])
        found = self._variants.get(key)
        if found is None:
            found = self._variants[key] = packed(self._joined(key))
        self._of_agents[agent_id] = found
        return found

    def _joined(self, key: tuple[Own, ...]) -> bytes:
        joined = [self._pieces[0]]
        for own, piece in zip(key, self._pieces[1:], strict=True):
            joined += (_ENCODER.encode(own)[1:], piece)
        return b"".join(joined)


def _pieces(
    event: LoadedEvent, scene: Scene, roots: Sequence[int], to_account: ToAccount
) -> list[bytes]:
    """The frame's bytes, cut where each row's own fields go: one piece more than there are rows."""
    head: dict[str, Any] = {
        "type": "event",
        "position": event.position,
        "kind": event.kind.value,
        "person_id": event.root_id,
    }
    if event.kind is Fact.DEADLINES_CHANGED:
        head["case_id"] = event.case_id
    carried = event.carried
    if carried is not None:
        head[NAMES[event.kind]] = (
            to_account(carried) if isinstance(carried, AccountState) else carried
        )
    start = _ENCODER.encode(head)[:-1]
    # A row without its closing brace, ready for a comma and the agent's own fields.
    open_rows = [_ENCODER.encode(scene.rows.shared[root])[:-1] + b"," for root in roots]
    if not open_rows:
        return [start + b"}"]
    if "merge" not in head:
        return [start + b',"row":' + open_rows[0], b"}"]
    gone = b'],"gone":' + _ENCODER.encode(event.gone) + b"}"
    first = start + b',"rows":[' + open_rows[0]
    return [first, *(b"," + row for row in open_rows[1:]), gone]
