"""What holds of every mail, whatever its bytes are."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.reading.inspection import inspect
from core.errors import UnreadableEvent

READING = Reading(own_address="help@desk.example", authserv_ids=("mx.desk.example",))
FIELDS = frozenset(
    {"subject", "from_address", "from_name", "to", "cc", "reply_to", "date", "message_id"}
    | {"in_reply_to", "references", "text", "reply_text", "html", "attachments", "is_bounce"}
    | {"is_auto_reply", "bounce", "is_list", "authentication", "problems"}
)
_FORBIDDEN_IN_HTML = ("<script", "javascript:", "<iframe", "<object", "<embed", "<form", "srcdoc=")


def check(raw: bytes) -> None:
    """Raises AssertionError for a promise that this mail breaks."""
    found = inspect(raw)
    assert found.keys() >= FIELDS
    assert not [one for one in found["problems"] if "cannot be read (" in one], found["problems"]
    for text in _texts_in(found):
        check_text(text)
    json.dumps(found)
    for file in found["attachments"]:
        check_name(file["filename"])
        assert file["content_type"] == file["content_type"].lower()
    check_html(found["html"])
    assert refusal_of(raw) != ""


def refusal_of(raw: bytes) -> str | None:
    """The sentence with which it is refused; None if it is an event."""
    try:
        events = to_events(raw, READING)
    except UnreadableEvent as error:
        return str(error)
    return None if all(event.event_key for event in events) else ""


def _texts_in(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _texts_in(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts_in(value)


def check_text(text: str) -> None:
    """Clean UTF-8: it can be stored and sent."""
    text.encode("utf-8")
    assert "\x00" not in text


def check_name(name: str) -> None:
    """It stays in the folder in which it is saved, and is shown as what it is."""
    assert name
    assert name == name.strip(" .")
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs") for one in name)
    assert name.partition(".")[0].upper() not in ("CON", "PRN", "AUX", "NUL", "COM1", "LPT1")


def check_html(html: Any) -> None:
    if html is not None:
        lower = html.lower()
        assert not [one for one in _FORBIDDEN_IN_HTML if one in _tags_of(lower)]


def _tags_of(html: str) -> str:
    """Without the text between the tags, where such words do no harm."""
    return "".join("<" + piece.partition(">")[0] + ">" for piece in html.split("<")[1:])
