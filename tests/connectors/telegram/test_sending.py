"""What people see of our messages, and what one attempt does."""

import json
import struct
from typing import Any

import pytest

from connectors.telegram import sandbox_faults
from connectors.telegram.address import Address, parse_address
from connectors.telegram.config import MIB
from connectors.telegram.connector import TelegramConnector
from connectors.telegram.sandbox_people import Person
from core.errors import (
    ContentRejected,
    OutcomeUnknown,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
)
from core.ids import RemotePlace
from core.messages import (
    ChatRekeyed,
    IdentityAddress,
    MessageReceived,
    OutboundAttachment,
    Place,
    PlaceChanged,
    Sent,
)
from core.rich_text import Mark, Span
from core.testing.builders import outbound_message
from tests.connectors.telegram.running import Running

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 8, 6) + b"\x08\x02\x00\x00\x00"


async def begun(running: Running) -> tuple[Person, MessageReceived]:
    ann = running.server.person("Ann")
    return ann, await running.correspondence(lambda: ann.says("hi"))


def body_of(running: Running, person: Any) -> dict[str, Any]:
    return running.server.messages_in(person)[-1].body


async def test_formatting_goes_as_entities_and_markup_characters_stay_words(
    running: Running,
) -> None:
    ann, event = await begun(running)
    text = "1 < 2 & *not bold* \U0001f600 bold"
    start = len(text) - 4
    spans = (Span(mark=Mark.BOLD, start=start, end=len(text)),)
    await running.connector.send(running.answer(event, text, spans=spans))
    [values] = running.values("sendMessage")
    assert values["text"] == text
    assert "parse_mode" not in values
    assert json.loads(values["entities"]) == [{"type": "bold", "offset": start + 1, "length": 4}]
    assert body_of(running, ann)["entities"] == [{"type": "bold", "offset": start + 1, "length": 4}]


async def test_sent_names_its_number_and_its_time(running: Running) -> None:
    ann, event = await begun(running)
    sent = await running.connector.send(running.answer(event, "hello"))
    [post] = running.server.messages_in(ann)
    assert [one.remote_id for one in sent.remote_parts] == [str(post.message_id)]
    assert sent.at is not None
    assert sent.at.timestamp() == post.body["date"]


@pytest.mark.parametrize(
    ("name", "media_type", "content", "method"),
    [
        ("a.png", "image/png", PNG, "sendPhoto"),
        ("a.png", "image/png", b"no picture", "sendDocument"),
        ("a.pdf", "application/pdf", b"%PDF", "sendDocument"),
        ("a.mp4", "video/mp4", b"film", "sendVideo"),
        ("a.mp3", "audio/mpeg", b"song", "sendAudio"),
        ("a.gif", "image/gif", b"GIF89a", "sendAnimation"),
    ],
)
async def test_file_goes_as_what_it_is_shown_best(
    running: Running, name: str, media_type: str, content: bytes, method: str
) -> None:
    ann, event = await begun(running)
    blob = running.blobs.put(content, name=name, media_type=media_type)
    await running.connector.send(running.answer(event, "see", attachments=(blob,)))
    assert len(running.values(method)) == 1
    assert body_of(running, ann)["caption"] == "see"


@pytest.mark.parametrize(
    ("kinds", "sent_as"),
    [
        (("image/png", "video/mp4"), ["photo", "video"]),
        (("audio/mpeg", "audio/mpeg"), ["audio", "audio"]),
        (("application/pdf", "text/plain"), ["document", "document"]),
        (("image/png", "application/pdf"), ["document", "document"]),
        (("audio/mpeg", "image/png"), ["document", "document"]),
    ],
)
async def test_files_go_as_one_album_of_kinds_that_may_stand_together(
    running: Running, kinds: tuple[str, ...], sent_as: list[str]
) -> None:
    ann, event = await begun(running)
    blobs = tuple(
        running.blobs.put(PNG + bytes([n]), name=f"{n}.x", media_type=kind)
        for n, kind in enumerate(kinds)
    )
    sent = await running.connector.send(running.answer(event, "two", attachments=blobs))
    [values] = running.values("sendMediaGroup")
    assert [one["type"] for one in json.loads(values["media"])] == sent_as
    assert [one.part for one in sent.remote_parts] == [0, 1]
    bodies = [one.body for one in running.server.messages_in(ann)]
    assert [one.get("caption") for one in bodies] == ["two", None]


async def test_caption_over_its_limit_and_too_many_files_never_leave(running: Running) -> None:
    _, event = await begun(running)
    blob = running.blobs.put(b"x")
    for text, files in (("x" * 1025, (blob,)), ("x", (blob,) * 11), ("", ())):
        with pytest.raises(ContentRejected):
            await running.connector.send(running.answer(event, text, attachments=files))
    large = OutboundAttachment(
        name="film.mkv", media_type="video/mp4", size=51 * MIB, blob_key="none"
    )
    with pytest.raises(ContentRejected, match="film"):
        await running.connector.send(running.answer(event, "x", attachments=(large,)))
    assert not [one for one in running.server.requests if one.method.startswith("send")]


