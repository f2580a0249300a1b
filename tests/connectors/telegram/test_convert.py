"""Messages of Telegram as events: who, where, what, and under which key."""

import json

import pytest

from connectors.telegram.convert import to_events
from core.messages import (
    ChatRekeyed,
    FilesChanged,
    MessageEdited,
    MessageNature,
    MessageReceived,
    PlaceChanged,
    PlaceKind,
    Unreadable,
)
from core.people import Level
from tests.connectors.telegram.updates import (
    ANN,
    AT,
    BOT,
    DESK,
    FORUM,
    GROUP,
    OWNER,
    PRIVATE,
    READING,
    Json,
    edited,
    message,
    read,
    read_message,
    update,
)


def test_identity_is_the_numeric_id_and_the_username_is_only_shown() -> None:
    sender = read_message(message("hi")).sender
    renamed = read_message(message("hi", **{"from": {**ANN, "username": "somebody"}})).sender

    assert (sender.realm, sender.handle, sender.shown_as) == (
        "telegram",
        "501",
        "Ann Lee (@annlee)",
    )
    assert (renamed.realm, renamed.handle) == (sender.realm, sender.handle)
    assert sender.level is Level.ATTESTED
    assert "annlee" not in str(sender.evidence)
    assert sender.language == "ru"


def test_key_is_of_the_message_and_not_of_the_update() -> None:
    once, again = (read(update(message("hi"), number=n)) for n in (5_000, 12))
    assert once.event_key == again.event_key
    elsewhere = read(update(message("hi", chat=GROUP)))
    later = read(update(message("hi", message_id=8)))
    assert len({once.event_key, elsewhere.event_key, later.event_key}) == 3


def test_raw_is_the_update_as_it_came() -> None:
    body = update(message("hi \U0001f600", something_new={"a": 1}))
    assert json.loads(read(body).raw or b"") == body


def test_own_messages_are_passed_over_by_id_and_not_by_text() -> None:
    own = update(message("hello", **{"from": DESK}), "business_message")
    assert to_events(own, READING) == ()
    assert read_message(message("hello")).text == "hello"


def test_another_bot_is_a_machine() -> None:
    bot = {"id": 33, "is_bot": True, "first_name": "Other"}
    assert read_message(message("x", **{"from": bot})).nature is MessageNature.AUTO_REPLY


def test_anonymous_admin_speaks_as_the_group() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    event = read_message(message("x", chat=GROUP, sender_chat=GROUP, **{"from": anonymous}))
    assert (event.sender.handle, event.sender.shown_as) == ("-1001", "Traders")
    assert event.nature is MessageNature.HUMAN


# Places


def test_group_text_never_enters_the_private_place() -> None:
    private, group = read_message(message("hi")), read_message(message("hi", chat=GROUP))
    assert (private.place.kind, private.place.is_public) == (PlaceKind.DIRECT, False)
    assert (group.place.kind, group.place.title) == (PlaceKind.GROUP, "Traders")
    assert group.place.remote != private.place.remote
    assert group.sender.handle == private.sender.handle


def test_topic_is_a_place_below_its_group() -> None:
    opened = {"message_id": 3, "chat": FORUM, "date": AT, "forum_topic_created": {"name": "Help"}}
    event = read_message(
        message(
            "hi", chat=FORUM, message_thread_id=3, is_topic_message=True, reply_to_message=opened
        )
    )
    assert event.place.remote == "-100200;thread=3"
    assert (event.place.kind, event.place.title) == (PlaceKind.THREAD, "Forum: Help")
    assert event.place.parent == "-100200"
    assert event.full_text is None


def test_answer_thread_that_is_no_topic_stays_in_the_group() -> None:
    event = read_message(message("hi", chat=FORUM, message_thread_id=3))
    assert (event.place.remote, event.place.kind) == ("-100200", PlaceKind.GROUP)


def test_direct_message_of_a_channel_is_a_direct_place_of_its_topic() -> None:
    chat = {"id": -100300, "type": "supergroup", "title": "News", "is_direct_messages": True}
    event = read_message(message("hi", chat=chat, direct_messages_topic={"topic_id": 501}))
    assert (event.place.remote, event.place.kind) == ("-100300;topic=501", PlaceKind.DIRECT)


