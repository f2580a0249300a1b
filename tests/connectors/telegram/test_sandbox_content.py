"""What messages of the sandbox are made of: texts, entities, albums, files, topics, business."""

import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData
from telegram import InputMediaDocument, InputMediaPhoto, MessageEntity
from telegram.error import BadRequest

from connectors.telegram.sandbox_people import Medium, Person
from tests.connectors.telegram.bot_api import Api, bot_of, serving

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 100, 50) + b"pixels"
MIB = 1024 * 1024


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
async def ann(api: Api) -> Person:
    person = api.server.person("Ann")
    await person.says("hi")
    return person


async def sent(api: Api, ann: Person, text: str, **values: Any) -> dict[str, Any]:
    message: dict[str, Any] = await api.call("sendMessage", chat_id=ann.id, text=text, **values)
    return message


async def refused(api: Api, ann: Person, text: str, **values: Any) -> str:
    return await api.refused("sendMessage", chat_id=ann.id, text=text, **values)


async def last(api: Api, kind: str = "message") -> dict[str, Any]:
    api.clock.advance(timedelta(seconds=10))
    body: dict[str, Any] = (await api.updates(offset=-1))[0][kind]
    return body


@pytest.mark.parametrize(
    "text",
    ["x" * 4096, "🙂" * 2048, "<b>" + "x" * 4096 + "</b>"],
    ids=["letters", "emoji", "html"],
)
async def test_text_of_4096_units_after_parsing_is_taken(api: Api, ann: Person, text: str) -> None:
    mode = "HTML" if text.startswith("<") else ""
    assert await sent(api, ann, text, parse_mode=mode)


@pytest.mark.parametrize("text", ["x" * 4097, "🙂" * 2049], ids=["letters", "emoji"])
async def test_longer_text_is_refused_and_not_cut(api: Api, ann: Person, text: str) -> None:
    assert await refused(api, ann, text) == "Bad Request: message is too long"


