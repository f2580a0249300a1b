"""Every kind of content comes as text, as a file, or as a line that says what it is."""

from typing import Any

import pytest

from core.messages import InboundAttachment
from core.rich_text import Mark
from tests.connectors.telegram.updates import MIB, message, read_message


def file(**fields: Any) -> dict[str, Any]:
    return {"file_id": "f-1", "file_unique_id": "u-1", "file_size": 900, **fields}


def attachment(**content: Any) -> InboundAttachment:
    [found] = read_message(message(**content)).attachments
    return found


@pytest.mark.parametrize(
    ("content", "name", "media_type", "text"),
    [
        ({"document": file(file_name="a.pdf", mime_type="application/pdf")}, "a.pdf",
         "application/pdf", ""),
        ({"document": file()}, "file-7.bin", "application/octet-stream", ""),
        ({"audio": file(mime_type="audio/mpeg")}, "audio-7.mp3", "audio/mpeg", ""),
        ({"voice": file(mime_type="audio/ogg")}, "voice-7.oga", "audio/ogg", "[Voice message]"),
        ({"video": file(mime_type="video/mp4")}, "video-7.mp4", "video/mp4", ""),
        ({"video_note": file()}, "video-note-7.mp4", "video/mp4", "[Video message]"),
        ({"sticker": file(emoji="🙂")}, "sticker-7.webp", "image/webp", "[Sticker 🙂]"),
        ({"sticker": file(is_video=True)}, "sticker-7.webm", "video/webm", "[Sticker]"),
        ({"sticker": file(is_animated=True)}, "sticker-7", "application/x-tgsticker", "[Sticker]"),
        ({"animation": file(mime_type="video/mp4"), "document": file(mime_type="video/mp4")},
         "animation-7.mp4", "video/mp4", ""),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_file_is_named_and_typed(
    content: dict[str, Any], name: str, media_type: str, text: str
) -> None:
    event = read_message(message(**content))
    [found] = event.attachments
    stem = name.partition(".")[0]
    assert (found.name.partition(".")[0], found.media_type) == (stem, media_type)
    assert found.remote == "u-1 f-1"
    assert event.text == text


def test_empty_text_beside_a_file_hides_neither_it_nor_its_caption() -> None:
    event = read_message(message("", photo=[file()], caption="look"))
    assert (event.text, len(event.attachments)) == ("look", 1)


def test_photo_is_its_largest_size_and_may_open_a_conversation_without_words() -> None:
    sizes = [file(file_id=f"p{n}", file_size=n) for n in (10, 20, 30)]
    event = read_message(message(photo=sizes))
    [found] = event.attachments
    assert (found.remote, found.name, found.size) == ("u-1 p30", "photo-7.jpg", 30)
    assert event.text == ""


def test_caption_is_the_text_with_its_formatting() -> None:
    event = read_message(
        message(
            photo=[file()],
            caption="at sea",
            caption_entities=[{"type": "bold", "offset": 3, "length": 3}],
        )
    )
    assert event.text == "at sea"
    assert [(one.mark, one.start, one.end) for one in event.spans] == [(Mark.BOLD, 3, 6)]


def test_file_over_the_limit_says_its_size_and_why_it_is_not_here() -> None:
    found = attachment(document=file(file_name="film.mkv", file_size=25 * MIB))
    assert found.remote is None
    assert found.size == 25 * MIB
    assert found.refused == "The file has 25.0 MiB; Telegram gives bots at most 20 MiB."


def test_names_of_files_hold_no_paths() -> None:
    assert "/" not in attachment(document=file(file_name="../../etc/passwd")).name


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ({"location": {"latitude": 52.37, "longitude": 4.89}}, ["[Location] 52.37", "mlat=52.37"]),
        ({"location": {"latitude": 1, "longitude": 2, "live_period": 60}}, ["[Live location]"]),
        ({"venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Café",
                    "address": "Dam 1"}, "location": {"latitude": 1, "longitude": 2}},
         ["[Venue] Café, Dam 1", "mlat=1.0"]),
        ({"contact": {"phone_number": "+31", "first_name": "Bo", "last_name": "Li"}},
         ["[Contact] Bo Li, +31"]),
        ({"poll": {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]}},
         ["[Poll] Tea?\n• yes\n• no"]),
        ({"checklist": {"title": "Do", "tasks": [{"text": "a", "completion_date": 5},
                                               {"text": "b"}]}},
         ["[Checklist] Do\n• ☑ a\n• ☐ b"]),
        ({"dice": {"emoji": "🎲", "value": 4}}, ["[Dice 🎲] 4"]),
        ({"story": {"chat": {"id": 5, "first_name": "Bo"}, "id": 1}}, ["[Story of Bo]"]),
        ({"game": {"title": "Chess"}}, ["[Game] Chess"]),
        ({"invoice": {"title": "Plan", "currency": "EUR", "total_amount": 500}},
         ["[Invoice] Plan, 500 EUR"]),
        ({"paid_media": {"star_count": 9, "paid_media": [{"type": "preview"}]}},
         ["[Paid media] 1 for 9 stars"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_no_text_and_no_file_is_said(content: dict[str, Any], parts: list[str]) -> None:
    event = read_message(message(**content))
    assert not event.attachments
    for part in parts:
        assert part in event.text


def test_map_of_a_location_is_a_link() -> None:
    event = read_message(message(location={"latitude": 52.37, "longitude": 4.89}))
    [link] = event.spans
    assert link.mark is Mark.LINK
    assert event.text[link.start : link.end] == link.url


def test_options_of_a_poll_are_a_list() -> None:
    event = read_message(message(poll={"question": "Tea?", "options": [{"text": "yes"}]}))
    [listed] = event.spans
    assert (listed.mark, event.text[listed.start : listed.end]) == (Mark.LIST, "• yes")