def test_business_chat_keeps_its_connection_with_the_address() -> None:
    body = update(message("hi", business_connection_id="b-1"), "business_message")
    event = read(body)
    assert isinstance(event, MessageReceived)
    assert event.place.remote == "501;business=b-1"
    assert not event.is_from_desk


def test_owner_of_a_business_account_speaks_for_the_desk() -> None:
    body = message("I'll take it", business_connection_id="b-1", **{"from": OWNER})
    event = read(update(body, "business_message"))
    assert isinstance(event, MessageReceived)
    assert event.is_from_desk


@pytest.mark.parametrize(
    "body",
    [
        message(chat=GROUP, migrate_to_chat_id=-1005),
        message(chat={"id": -1005, "type": "supergroup"}, migrate_from_chat_id=-1001),
    ],
    ids=["in the old chat", "in the new chat"],
)
def test_group_that_became_a_supergroup_is_one_rekeying(body: Json) -> None:
    event = read(update(body))
    assert isinstance(event, ChatRekeyed)
    assert (event.old, event.new) == ("-1001", "-1005")
    assert event.event_key == "rekeyed:-1001:-1005"


def test_new_title_is_a_change_of_the_place_and_no_message() -> None:
    chat = {**GROUP, "title": "Traders 2"}
    event = read(update(message(chat=chat, new_chat_title="Traders 2")))
    assert isinstance(event, PlaceChanged)
    assert event.place.title == "Traders 2"


# Edits


def test_edit_has_a_key_of_its_own_and_names_the_message() -> None:
    first = read_message(message("befor"))
    event = read(edited(message("before")))
    assert isinstance(event, MessageEdited)
    assert (event.text, event.remote_id) == ("before", first.remote_parts[0].remote_id)
    assert event.event_key != first.event_key
    assert event.edited_at is not None


def test_two_edits_within_a_second_are_two() -> None:
    keys = {read(edited(message(text))).event_key for text in ("one", "two", "two")}
    assert len(keys) == 2


def test_edited_caption_is_an_edit() -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 9}]
    *_, event = to_events(edited(message(photo=photo, caption="at sea")), READING)
    assert isinstance(event, MessageEdited)
    assert event.text == "at sea"


def test_edit_names_the_file_that_is_there_by_what_never_changes() -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 9}]
    told_anew = [{**photo[0], "file_id": "another"}]
    found = [to_events(edited(message(photo=one)), READING)[0] for one in (photo, told_anew)]
    first, second = (one for one in found if isinstance(one, FilesChanged))
    assert first.event_key == second.event_key
    assert [one.attachments[0].remote for one in (first, second)] == ["u p", "u another"]


def test_edit_of_an_albums_piece_without_a_caption_takes_no_words_away() -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 9}]
    found = to_events(edited(message(photo=photo, media_group_id="5")), READING)
    assert [type(one) for one in found] == [FilesChanged]


def test_live_location_is_told_when_it_stops_and_not_while_it_moves() -> None:
    moving = {"latitude": 1.0, "longitude": 2.0, "live_period": 900}
    stopped = {"latitude": 1.5, "longitude": 2.0}
    assert to_events(edited(message(location=moving)), READING) == ()
    assert isinstance(read(edited(message(location=stopped))), MessageEdited)


# Links with a code


def test_code_of_a_start_link_is_handed_over_and_shown_nowhere() -> None:
    event = read_message(message("/start K7PM-2QXA-9T4D"))
    assert event.text == "/start"
    assert event.link_code == "K7PM-2QXA-9T4D"
    assert b"K7PM-2QXA-9T4D" not in (event.raw or b"")
    assert "K7PM-2QXA-9T4D" not in event.context.values()
    assert event.full_text is None


