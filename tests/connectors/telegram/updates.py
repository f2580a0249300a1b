"""Updates as the Bot API documentation shows them, made from what a test cares for."""

from typing import Any

from connectors.telegram.convert import Reading, to_events
from core.messages import AnyInboundEvent, MessageReceived

Json = dict[str, Any]
BOT = 7_000_001
MIB = 1024 * 1024
READING = Reading(bot_id=BOT, max_file_size=20 * MIB)
ANN: Json = {
    "id": 501,
    "is_bot": False,
    "first_name": "Ann",
    "last_name": "Lee",
    "username": "annlee",
    "language_code": "ru",
}
OWNER: Json = {"id": 900, "is_bot": False, "first_name": "Olga"}
DESK: Json = {"id": BOT, "is_bot": True, "first_name": "Help Desk", "username": "desk_bot"}
PRIVATE: Json = {"id": 501, "type": "private", "first_name": "Ann"}
GROUP: Json = {"id": -1001, "type": "group", "title": "Traders"}
FORUM: Json = {"id": -100200, "type": "supergroup", "title": "Forum", "is_forum": True}
AT = 1_767_225_600
"""2026-01-01 00:00:00 UTC."""


def message(text: Any = None, **fields: Any) -> Json:
    """A `Message` of Ann in private, with these fields instead; None leaves one out."""
    body: Json = {"message_id": 7, "from": ANN, "chat": PRIVATE, "date": AT, "text": text, **fields}
    return {name: value for name, value in body.items() if value is not None}


def update(body: Json, kind: str = "message", number: int = 1000) -> Json:
    return {"update_id": number, kind: body}


def edited(body: Json, *, after: int = 60) -> Json:
    return update({"edit_date": AT + after, **body}, "edited_message", 1001)


def read(one: Json) -> AnyInboundEvent:
    """The one event of an update."""
    [event] = to_events(one, READING)
    return event


def read_message(body: Json) -> MessageReceived:
    event = read(update(body))
    assert isinstance(event, MessageReceived), event
    return event
