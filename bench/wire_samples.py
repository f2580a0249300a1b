"""Messages as the two networks put them on the wire: short, long, formatted, answered, edited."""

from typing import Any

import msgspec

WORDS = "My withdrawal of yesterday evening has not arrived, please look at it. "
GREETING = "Hello \N{WAVING HAND SIGN} "
FORMATTED = f"{GREETING}see order 4711 at the page of the exchange, run `status` and tell me. "
LONG = WORDS * 25
"""1,775 characters: Discord takes 2,000."""


def telegram() -> list[bytes]:
    """Bodies of the updates, each an `Update` of the Bot API."""
    bodies: list[dict[str, Any]] = [
        {"text": "Where is my withdrawal?"},
        {"text": FORMATTED, "entities": _entities(FORMATTED, 1)},
        {"text": LONG, "entities": _entities(WORDS, 2)},
        {"text": "That one.", "reply_to_message": _telegram_message({"text": FORMATTED})},
        {"photo": _photo(), "caption": FORMATTED, "caption_entities": _entities(FORMATTED, 1)},
        {"document": _document(), "caption": "The receipt."},
        {"text": f"{FORMATTED}Corrected.", "entities": _entities(FORMATTED, 1), "edit_date": 60},
        {"photo": _photo(), "caption": "Another photo.", "edit_date": 60},
    ]
    return [_update(number, body) for number, body in enumerate(bodies, 1)]


def discord() -> list[bytes]:
    """Bodies of MESSAGE_CREATE and MESSAGE_UPDATE. What was edited has its `edited_timestamp`."""
    formatted = (
        f"{GREETING}**see** order *4711* at [the page](https://exchange.example/orders), run "
        "`status` and tell <@80351110224678912>.\n> It was said so\n- first\n- second\n"
    )
    file = {
        "id": "1",
        "filename": "receipt.pdf",
        "size": 20_000,
        "content_type": "application/pdf",
        "url": "https://cdn.discordapp.com/attachments/1/2/receipt.pdf?ex=1&is=1&hm=1",
    }
    answered = {"message_id": "5", "channel_id": "300"}
    bodies: list[dict[str, Any]] = [
        {"content": "Where is my withdrawal?"},
        {"content": formatted},
        {"content": (f"**{WORDS.strip()}**\n" * 4) + WORDS * 20},
        {"content": "That one.", "type": 19, "message_reference": answered},
        {"content": formatted, "attachments": [file]},
        {"content": "The receipt.", "attachments": [file]},
        {"content": f"{formatted}Corrected.", "edited_timestamp": "2026-01-05T10:00:00+00:00"},
        {"content": "Another text.", "edited_timestamp": "2026-01-05T10:00:00+00:00"},
    ]
    return [msgspec.json.encode(_discord_message(n, body)) for n, body in enumerate(bodies, 1)]


def _update(number: int, body: dict[str, Any]) -> bytes:
    kind = "edited_message" if "edit_date" in body else "message"
    if "edit_date" in body:
        body = {**body, "edit_date": 1_767_225_600 + body["edit_date"]}
    return msgspec.json.encode({"update_id": number, kind: _telegram_message(body, number)})


def _telegram_message(body: dict[str, Any], number: int = 7) -> dict[str, Any]:
    ann = {"id": 501, "first_name": "Ann", "last_name": "Lee", "username": "annlee"}
    return {
        "message_id": number,
        "from": {**ann, "is_bot": False, "language_code": "ru"},
        "chat": {**ann, "type": "private"},
        "date": 1_767_225_600,
        **body,
    }


def _entities(text: str, times: int) -> list[dict[str, Any]]:
    """Four in each repetition of the text; offsets are UTF-16 units."""
    length = len(text.encode("utf-16-le")) // 2
    found: list[dict[str, Any]] = []
    for start in range(0, times * length, length):
        found += [
            {"type": "bold", "offset": start + 9, "length": 3},
            {"type": "italic", "offset": start + 13, "length": 5},
            {
                "type": "text_link",
                "offset": start + 24,
                "length": 6,
                "url": "https://exchange.example/orders",
            },
            {"type": "code", "offset": start + 40, "length": 6},
        ]
    return found


def _photo() -> list[dict[str, Any]]:
    return [
        {
            "file_id": f"AgACAgIAAxkBAAI{side}",
            "file_unique_id": f"AQAD{side}",
            "width": side,
            "height": side,
            "file_size": side * 100,
        }
        for side in (90, 320, 800, 1280)
    ]


def _document() -> dict[str, Any]:
    return {
        "file_id": "BQACAgIAAxkBAAI",
        "file_unique_id": "AgAD",
        "file_name": "receipt.pdf",
        "mime_type": "application/pdf",
        "file_size": 20_000,
    }


def _discord_message(number: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(175928847299117063 + number),
        "channel_id": "300",
        "type": 0,
        "author": {
            "id": "80351110224678912",
            "username": "ada",
            "global_name": "Ada L.",
            "discriminator": "0",
            "avatar": None,
        },
        "timestamp": "2016-04-30T11:18:25.796000+00:00",
        "edited_timestamp": None,
        "mentions": [{"id": "80351110224678912", "username": "ada", "global_name": "Ada L."}],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "tts": False,
        "flags": 0,
        **body,
    }
