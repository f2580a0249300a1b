"""Discord's JSON as events: what is read, what is shown of what is no text, what is refused."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.discord import convert
from connectors.discord.content import Content, read_content
from connectors.discord.markdown import Names
from connectors.discord.places import Channel, direct_place, place_of, place_of_person
from connectors.discord.reactions import MOST_KEPT, Reactions
from core.errors import UnreadableEvent
from core.messages import MessageReceived, PlaceKind, ThreadKey
from core.testing.builders import outbound_message

PLACE = direct_place("300")
ADA = {"id": "80351110224678912", "username": "ada", "global_name": "Ada L.", "discriminator": "0"}


def message(**changes: Any) -> dict[str, Any]:
    """As MESSAGE_CREATE shows one in a direct chat: without guild_id."""
    return {
        "id": "175928847299117063",
        "channel_id": "300",
        "type": 0,
        "author": ADA,
        "content": "hello",
        "timestamp": "2016-04-30T11:18:25.796000+00:00",
        "edited_timestamp": None,
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "tts": False,
        "flags": 0,
        **changes,
    }


def shown(**changes: Any) -> Content:
    return read_content(message(**changes), Names())


def received(body: dict[str, Any]) -> MessageReceived:
    return convert.to_received(body, PLACE, convert.content_of(body))


def test_snowflake_tells_when_it_was_made_and_the_lowest_of_a_moment() -> None:
    moment = convert.moment_of("175928847299117063")
    assert moment == datetime(2016, 4, 30, 11, 18, 25, 796000, UTC)
    lowest = convert.snowflake_at(moment)
    assert lowest <= 175928847299117063
    assert convert.moment_of(lowest) == moment
    assert convert.snowflake_at(datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_nonce_is_short_stable_and_another_for_another_key() -> None:
    nonces = {convert.nonce_of(f"delivery-{number}") for number in range(1000)}
    assert len(nonces) == 1000
    assert {len(one) for one in nonces} == {25}
    assert convert.nonce_of("delivery-1") in nonces


def test_message_is_the_same_event_by_the_gateway_and_by_the_history() -> None:
    live = received(message(guild_id="9", member={"roles": [], "nick": "Countess"}))
    history = received(message())
    assert live.event_key == history.event_key == "300/175928847299117063"
    assert (live.sender.shown_as, history.sender.shown_as) == ("Countess", "Ada L.")
    assert live.sender.handle == history.sender.handle == "80351110224678912"
    assert live.sent_at == datetime(2016, 4, 30, 11, 18, 25, 796000, UTC)
    assert json.loads(live.raw or b"")["content"] == "hello"


@pytest.mark.parametrize(
    "changes",
    [
        {"author": {"id": "1", "username": "us", "bot": True}},
        {"author": {**ADA, "id": "77"}},
        {"author": {**ADA, "bot": True}},
        {"author": {**ADA, "system": True}},
        {"webhook_id": "5"},
        {"type": 6},
        {"type": 7},
        {"type": 18},
        {"type": 21},
        {"type": 46},
    ],
)
def test_what_no_person_wrote_is_ignored(changes: dict[str, Any]) -> None:
    assert convert.is_ignored(message(**changes), own_id="77")
    assert not convert.is_ignored(message(), own_id="77")


def test_unknown_type_is_not_ignored() -> None:
    assert not convert.is_ignored(message(type=99), own_id="77")
    assert "type 99" in shown(type=99).text


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"author": None},
        {"author": {}},
        {"author": {"id": "x"}},
        {"attachments": [{}]},
        {"attachments": 7},
        {"message_snapshots": [{}]},
        {"poll": {"question": None}},
        {"id": "9" * 40},
        {"sticker_items": [None]},
    ],
)
def test_junk_is_refused_with_a_sentence_and_kept_with_its_source(changes: dict[str, Any]) -> None:
    body = message(**changes)
    with pytest.raises(UnreadableEvent) as caught:
        received(body)
    kept = convert.to_placeholder("message", body, caught.value, PLACE)
    assert kept.reason
    assert json.loads(kept.raw or b"") == json.loads(json.dumps(body))
    again = convert.to_placeholder("message", body, caught.value, PLACE)
    assert kept.event_key == again.event_key


def test_reply_names_what_it_answers_and_a_forward_does_not() -> None:
    reply = received(message(type=19, message_reference={"message_id": "5", "channel_id": "300"}))
    assert {one.key for one in reply.answers} == {"300/5"}
    forward = message(
        content="",
        message_reference={"type": 1, "message_id": "5", "channel_id": "4"},
        message_snapshots=[
            {
                "message": {
                    "content": "**from** elsewhere",
                    "attachments": [
                        {"id": "8", "filename": "a.png", "size": 3, "url": "https://cdn.example/a"}
                    ],
                    "sticker_items": [{"id": "1", "name": "Wave", "format_type": 1}],
                }
            }
        ],
    )
    event = received(forward)
    assert event.text == "[Forwarded message]\nfrom elsewhere\n[Sticker: Wave]"
    assert not event.answers
    assert [one.name for one in convert.content_of(forward).files] == ["a.png"]


def test_embeds_of_addresses_are_left_out_and_others_are_shown() -> None:
    unfurled = {"type": "article", "url": "https://a.example", "title": "Unfurled"}
    rich = {
        "type": "rich",
        "title": "Rich",
        "description": "with **text**",
        "fields": [{"name": "Name", "value": "Value"}],
        "url": "https://b.example",
    }
    found = shown(content="see https://a.example", embeds=[unfurled, rich, {"type": "rich"}])
    assert found.text == (
        "see https://a.example\nRich\nwith text\nName: Value\nhttps://b.example\n[Embed: rich]"
    )


def test_components_show_their_texts_and_labels() -> None:
    components = [
        {"type": 17, "components": [{"type": 10, "content": "# Title"}]},
        {"type": 9, "components": [{"type": 10, "content": "text"}], "accessory": {"label": "Go"}},
        {"type": 1, "components": [{"type": 2, "label": "Yes"}, {"type": 3, "placeholder": "?"}]},
        {"type": 12, "items": [{}, {}]},
    ]
    assert shown(content="", components=components).text == (
        "Title\ntext\n[Go]\n[Yes]\n[?]\n[Gallery of 2]"
    )
    nested: dict[str, Any] = {"type": 17}
    for _ in range(100):
        nested = {"type": 17, "components": [nested]}
    assert shown(components=[nested]).text == "hello"


def test_text_that_cannot_be_stored_is_scrubbed() -> None:
    assert shown(content="a\x00b\ud800c").text == "ab?c"


def test_message_of_files_alone_is_not_called_empty() -> None:
    body = message(content="")
    assert received(body).text == "[Empty message]"
    assert received(body).warnings


def test_edit_needs_a_time_of_edit_and_a_text() -> None:
    content = Content(text="new")
    assert convert.to_edited(message(), PLACE, content) is None
    stamp = "2016-05-01T00:00:00.000000+00:00"
    partial = {"id": "1", "channel_id": "300", "edited_timestamp": stamp}
    assert convert.to_edited(partial, PLACE, content) is None
    edited = convert.to_edited(message(edited_timestamp=stamp), PLACE, content)
    assert edited is not None
    assert edited.event_key.endswith(f"/edited/{stamp}")
    assert edited.edited_at == datetime(2016, 5, 1, tzinfo=UTC)
    with pytest.raises(UnreadableEvent):
        convert.to_edited(message(edited_timestamp="yesterday"), PLACE, content)


@pytest.mark.parametrize(
    ("channel", "parent", "kind"),
    [
        ({"id": "1", "type": 1}, None, PlaceKind.DIRECT),
        ({"id": "1", "type": 3, "name": "we"}, None, PlaceKind.GROUP),
        ({"id": "1", "type": 0, "name": "help", "guild_id": "9"}, None, PlaceKind.GROUP),
        ({"id": "1", "type": 5, "name": "news", "guild_id": "9"}, None, PlaceKind.GROUP),
        ({"id": "1", "type": 11, "parent_id": "2", "guild_id": "9"}, 0, PlaceKind.THREAD),
        ({"id": "1", "type": 11, "parent_id": "2", "guild_id": "9"}, 15, PlaceKind.FORUM_POST),
        ({"id": "1", "type": 11, "parent_id": "2", "guild_id": "9"}, 16, PlaceKind.FORUM_POST),
        ({"id": "1", "type": 12, "parent_id": "2", "guild_id": "9"}, 0, PlaceKind.DIRECT),
        ({"id": "1", "type": 77, "guild_id": "9"}, None, PlaceKind.GROUP),
    ],
)
def test_each_type_of_channel_is_a_place(
    channel: dict[str, Any], parent: int | None, kind: PlaceKind
) -> None:
    above = None if parent is None else Channel(id="2", kind=parent, guild_id="9")
    assert place_of(Channel.of(channel), above).kind is kind


def test_place_of_a_person_is_private() -> None:
    assert not place_of_person("5").is_public
    assert place_of_person("5") == place_of_person("5") != place_of_person("6")


def test_answer_quotes_the_newest_of_its_own_channel_only() -> None:
    refs = (ThreadKey("email", "300/1"), ThreadKey("discord", "4/2"), ThreadKey("discord", "300/3"))
    outgoing = outbound_message("hi", place=PLACE, in_reply_to=refs)
    assert convert.to_params(outgoing, "hi", "300")["message_reference"]["message_id"] == "3"
    assert "message_reference" not in convert.to_params(outgoing, "hi", "5")


def test_reactions_are_summed_and_the_oldest_forgotten() -> None:
    reactions = Reactions()
    assert reactions.add("c", "m", "p", "a") == ("a",)
    assert reactions.add("c", "m", "p", "b") == ("a", "b")
    assert reactions.add("c", "m", "q", "a") == ("a",)
    assert reactions.clear("c", "m", "a") == {"p": ("b",), "q": ()}
    assert reactions.clear("c", "m") == {"p": (), "q": ()}
    for number in range(MOST_KEPT + 5):
        reactions.add("c", str(number), "p", "a")
    assert len(reactions._of) == MOST_KEPT


def test_conversion_of_a_message_takes_next_to_no_time() -> None:
    text = "Hello **there**, my order `#4711` is *late*: https://shop.example/orders/4711_a\n" * 3
    body = message(content=text)
    received(body)
    began = time.process_time()
    for _ in range(200):
        received(body)
    assert (time.process_time() - began) / 200 < 0.002