async def test_file_names_arrive_as_they_are(running: Running) -> None:
    ann, event = await begun(running)
    blob = running.blobs.put(b"x", name='Prüfung "1" 你好.txt', media_type="text/plain")
    await running.connector.send(running.answer(event, "x", attachments=(blob,)))
    assert "Prüfung" in body_of(running, ann)["document"]["file_name"]
    assert "你好.txt" in body_of(running, ann)["document"]["file_name"]


async def test_answer_in_a_group_names_the_message_of_its_recipient(running: Running) -> None:
    ann = running.server.person("Ann")
    group = running.server.group("Traders", ann)
    event = await running.correspondence(lambda: ann.says("@desk_bot hello", where=group))
    await running.connector.send(running.answer(event, "for Ann"))
    theirs = {**event.context, "from": "999"}
    await running.connector.send(running.answer(event, "for all", context=theirs))
    first, second = (one.body for one in running.server.messages_in(group))
    assert first["reply_to_message"]["message_id"] == int(event.context["message_id"])
    assert "reply_to_message" not in second


async def test_topic_is_answered_in_the_topic(running: Running) -> None:
    ann = running.server.person("Ann")
    forum = running.server.supergroup("Forum", ann, is_forum=True)
    topic = await forum.topic("Help", ann)
    event = await running.correspondence(lambda: ann.says("@desk_bot hi", where=topic))
    await running.connector.send(running.answer(event, "here"))
    [post] = running.server.messages_in(forum)
    assert post.body["message_thread_id"] == int(str(event.place.remote).partition("thread=")[2])


async def test_business_chat_is_answered_through_its_connection(running: Running) -> None:
    owner, ann = running.server.person("Olga"), running.server.person("Ann")
    account = running.server.business(owner)
    event = await running.correspondence(lambda: ann.says("hi", where=account))
    await running.connector.send(running.answer(event, "hello"))
    [values] = running.values("sendMessage")
    assert event.place.remote == f"{ann.id};business={account.id}"
    assert values["business_connection_id"] == account.id


async def test_business_account_that_withdrew_its_right_closes_the_place(running: Running) -> None:
    owner, ann = running.server.person("Olga"), running.server.person("Ann")
    account = running.server.business(owner)
    event = await running.correspondence(lambda: ann.says("hi", where=account))
    await account.changes(can_reply=False)
    async with running.receiving(running.sink.cursors):
        await running.until(lambda: not running.events(PlaceChanged)[-1].is_reachable)
    assert running.events(PlaceChanged)[-1].place.remote == event.place.parent
    with pytest.raises(PlaceGone):
        await running.connector.send(running.answer(event, "hello"))


async def test_answer_in_a_business_chat_is_edited_and_taken_back_through_its_connection(
    running: Running,
) -> None:
    owner, ann = running.server.person("Olga"), running.server.person("Ann")
    account = running.server.business(owner)
    event = await running.correspondence(lambda: ann.says("hi", where=account))
    sent = await running.connector.send(running.answer(event, "befor"))
    [part] = sent.remote_parts
    await running.connector.edit(running.answer(event, "before"), part.remote_id)
    [post] = running.server.messages_in(account.chat_of(ann))
    assert post.body["text"] == "before"
    await running.connector.delete(event.place, part.remote_id)
    assert not running.server.messages_in(account.chat_of(ann))
    assert running.values("deleteBusinessMessages")[0]["business_connection_id"] == account.id


async def test_owners_own_words_are_the_desks_and_our_own_are_not_shown_again(
    running: Running,
) -> None:
    owner, ann = running.server.person("Olga"), running.server.person("Ann")
    account = running.server.business(owner)
    event = await running.correspondence(lambda: ann.says("hi", where=account))
    await running.connector.send(running.answer(event, "from the desk"))
    await account.echoes(ann, running.server.messages_in(account.chat_of(ann))[-1])
    said = await running.correspondence(lambda: owner.says("I am here", where=account.to(ann)))
    assert (said.text, said.is_from_desk) == ("I am here", True)
    assert "from the desk" not in running.texts


async def test_group_that_moved_is_learned_by_sending_and_the_next_attempt_arrives(
    running: Running,
) -> None:
    ann = running.server.person("Ann")
    group = running.server.group("Traders", ann)
    event = await running.correspondence(lambda: ann.says("@desk_bot hello", where=group))
    new = await group.migrate()
    running.server.bot.queue.clear()  # more than a day ago: no update will ever say so
    message = running.answer(event, "still there?")
    with pytest.raises(TransientError):
        await running.connector.send(message)
    sent = await running.connector.send(message)
    assert [one.body["text"] for one in running.server.messages_in(new)] == ["still there?"]
    assert sent.remote_place == Address(chat_id=new.id).remote
    async with running.receiving(running.sink.cursors):
        rekeyed = await running.event(ChatRekeyed)
    assert (rekeyed.old, rekeyed.new) == (event.place.remote, sent.remote_place)


