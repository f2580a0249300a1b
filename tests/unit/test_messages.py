"""What crosses the border can be stored and encoded, and comes back as it was."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    MessageReceived,
    Place,
    PlaceKind,
    RemotePart,
    Sender,
    Typing,
    Unreadable,
    scrub,
)
from core.people import Evidence, EvidenceKind, Level

ANY_TEXT = st.text(st.characters(categories=None))
"""Lone surrogates too."""


@given(ANY_TEXT)
def test_scrubbed_text_can_be_stored_and_encoded(text: str) -> None:
    clean = scrub(text)
    assert "\x00" not in clean
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert msgspec.json.decode(msgspec.json.encode(clean)) == clean
    assert scrub(clean) == clean


@given(st.text())
def test_text_without_nul_is_left_as_it_is(text: str) -> None:
    assert scrub(text) == text.replace("\x00", "")


def test_lone_surrogate_becomes_visible_and_nul_goes() -> None:
    assert scrub("a\x00b\ud800c\U0001f600") == "ab?c\U0001f600"


def test_level_of_a_sender_is_derived_from_the_evidence() -> None:
    evidence = (Evidence(kind=EvidenceKind.CLAIM), Evidence(kind=EvidenceKind.NETWORK_ID))
    assert Sender(realm="r", handle="1", evidence=evidence).level is Level.ATTESTED
    assert Sender(realm="r", handle="1").level is Level.CLAIMED


@pytest.mark.parametrize(
    ("kind", "is_public"),
    [
        (PlaceKind.DIRECT, False),
        (PlaceKind.GROUP, True),
        (PlaceKind.THREAD, True),
        (PlaceKind.FORUM_POST, True),
        (PlaceKind.MAIL_THREAD, False),
        (PlaceKind.WIDGET_SESSION, False),
    ],
)
def test_place_is_public_where_others_may_read(kind: PlaceKind, is_public: bool) -> None:
    assert Place(remote=RemotePlace("p"), kind=kind).is_public is is_public


PLACE = Place(remote=RemotePlace("p"))
SENDER = Sender(realm="r", handle="1")


@pytest.mark.parametrize(
    "event",
    [
        MessageReceived(
            event_key="1",
            raw=b"\x00\xff",
            place=PLACE,
            sender=SENDER,
            text="Hello",
            sent_at=datetime(2026, 1, 1, tzinfo=UTC),
            remote_parts=(RemotePart(remote_id=RemoteId("1")),),
        ),
        Typing(event_key="2", place=PLACE, sender=SENDER),
        Unreadable(event_key="3", raw=b"junk", reason="no idea"),
    ],
)
def test_event_comes_back_from_json_as_it_was(event: AnyInboundEvent) -> None:
    encoded = msgspec.json.encode(event)
    assert "type" in json.loads(encoded)
    decoded: AnyInboundEvent = msgspec.json.decode(encoded, type=AnyInboundEvent)
    assert decoded == event


def test_event_cannot_be_changed() -> None:
    event = Unreadable(event_key="1", reason="why")
    with pytest.raises(AttributeError, match="immutable"):
        event.reason = "other"  # type: ignore[misc]  # that it cannot is the test