@pytest.mark.parametrize(
    ("text", "chat"),
    [
        ("/start", PRIVATE),
        ("/start two words", PRIVATE),
        ("/start spring_campaign", PRIVATE),
        ("/start K7PM-2QXA", PRIVATE),
        ("/start " + "x" * 65, PRIVATE),
        ("say /start abc", PRIVATE),
        ("/start abc", GROUP),
        ("/start K7PM-2QXA-9T4D", GROUP),
    ],
)
def test_other_words_with_start_are_words(text: str, chat: Json) -> None:
    event = read_message(message(text, chat=chat))
    assert event.text == text
    assert event.link_code is None


# What is said beside the words


def test_answered_message_stands_above_as_history() -> None:
    answered = message("Which account?\nThe old one?", message_id=3, **{"from": DESK})
    event = read_message(message("the new one", reply_to_message=answered))
    assert event.text == "the new one"
    assert event.full_text == "> Which account?\n> The old one?\n\nthe new one"


def test_quoted_piece_stands_above_instead_of_the_whole() -> None:
    answered = message("a very long message", message_id=3)
    event = read_message(
        message("why", reply_to_message=answered, quote={"text": "very long", "position": 2})
    )
    assert event.full_text == "> very long\n\nwhy"


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "user", "date": AT, "sender_user": OWNER}, "Olga"),
        ({"type": "hidden_user", "date": AT, "sender_user_name": "Ghost"}, "Ghost"),
        ({"type": "channel", "date": AT, "chat": {"id": -5, "title": "News"}}, "News"),
    ],
)
def test_forwarded_words_say_whose_they_are(origin: Json, name: str) -> None:
    [warning] = read_message(message("x", forward_origin=origin)).warnings
    assert name in warning


def test_nul_and_lone_surrogates_are_taken_out() -> None:
    event = read_message(message("a\x00b\ud83dc"))
    assert event.text == "ab?c"


# What is not known


def test_unknown_update_is_kept_whole_in_its_senders_conversation() -> None:
    body = {"update_id": 9, "mood_ring": {"from": ANN, "chat": PRIVATE, "color": "blue"}}
    event = read(body)
    assert isinstance(event, Unreadable)
    assert "mood_ring" in event.reason
    assert event.sender is not None
    assert (event.sender.handle, event.place and event.place.remote) == ("501", "501")
    assert json.loads(event.raw or b"") == body


def test_unknown_content_is_a_visible_placeholder() -> None:
    event = read_message(message(hologram={"size": 3}))
    assert event.text == "[Telegram sent what cannot be shown here: hologram.]"


def test_service_message_in_private_is_a_sentence_and_in_a_group_nothing() -> None:
    pinned = {"pinned_message": message("old", message_id=2)}
    assert read_message(message(**pinned)).text == "[They pinned a message.]"
    assert to_events(update(message(chat=GROUP, **pinned)), READING) == ()


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"update_id": 1},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {"text": "x"}},
        {"update_id": 1, "message": message("x", message_id="?", chat="?")},
        {"update_id": 1, "message": message("x", date=10**30)},
        {"update_id": 1, "edited_message": {"chat": {}}},
        {"update_id": 1, "callback_query": {}},
        {"update_id": 1, "message_reaction": {"chat": PRIVATE}},
        {"update_id": 1, "my_chat_member": 5},
        {"update_id": 1, "deleted_business_messages": {"chat": PRIVATE, "message_ids": 3}},
        {"update_id": 1, "message": message(document={"file_name": "x"})},
        {"update_id": 1, "message": message(location={"latitude": "north"})},
    ],
    ids=lambda junk: json.dumps(junk)[:60],
)
def test_junk_is_unreadable_with_its_source(junk: Json) -> None:
    event = read(junk)
    assert isinstance(event, Unreadable)
    assert event.raw
    assert event.event_key != read({**junk, "else": 1}).event_key


def test_bot_whose_token_does_not_tell_its_id_reads_its_own_words_as_a_machines() -> None:
    assert READING.bot_id == BOT
    unknown = type(READING)(bot_id=None, max_file_size=0)
    [event] = to_events(update(message("x", **{"from": DESK})), unknown)
    assert isinstance(event, MessageReceived)
    assert event.nature is MessageNature.AUTO_REPLY