async def test_person_who_blocked_the_bot_is_gone(running: Running) -> None:
    ann, event = await begun(running)
    await ann.blocks()
    with pytest.raises(RecipientGone, match="blocked"):
        await running.connector.send(running.answer(event, "hello?"))


async def test_nobody_is_written_to_first_and_the_reason_is_told(running: Running) -> None:
    stranger = running.server.person("Stan")
    place = Place(remote=RemotePlace(str(stranger.id)))
    with pytest.raises(RecipientGone):
        await running.connector.send(outbound_message("hello", place=place))


async def test_group_that_sent_the_bot_away_is_a_place_that_is_gone(running: Running) -> None:
    ann = running.server.person("Ann")
    group = running.server.group("Traders", ann)
    event = await running.correspondence(lambda: ann.says("@desk_bot hello", where=group))
    await group.kicks_bot(ann)
    with pytest.raises(PlaceGone):
        await running.connector.send(running.answer(event, "hello?"))


async def test_answer_without_a_number_is_an_unknown_outcome(running: Running) -> None:
    _, event = await begun(running)
    page = sandbox_faults.Break(status=200, body=b'{"ok": true, "result": true}')
    running.server.faults.add(page, method="sendMessage")
    with pytest.raises(OutcomeUnknown):
        await running.connector.send(running.answer(event, "hello"))
    running.server.faults.add(
        sandbox_faults.Break(status=200, body=b"<html>"), method="sendMessage"
    )
    with pytest.raises(OutcomeUnknown):
        await running.connector.send(running.answer(event, "hello"))


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (200, '{"ok":false,"error_code":429,"parameters":{"retry_after":7}}', RateLimited),
        (200, '{"ok": false, "error_code": 403, "description": "Forbidden: x"}', RecipientGone),
        (200, '{"ok": false}', OutcomeUnknown),
        (400, '{"ok":false,"error_code":429,"parameters":{"retry_after":7}}', RateLimited),
    ],
)
async def test_server_that_refuses_with_another_status_is_understood(
    running: Running, status: int, body: str, meant: type[Exception]
) -> None:
    _, event = await begun(running)
    answer = sandbox_faults.Break(status=status, body=body.encode())
    running.server.faults.add(answer, method="sendMessage")
    with pytest.raises(meant) as caught:
        await running.connector.send(running.answer(event, "hello"))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after.total_seconds() == 7


async def test_message_that_was_taken_at_no_time_of_the_calendar_was_taken(
    running: Running,
) -> None:
    _, event = await begun(running)
    body = b'{"ok": true, "result": {"message_id": 9, "date": 1795354709750}}'
    running.server.faults.add(sandbox_faults.Break(status=200, body=body), method="sendMessage")
    sent = await running.connector.send(running.answer(event, "hello"))
    assert ([one.remote_id for one in sent.remote_parts], sent.at) == (["9"], None)


async def test_place_that_is_no_chat_is_gone(running: Running) -> None:
    with pytest.raises(PlaceGone):
        await running.connector.send(outbound_message(place=Place(remote=RemotePlace("x;y"))))


async def test_caption_is_edited_as_a_caption_and_a_text_as_a_text(running: Running) -> None:
    ann, event = await begun(running)
    blob = running.blobs.put(b"x")
    with_file = running.answer(event, "befor", attachments=(blob,))
    for message in (with_file, running.answer(event, "befor")):
        sent: Sent = await running.connector.send(message)
        better = running.answer(event, "before", attachments=message.attachments)
        await running.connector.edit(better, sent.remote_parts[0].remote_id)
    captioned, plain = (one.body for one in running.server.messages_in(ann))
    assert (captioned["caption"], plain["text"]) == ("before", "before")


async def test_typing_is_shown_where_it_is_asked_for_and_not_taken_back(running: Running) -> None:
    _, event = await begun(running)
    await running.connector.set_typing(event.place, is_typing=True)
    await running.connector.set_typing(event.place, is_typing=False)
    [values] = running.values("sendChatAction")
    assert (values["chat_id"], values["action"]) == (event.place.remote, "typing")


@pytest.mark.parametrize(
    "address",
    [
        Address(chat_id=5),
        Address(chat_id=-(2**52)),
        Address(chat_id=-5, thread_id=7),
        Address(chat_id=-5, topic_id=8),
        Address(chat_id=5, business_id="AbC-_=9"),
    ],
)
def test_name_of_a_place_says_all_that_a_request_must_name(address: Address) -> None:
    assert parse_address(address.remote) == address


def test_private_place_of_a_person_is_their_chat_and_of_a_channel_none() -> None:
    kind = TelegramConnector
    place = kind.private_place(IdentityAddress(realm="telegram", handle="501"))
    assert place is not None
    assert (place.remote, place.is_public) == ("501", False)
    assert kind.private_place(IdentityAddress(realm="telegram", handle="-1001")) is None
