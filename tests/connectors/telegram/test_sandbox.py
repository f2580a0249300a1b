"""The sandbox can be played by its form, stopped, and started again."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.telegram.sandbox import TelegramSandbox
from connectors.telegram.sandbox_places import IN_GROUP, IN_TOPIC, PLACES, TO_BUSINESS, TO_CHANNEL
from core.sandbox import SandboxAttachment, SandboxLine

ANN = "5000000077"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 100, 50) + b"pixels"


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[TelegramSandbox]:
    sandbox = TelegramSandbox()
    await sandbox.start(folder)
    yield sandbox
    await sandbox.stop()
    await sandbox.stop()


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[TelegramSandbox]:
    async with played(tmp_path) as made:
        yield made


async def call(sandbox: TelegramSandbox, method: str, **values: Any) -> Any:
    config = sandbox.account_config()
    url = f"{config['api_base_url']}/bot{config['token']}/{method}"
    async with aiohttp.ClientSession() as http, http.post(url, json=values) as answer:
        body = await answer.json()
        assert body["ok"], body
        return body["result"]


def line(text: str, **changes: Any) -> SandboxLine:
    fields: dict[str, Any] = {"person": "Ann Lee", "address": ANN, "text": text, **changes}
    return SandboxLine(**fields)


async def updates(sandbox: TelegramSandbox, offset: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await call(sandbox, "getUpdates", offset=offset)
    return found


async def test_line_comes_from_the_person_with_this_number(sandbox: TelegramSandbox) -> None:
    await sandbox.say(line("hi"))
    (update,) = await updates(sandbox)
    sender = update["message"]["from"]
    assert (sender["id"], sender["first_name"], sender["last_name"]) == (int(ANN), "Ann", "Lee")
    assert update["message"]["chat"]["type"] == "private"


async def test_another_name_for_the_same_number_renames_the_person(
    sandbox: TelegramSandbox,
) -> None:
    await sandbox.say(line("one"))
    await sandbox.say(line("two", person="Anna"))
    first, second = [one["message"]["from"] for one in await updates(sandbox)]
    assert (first["id"], first["first_name"], second["first_name"]) == (
        second["id"],
        "Ann",
        "Anna",
    )
    assert "last_name" not in second


async def test_person_hears_the_answer_and_nobody_else_does(sandbox: TelegramSandbox) -> None:
    await sandbox.say(line("hi"))
    await call(sandbox, "sendMessage", chat_id=ANN, text="hello")
    assert [one.text for one in await sandbox.heard(ANN)] == ["hello"]
    assert await sandbox.heard("nobody@nowhere.example") == ()


async def test_somebody_without_a_number_has_always_the_same_one(
    sandbox: TelegramSandbox,
) -> None:
    for text in ("one", "two"):
        await sandbox.say(line(text, address="marco@people.example"))
    first, second = await updates(sandbox)
    assert first["message"]["from"] == second["message"]["from"]


async def test_line_for_a_group_is_said_there(sandbox: TelegramSandbox) -> None:
    await sandbox.say(line("hi all", place=IN_GROUP))
    await sandbox.say(line("me too", place=IN_GROUP, address="5000000078"))
    first, second = [one["message"] for one in await updates(sandbox)]
    assert (first["chat"]["type"], first["chat"]["title"]) == ("group", "Traders")
    assert first["chat"] == second["chat"]
    await call(sandbox, "sendMessage", chat_id=first["chat"]["id"], text="welcome")
    assert [(one.subject, one.text) for one in await sandbox.heard(ANN)] == [("Traders", "welcome")]


async def test_form_offers_every_kind_of_place(sandbox: TelegramSandbox) -> None:
    (field,) = [one for one in sandbox.fields() if one.name == "place"]
    assert field.choices == PLACES
    assert field.default in field.choices
    for place in PLACES:
        await sandbox.say(line(f"at {place}", place=place))
    bodies = [one for update in await updates(sandbox) for one in update.values()]
    said = [one for one in bodies if isinstance(one, dict) and "text" in one]
    assert [one["text"] for one in said] == [f"at {place}" for place in PLACES]
    private, group, topic, channel, business = said
    assert (private["chat"]["type"], group["chat"]["type"]) == ("private", "group")
    assert topic["is_topic_message"] is True
    assert channel["direct_messages_topic"]["topic_id"] == int(ANN)
    assert business["business_connection_id"]
    with pytest.raises(ValueError, match="there is no place"):
        await sandbox.say(line("x", place="Elsewhere"))


async def test_answers_in_every_place_are_heard(sandbox: TelegramSandbox) -> None:
    for place in (TO_CHANNEL, TO_BUSINESS):
        await sandbox.say(line("hi", place=place))
    channel, _, business = [list(one.values())[1] for one in await updates(sandbox)]
    topic = {"direct_messages_topic_id": int(ANN)}
    await call(sandbox, "sendMessage", chat_id=channel["chat"]["id"], text="news", **topic)
    connection = {"business_connection_id": business["business_connection_id"]}
    await call(sandbox, "sendMessage", chat_id=ANN, text="shop", **connection)
    assert sorted(one.text for one in await sandbox.heard(ANN)) == ["news", "shop"]
    await sandbox.say(line("hi", place=TO_CHANNEL, address="5000000078"))
    assert await sandbox.heard("5000000078") == []


async def test_files_come_with_the_text_as_caption(sandbox: TelegramSandbox) -> None:
    photo = SandboxAttachment(name="a.png", content=PNG, media_type="image/png")
    note = SandboxAttachment(name="n.txt", content=b"note", media_type="text/plain")
    await sandbox.say(line("look", attachments=(photo,)))
    await sandbox.say(line("both", attachments=(note, photo)))
    single, first, second = [one["message"] for one in await updates(sandbox)]
    assert (single["photo"][-1]["width"], single["caption"]) == (100, "look")
    assert (first["document"]["file_name"], first["caption"]) == ("n.txt", "both")
    assert first["media_group_id"] == second["media_group_id"]


async def test_text_of_a_button_presses_it(sandbox: TelegramSandbox) -> None:
    await sandbox.say(line("hi"))
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await call(sandbox, "sendMessage", chat_id=ANN, text="Sure?", reply_markup=keyboard)
    assert [one.text for one in await sandbox.heard(ANN)] == ["Sure?\n[Yes]"]
    await sandbox.say(line("Yes"))
    last = (await updates(sandbox, offset=-1))[0]
    assert last["callback_query"]["data"] == "y"


async def test_person_blocks_the_bot_and_lets_it_write_again_by_a_line(
    sandbox: TelegramSandbox,
) -> None:
    for text in ("hi", "/block", "/unblock"):
        await sandbox.say(line(text))

    told = [one["my_chat_member"] for one in await updates(sandbox) if "my_chat_member" in one]
    assert [one["new_chat_member"]["status"] for one in told] == ["kicked", "member"]


async def test_line_without_anything_is_refused(sandbox: TelegramSandbox) -> None:
    with pytest.raises(ValueError, match="needs a text"):
        await sandbox.say(line(" "))


async def test_last_words_in_a_place_are_changed_there(sandbox: TelegramSandbox) -> None:
    await sandbox.say(line("in private"))
    await sandbox.say(line("to all", place=IN_GROUP))
    await sandbox.say(line("of another", address="5000000078", place=IN_GROUP))

    await sandbox.change_last(line("to all of you", place=IN_GROUP))

    told = await updates(sandbox)
    (edited,) = [one["edited_message"] for one in told if "edited_message" in one]
    assert (edited["text"], edited["from"]["id"]) == ("to all of you", int(ANN))
    assert edited["chat"]["title"] == "Traders"
    with pytest.raises(ValueError, match="nothing there yet"):
        await sandbox.change_last(line("nowhere", place=IN_TOPIC))


async def test_restart_keeps_what_was_said_and_who_may_ask(tmp_path: Path) -> None:
    note = SandboxAttachment(name="n.txt", content=b"note", media_type="text/plain")
    async with played(tmp_path) as sandbox:
        config = sandbox.account_config()
        await sandbox.say(line("read"))
        (read,) = await updates(sandbox)
        await sandbox.say(line("unread", attachments=(note,)))
        await call(sandbox, "getUpdates", offset=read["update_id"] + 1, timeout=0)
        await call(sandbox, "sendMessage", chat_id=ANN, text="hello")
        await sandbox.say(line("in a group", place=IN_GROUP))
    async with played(tmp_path) as sandbox:
        assert sandbox.account_config()["token"] == config["token"]
        assert [one.text for one in await sandbox.heard(ANN)] == ["hello"]
        unread, grouped = await updates(sandbox)
        assert unread["update_id"] == read["update_id"] + 1
        assert unread["message"]["caption"] == "unread"
        assert grouped["message"]["chat"]["title"] == "Traders"
        file = await call(sandbox, "getFile", file_id=unread["message"]["document"]["file_id"])
        token = config["token"]
        url = f"{sandbox.server.base_url}/file/bot{token}/{file['file_path']}"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert await answer.read() == b"note"
        await sandbox.say(line("again", place=IN_GROUP))
        later = (await updates(sandbox, offset=-1))[0]
        assert later["update_id"] == grouped["update_id"] + 1
        assert later["message"]["chat"] == grouped["message"]["chat"]
        assert later["message"]["message_id"] == grouped["message"]["message_id"] + 1


async def test_restart_keeps_blocks_edits_and_wanted_kinds(tmp_path: Path) -> None:
    async with played(tmp_path) as sandbox:
        await call(sandbox, "getUpdates", allowed_updates=["message", "message_reaction"])
        await sandbox.say(line("hi"))
        sent = await call(sandbox, "sendMessage", chat_id=ANN, text="one")
        await call(
            sandbox, "editMessageText", chat_id=ANN, message_id=sent["message_id"], text="two"
        )
        await sandbox.person(ANN).blocks()
    async with played(tmp_path) as sandbox:
        assert [one.text for one in await sandbox.heard(ANN)] == ["two"]
        ann = sandbox.person(ANN)
        assert ann.chat.members[sandbox.server.bot.id] == "kicked"
        await ann.reacts(sandbox.server.messages_in(ann)[0], "👍")
        assert "message_reaction" in (await updates(sandbox, offset=-1))[0]


async def test_polls_that_bring_nothing_write_nothing(tmp_path: Path) -> None:
    async with played(tmp_path) as sandbox:
        await call(sandbox, "getUpdates", allowed_updates=["message"])
        before = (tmp_path / "network.jsonl").read_bytes()
        await call(sandbox, "getUpdates", allowed_updates=["message"], offset=1)
        assert (tmp_path / "network.jsonl").read_bytes() == before
        await call(sandbox, "getUpdates", allowed_updates=["message", "callback_query"])
        assert (tmp_path / "network.jsonl").read_bytes() != before


async def test_half_written_line_of_a_killed_process_is_passed_over(tmp_path: Path) -> None:
    async with played(tmp_path) as sandbox:
        await sandbox.say(line("hi"))
    journal = tmp_path / "network.jsonl"
    journal.write_bytes(journal.read_bytes() + b'["update/99",{"upd')
    async with played(tmp_path) as sandbox:
        assert len(await updates(sandbox)) == 1


async def test_nobody_else_may_read_the_folder_with_the_token(tmp_path: Path) -> None:
    async with played(tmp_path) as sandbox:
        secret = sandbox.account_config()["token"].partition(":")[2]
        journal = tmp_path / "network.jsonl"
        assert secret in journal.read_text()
        assert journal.stat().st_mode & 0o077 == 0


async def test_port_is_the_same_after_a_restart_if_it_is_free(tmp_path: Path) -> None:
    async with played(tmp_path) as sandbox:
        before = sandbox.server.base_url
    async with played(tmp_path) as sandbox:
        assert sandbox.server.base_url == before


async def test_nothing_after_a_restart_has_an_id_from_before(tmp_path: Path) -> None:
    files = (SandboxAttachment(name="a.txt", content=b"a"),) * 2
    albums: list[str] = []
    chats: list[int] = []
    for place in (IN_TOPIC, TO_CHANNEL):
        async with played(tmp_path) as sandbox:
            if not albums:
                # Somebody whom the sandbox looks at and who says nothing is not kept.
                assert sandbox.person("5000000099").chat.posts == {}
            await sandbox.say(line("two", place=place, attachments=files))
            message = (await updates(sandbox, offset=-1))[0]["message"]
            albums.append(message["media_group_id"])
            chats.append(message["chat"]["id"])
            ours = [one.id for one in sandbox.server.network.chats.values()]
            assert len(ours) == len(set(ours))
    assert albums[0] != albums[1]
    assert chats[0] != chats[1]