async def test_caption_is_up_to_1024_and_may_be_empty(api: Api, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        assert (await bot.send_photo(ann.id, PNG, caption="x" * 1024)).caption == "x" * 1024
        assert (await bot.send_photo(ann.id, PNG)).caption is None
        with pytest.raises(BadRequest, match="Message caption is too long"):
            await bot.send_photo(ann.id, PNG, caption="x" * 1025)


async def test_empty_text_is_refused(api: Api, ann: Person) -> None:
    assert await refused(api, ann, "") == "Bad Request: message text is empty"
    assert await refused(api, ann, " \n") == "Bad Request: text must be non-empty"
    gone = await refused(api, ann, "<b></b>", parse_mode="HTML")
    assert gone == "Bad Request: text must be non-empty"


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("ж < 3", "Unclosed start tag at byte offset 3"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_html_that_cannot_be_parsed_refuses_the_whole_message(
    api: Api, ann: Person, html: str, reason: str
) -> None:
    refusal = await refused(api, ann, html, parse_mode="HTML")
    assert refusal == f"Bad Request: can't parse entities: {reason}"
    assert api.server.messages_in(ann) == []


async def test_unknown_parse_mode_is_refused(api: Api, ann: Person) -> None:
    assert await refused(api, ann, "x", parse_mode="BBCode") == (
        "Bad Request: unsupported parse_mode"
    )


async def test_html_becomes_entities_in_utf16_units(api: Api, ann: Person) -> None:
    html = (
        '🙂<b>bold <i>both</i></b> &lt;&amp;&gt; <a href="https://a.example/?x=1&amp;y">link</a> '
        '<pre><code class="language-python">x = 1</code></pre><tg-spoiler>s</tg-spoiler>'
        "<blockquote expandable>q</blockquote>"
    )
    message = await sent(api, ann, html, parse_mode="HTML")
    assert message["text"] == "🙂bold both <&> link x = 1sq"
    assert message["entities"] == [
        {"type": "bold", "offset": 2, "length": 9},
        {"type": "italic", "offset": 7, "length": 4},
        {"type": "text_link", "offset": 16, "length": 4, "url": "https://a.example/?x=1&y"},
        {"type": "pre", "offset": 21, "length": 5, "language": "python"},
        {"type": "spoiler", "offset": 26, "length": 1},
        {"type": "expandable_blockquote", "offset": 27, "length": 1},
    ]


async def test_given_entities_are_taken_as_the_library_sends_them(api: Api, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        message = await bot.send_message(
            ann.id, "🙂 bold", entities=[MessageEntity("bold", offset=3, length=4)]
        )
        assert message.parse_entities() == {message.entities[0]: "bold"}


@pytest.mark.parametrize(
    ("offset", "length", "reason"),
    [
        (
            1,
            5,
            "entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 3",
        ),
        (1, 2, "entity begins in a middle of a UTF-16 symbol at byte offset 1"),
        (0, 1, "entity ends in a middle of a UTF-16 symbol at byte offset 1"),
    ],
)
async def test_entities_that_do_not_fit_the_text_are_refused(
    api: Api, ann: Person, offset: int, length: int, reason: str
) -> None:
    entity = {"type": "bold", "offset": offset, "length": length}
    assert await refused(api, ann, "🙂x", entities=[entity]) == f"Bad Request: {reason}"


async def test_white_space_at_the_ends_goes_and_entities_move(api: Api, ann: Person) -> None:
    message = await sent(api, ann, "  <b>x </b>\n", parse_mode="HTML")
    assert message["text"] == "x"
    assert message["entities"] == [{"type": "bold", "offset": 0, "length": 1}]


async def test_commands_links_and_mentions_are_found_by_the_network(api: Api, ann: Person) -> None:
    await ann.says("/start go to https://a.example/x, ask @somebody or me@a.example")
    said = await last(api)
    found = [
        (one["type"], said["text"][one["offset"] : one["offset"] + one["length"]])
        for one in said["entities"]
    ]
    assert found == [
        ("bot_command", "/start"),
        ("url", "https://a.example/x"),
        ("mention", "@somebody"),
        ("email", "me@a.example"),
    ]


async def test_edited_message_comes_whole_with_its_edit_date(api: Api, ann: Person) -> None:
    post = await ann.says("one")
    api.clock.advance(timedelta(seconds=90))
    await ann.edits(post, "uno")
    edited = await last(api, "edited_message")
    assert (edited["text"], edited["message_id"]) == ("uno", post.message_id)
    assert edited["edit_date"] == edited["date"] + 90
    assert edited["from"]["id"] == ann.id


async def test_edited_caption_and_invisible_edit(api: Api, ann: Person) -> None:
    post = await ann.sends_photo(PNG, "one")
    await ann.edits(post, "uno")
    edited = await last(api, "edited_message")
    assert (edited["caption"], "text" in edited) == ("uno", False)
    await ann.touches(post)
    assert (await last(api, "edited_message"))["caption"] == "uno"


async def test_deleted_message_is_told_to_no_bot(api: Api, ann: Person) -> None:
    post = await ann.says("oops")
    before = await api.updates()
    await ann.deletes(post)
    api.clock.advance(timedelta(seconds=10))
    assert await api.updates() == before


async def test_edit_can_be_shown_before_its_message(api: Api, ann: Person) -> None:
    post = await ann.says("one", told=False)
    await ann.edits(post, "uno")
    ann.shows(post)
    kinds = [list(one)[1] for one in await api.updates()]
    assert kinds == ["message", "edited_message", "message"]


async def test_album_comes_as_separate_updates_with_one_media_group_id(
    api: Api, ann: Person
) -> None:
    photo = Medium(kind="photo", content=PNG)
    await ann.sends_album([photo, Medium(kind="photo", content=PNG, caption="both"), photo])
    messages = [one["message"] for one in (await api.updates())[1:]]
    assert len({one["message_id"] for one in messages}) == 3
    assert len({one["media_group_id"] for one in messages}) == 1
    assert [one.get("caption") for one in messages] == [None, "both", None]


async def test_sent_album_is_one_message_for_each_medium(api: Api, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        media = [InputMediaPhoto(PNG, caption="<b>a</b>", parse_mode="HTML"), InputMediaPhoto(PNG)]
        first, second = await bot.send_media_group(ann.id, media)
    assert first.media_group_id == second.media_group_id
    assert (first.caption, first.caption_entities[0].type) == ("a", "bold")
    assert len(api.server.messages_in(ann)) == 2


@pytest.mark.parametrize("count", [1, 11])
async def test_album_has_2_to_10_media(api: Api, ann: Person, count: int) -> None:
    async with bot_of(api.server) as bot:
        media = [InputMediaDocument(b"x", filename=f"{one}.txt") for one in range(count)]
        with pytest.raises(BadRequest, match="Album must include 2-10 messages"):
            await bot.send_media_group(ann.id, media)


@pytest.mark.parametrize(
    ("media", "refusal"),
    [
        (None, 'parameter "media" is required'),
        ("x", "can't parse media JSON object"),
        ({}, "expected an Array of InputMedia"),
        ([], "there are no messages to send"),
        ([{"type": "sticker"}] * 2, "can't use the media of the specified type in the album"),
    ],
    ids=["none", "text", "object", "empty", "stickers"],
)
async def test_album_is_a_list_of_media_of_four_kinds(
    api: Api, ann: Person, media: Any, refusal: str
) -> None:
    said = await api.refused("sendMediaGroup", chat_id=ann.id, media=media)
    assert said == f"Bad Request: {refusal}"


async def test_documents_go_only_with_documents_in_an_album(api: Api, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        document = InputMediaDocument(b"x", filename="a.txt")
        media: list[InputMediaDocument | InputMediaPhoto] = [document, InputMediaPhoto(PNG)]
        with pytest.raises(BadRequest, match="can't be mixed with other media types"):
            await bot.send_media_group(ann.id, media)
    assert api.server.messages_in(ann) == []


async def test_file_is_named_in_the_message_and_fetched_by_its_path(api: Api, ann: Person) -> None:
    await ann.sends_document(b"content", "letter.pdf", "application/pdf", caption="see")
    document = (await last(api))["document"]
    assert (document["file_name"], document["mime_type"]) == ("letter.pdf", "application/pdf")
    file = await api.call("getFile", file_id=document["file_id"])
    assert "letter" not in file["file_path"]
    async with bot_of(api.server) as bot:
        found = await bot.get_file(document["file_id"])
        assert bytes(await found.download_as_bytearray()) == b"content"


async def test_address_of_a_file_is_good_for_an_hour_and_then_asked_for_again(
    api: Api, ann: Person
) -> None:
    await ann.sends_voice(b"OggS")
    named = (await last(api))["voice"]["file_id"]
    path = (await api.call("getFile", file_id=named))["file_path"]
    url = f"{api.server.base_url}/file/bot{api.server.token}/{path}"
    for minutes, status in ((0, 200), (59, 200), (2, 404)):
        api.clock.advance(timedelta(minutes=minutes))
        async with api.http.get(url) as answer:
            assert answer.status == status
    assert (await api.call("getFile", file_id=named))["file_path"] == path
    async with api.http.get(url) as answer:
        assert await answer.read() == b"OggS"


async def test_file_over_20_mib_cannot_be_fetched(api: Api, ann: Person) -> None:
    await ann.sends_document(b"x", size=20 * MIB)
    assert await api.call("getFile", file_id=(await last(api))["document"]["file_id"])
    await ann.sends_document(b"x", size=20 * MIB + 1)
    document = (await last(api))["document"]
    assert document["file_size"] == 20 * MIB + 1
    too_big = await api.refused("getFile", file_id=document["file_id"])
    assert too_big == "Bad Request: file is too big"


async def test_file_id_is_good_for_one_bot_only(api: Api, ann: Person) -> None:
    other = api.server.add_bot("Other", "other_bot")
    group = api.server.supergroup("Both", ann)
    group.chat.members[other.id] = "administrator"
    await group.promotes_bot(ann)
    await ann.sends_document(b"x", where=group)
    ours = (await last(api))["document"]
    theirs = other.queue.waiting()[-1].body["document"]
    assert ours["file_unique_id"] == theirs["file_unique_id"]
    assert ours["file_id"] != theirs["file_id"]
    for wrong in (theirs["file_id"], ours["file_unique_id"], "nonsense"):
        assert await api.refused("getFile", file_id=wrong) == "Bad Request: invalid file_id"


async def test_file_can_be_sent_again_by_its_id_but_only_as_its_kind(api: Api, ann: Person) -> None:
    await ann.sends_document(b"x")
    named = (await last(api))["document"]["file_id"]
    again = await api.call("sendDocument", chat_id=ann.id, document=named)
    assert again["document"]["file_id"] == named
    wrong = await api.refused("sendPhoto", chat_id=ann.id, photo=named)
    assert wrong == "Bad Request: can't use file of type Document as Photo"


async def uploaded(api: Api, ann: Person, method: str, field: str, content: bytes) -> str:
    form = FormData()
    form.add_field("chat_id", str(ann.id))
    form.add_field(field, BytesIO(content), filename="a.png", content_type="image/png")
    url = f"{api.server.base_url}/bot{api.server.token}/{method}"
    async with api.http.post(url, data=form) as answer:
        body = await answer.json()
        return "" if body["ok"] else str(body["description"])


async def test_upload_is_up_to_50_mb_and_photos_up_to_10(api: Api, ann: Person) -> None:
    assert await uploaded(api, ann, "sendDocument", "document", bytes(11 * MIB)) == ""
    too_large = await uploaded(api, ann, "sendDocument", "document", bytes(51 * MIB))
    assert too_large == "Request Entity Too Large"
    photo = await uploaded(api, ann, "sendPhoto", "photo", PNG + bytes(10 * MIB))
    assert photo == "Bad Request: PHOTO_SAVE_FILE_INVALID"
    assert await uploaded(api, ann, "sendPhoto", "photo", PNG + bytes(9 * MIB)) == ""


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "file must be non-empty"),
        (b"no image", "IMAGE_PROCESS_FAILED"),
        (PNG.replace(struct.pack(">I", 100), struct.pack(">I", 9999)), "PHOTO_INVALID_DIMENSIONS"),
    ],
    ids=["empty", "text", "wide"],
)
async def test_photo_must_be_an_image_of_a_usual_shape(
    api: Api, ann: Person, content: bytes, refusal: str
) -> None:
    assert await uploaded(api, ann, "sendPhoto", "photo", content) == f"Bad Request: {refusal}"


async def test_every_kind_of_file_comes_back_as_what_it_is(api: Api, ann: Person) -> None:
    async with bot_of(api.server) as bot:
        assert (await bot.send_voice(ann.id, b"OggS")).voice
        assert (await bot.send_voice(ann.id, b"RIFF", filename="a.wav")).document
        assert (await bot.send_audio(ann.id, b"ID3", filename="a.mp3", title="T")).audio
        assert (await bot.send_video(ann.id, b"ftyp", filename="a.mp4")).video
        assert (await bot.send_video_note(ann.id, b"ftyp")).video_note
        animation = await bot.send_animation(ann.id, b"GIF89a", filename="a.gif")
        assert animation.animation
        assert animation.document
        assert (await bot.send_sticker(ann.id, b"RIFF")).sticker
        assert (await bot.send_location(ann.id, 52.5, 13.4)).location


async def test_arguments_may_come_in_the_query_or_as_a_form(api: Api, ann: Person) -> None:
    url = f"{api.server.base_url}/bot{api.server.token}/sendMessage"
    values = {"chat_id": str(ann.id), "text": "one & two"}
    async with api.http.get(url, params=values) as answer:
        assert (await answer.json())["ok"]
    async with api.http.post(url, data=values) as answer:
        assert (await answer.json())["ok"]
    assert [one.text for one in api.server.messages_in(ann)] == ["one & two"] * 2
