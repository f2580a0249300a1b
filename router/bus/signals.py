"""Live signals: what is passed on now or never, between processes too. At most 7,000 bytes each."""

from typing import Literal

import msgspec


class TypingSignal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="typing"):
    """Somebody is writing in a place: the person there, or an agent."""

    side: Literal["person", "agent"]
    account_id: int
    remote_place: str
    is_typing: bool
    name: str = ""
    agent_id: int | None = None


class ReadSignal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="read"):
    """An agent has read what somebody said in a place, up to this message of theirs."""

    account_id: int
    remote_place: str
    remote_id: str


class PresenceSignal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="presence"):
    """Which conversation an agent looks at, and what they do there. Stale after 20 s."""

    agent_id: int
    name: str
    socket: str
    """One of the agent's open pages."""
    person_id: int | None
    activity: Literal["viewing", "writing_reply", "writing_note"] = "viewing"


class VisitorSignal(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="visitor"):
    """A visitor's page is open, said again every few seconds. Stale after 30 s."""

    account_id: int
    session: str
    is_online: bool


class VisitorOver(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="visitor_over"):
    """A visitor's token is worthless since just now: streams opened with it end."""

    account_id: int
    session: str
    token_hash: str
    """Of the token, as hex digits: a stream that was opened with its successor goes on."""


Signal = TypingSignal | ReadSignal | PresenceSignal | VisitorSignal | VisitorOver

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Signal] = msgspec.json.Decoder(Signal)


def encode(signal: Signal) -> bytes:
    return _encoder.encode(signal)


def decode(raw: bytes) -> Signal | None:
    """None for a signal of a newer version: it is passed over."""
    try:
        return _decoder.decode(raw)
    except msgspec.MsgspecError:
        return None
