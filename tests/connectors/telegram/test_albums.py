"""Several updates that are one message, and what need not wait for them."""

import json
from typing import Any

import pytest

from connectors.telegram.albums import albums_in, part_slow, read_updates
from core.messages import MessageReceived
from tests.connectors.telegram.updates import (
    ANN,
    GROUP,
    READING,
    Json,
    message,
    update,
)


def photo(number: int, **fields: Any) -> Json:
    sizes = [{"file_id": f"p{number}", "file_unique_id": f"u{number}", "file_size": 9}]
    body = message(message_id=number, photo=sizes, media_group_id="900", **fields)
    return update(body, number=number)


def words(number: int, **fields: Any) -> Json:
    return update(message(f"words {number}", message_id=number, **fields), number=number)


def test_album_is_one_message_with_all_its_parts_and_the_one_caption() -> None:
    [event] = read_updates([photo(1), photo(2, caption="at sea"), photo(3)], READING)
    assert isinstance(event, MessageReceived)
    assert event.text == "at sea"
    assert [one.name for one in event.attachments] == [
        "photo-1.jpg",
        "photo-2.jpg",
        "photo-3.jpg",
    ]
    assert [one.part for one in event.attachments] == [0, 1, 2]
    assert [(p.remote_id, p.part) for p in event.remote_parts[:3]] == [("1", 0), ("2", 1), ("3", 2)]
    assert event.joins == event.remote_parts[3].remote_id == "album:900"
    assert len(json.loads(event.raw or b"")) == 3


def test_album_has_the_key_of_its_first_piece_however_many_are_seen() -> None:
    keys = {read_updates([photo(n) for n in range(1, 2 + more)], READING)[0].event_key
            for more in range(3)}  # fmt: skip
    assert len(keys) == 1


def test_piece_that_is_shown_twice_is_there_once() -> None:
    [event] = read_updates([photo(1), photo(1), photo(2)], READING)
    assert isinstance(event, MessageReceived)
    assert len(event.attachments) == 2


def test_order_of_what_was_said_is_kept_round_an_album() -> None:
    found = read_updates([words(1), photo(2), words(3), photo(4), words(5)], READING)
    texts = [one.text or "album" for one in found if isinstance(one, MessageReceived)]
    assert texts == ["words 1", "album", "words 3", "words 5"]


def test_same_album_number_in_two_chats_is_two_messages() -> None:
    assert len(read_updates([photo(1), photo(2, chat=GROUP)], READING)) == 2


def test_what_is_said_elsewhere_does_not_wait_for_an_album() -> None:
    other = {"id": 502, "type": "private", "first_name": "Bo"}
    updates = [words(1), photo(2), words(3), words(4, chat=other, **{"from": {**ANN, "id": 502}})]
    ready, slow = part_slow(updates)
    assert [one["update_id"] for one in ready] == [1, 4]
    assert [one["update_id"] for one in slow] == [2, 3]


@pytest.mark.parametrize("kind", ["document", "voice", "video", "sticker"])
def test_file_by_itself_holds_up_nothing(kind: str) -> None:
    file = {"file_id": "f", "file_unique_id": "u"}
    one = update(message(**{kind: file}))
    assert part_slow([one]) == ([one], [])


def test_albums_are_counted_by_chat() -> None:
    found = albums_in([photo(1), photo(2), photo(3, chat=GROUP), words(4)])
    assert found == {("501", "900"): 2, ("-1001", "900"): 1}
