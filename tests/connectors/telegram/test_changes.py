"""Updates that are no messages: choices, reactions, memberships, deletions."""

from typing import Any

import pytest

from connectors.telegram.convert import to_events
from core.messages import (
    MessageDeleted,
    MessageReceived,
    PlaceChanged,
    ProfileChanged,
    ReactionChanged,
)
from tests.connectors.telegram.updates import (
    ANN,
    AT,
    DESK,
    GROUP,
    PRIVATE,
    READING,
    Json,
    message,
    read,
    read_message,
    update,
)


def pressed(chosen: str = "yes", **fields: Any) -> MessageReceived:
    buttons = [
        [{"text": "Yes, please", "callback_data": "yes"}, {"text": "Web", "url": "https://a"}]
    ]
    asked = message("Tea?", reply_markup={"inline_keyboard": buttons}, **{"from": DESK})
    query = {"id": "77", "from": ANN, "message": asked, "data": chosen, **fields}
    event = read(update(query, "callback_query"))
    assert isinstance(event, MessageReceived)
    return event


def test_pressed_button_is_shown_as_its_words_said_by_who_pressed_it() -> None:
    event = pressed()
    assert (event.text, event.sender.handle) == ("Yes, please", "501")
    assert event.place == read_message(message("x")).place
    assert event.event_key == "callback:77"


def test_button_of_a_message_that_is_gone_is_harmless() -> None:
    assert (
        pressed(message={"chat": PRIVATE, "message_id": 7, "date": 0}).text == "[Pressed a button.]"
    )
    assert pressed("unknown").text == "[Pressed a button.]"


def test_reaction_tells_all_that_is_there_now() -> None:
    found = {
        "chat": PRIVATE,
        "message_id": 7,
        "user": ANN,
        "date": AT,
        "old_reaction": [],
        "new_reaction": [
            {"type": "emoji", "emoji": "👍"},
            {"type": "custom_emoji", "custom_emoji_id": "5"},
            {"type": "paid"},
        ],
    }
    event = read(update(found, "message_reaction"))
    assert isinstance(event, ReactionChanged)
    assert (event.remote_id, event.sender.handle) == ("7", "501")
    assert event.reactions == ("👍", "[custom emoji]", "⭐")
    taken_back = read(update({**found, "new_reaction": []}, "message_reaction"))
    assert isinstance(taken_back, ReactionChanged)
    assert taken_back.reactions == ()
    assert taken_back.event_key != event.event_key


def membership(status: str, chat: Json, **rights: Any) -> Json:
    return update(
        {
            "chat": chat,
            "from": ANN,
            "date": AT,
            "old_chat_member": {"user": DESK, "status": "member"},
            "new_chat_member": {"user": DESK, "status": status, **rights},
        },
        "my_chat_member",
    )


@pytest.mark.parametrize(("status", "is_reachable"), [("kicked", False), ("member", True)])
def test_blocked_bot_makes_its_person_unreachable_at_once(status: str, is_reachable: bool) -> None:
    event = read(membership(status, PRIVATE))
    assert isinstance(event, ProfileChanged)
    assert (event.sender.handle, event.is_reachable) == ("501", is_reachable)
    assert bool(event.reason) is not is_reachable


@pytest.mark.parametrize(
    ("status", "rights", "is_reachable"),
    [
        ("kicked", {}, False),
        ("left", {}, False),
        ("restricted", {"can_send_messages": False}, False),
        ("restricted", {"can_send_messages": True}, True),
        ("administrator", {}, True),
    ],
)
def test_group_that_sends_the_bot_away_is_closed_and_nobody_is_unreachable(
    status: str, rights: Json, is_reachable: bool
) -> None:
    event = read(membership(status, GROUP, **rights))
    assert isinstance(event, PlaceChanged)
    assert (event.place.remote, event.is_reachable) == ("-1001", is_reachable)


def test_deletions_in_a_business_chat_are_told_one_by_one() -> None:
    found = {"business_connection_id": "b-1", "chat": PRIVATE, "message_ids": [7, 8]}
    events = to_events(update(found, "deleted_business_messages"), READING)
    deleted = [one for one in events if isinstance(one, MessageDeleted)]
    assert [one.remote_id for one in deleted] == ["7", "8"]
    assert {one.place.remote for one in deleted} == {"501;business=b-1"}
    assert len({one.event_key for one in deleted}) == 2
