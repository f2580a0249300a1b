"""What the sandbox refuses, in the words of the real server, and how the library reads it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from connectors.telegram import sandbox_faults
from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, bot_of, serving, until


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
async def ann(api: Api) -> Person:
    person = api.server.person("Ann")
    await person.says("hi")
    return person


async def refused(api: Api, chat_id: int, **values: Any) -> str:
    return await api.refused("sendMessage", chat_id=chat_id, text="hello", **values)


async def raised(api: Api, chat_id: int) -> TelegramError:
    """What the library makes of it."""
    async with bot_of(api.server) as bot:
        with pytest.raises(TelegramError) as caught:
            await bot.send_message(chat_id, "hello")
    return caught.value


async def test_wrong_token_is_401_and_malformed_one_404(api: Api) -> None:
    for token, status in (("7000001:another-one", 401), ("no token", 404)):
        async with api.http.post(f"{api.server.base_url}/bot{token}/getMe") as answer:
            assert (answer.status, (await answer.json())["error_code"]) == (status, status)
    api.server.bot.token = "7000001:a-new-token"
    bot = bot_of(api.server)
    api.server.bot.token = "7000001:a-newer-token"
    with pytest.raises(InvalidToken):
        await bot.initialize()
    await bot.shutdown()


async def test_revoked_token_is_401_from_then_on(api: Api) -> None:
    assert await api.call("getMe")
    api.server.bot.is_revoked = True
    assert await api.refused("getMe") == "Unauthorized"


async def test_unknown_method_is_404(api: Api) -> None:
    assert await api.refused("sendNothing") == "Not Found: method not found"


async def test_methods_are_known_in_any_case_and_by_get(api: Api) -> None:
    url = f"{api.server.base_url}/bot{api.server.token}/GETME"
    async with api.http.get(url) as answer:
        assert (await answer.json())["result"]["username"] == "desk_bot"


async def test_migrated_group_is_400_with_the_new_id(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    new = await group.migrate()
    body = await api.answer("sendMessage", chat_id=group.id, text="hello")
    assert body == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": new.id},
    }
    error = await raised(api, group.id)
    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == new.id
    old_said, new_said = [one["message"] for one in (await api.updates())[-2:]]
    assert (old_said["chat"]["id"], old_said["migrate_to_chat_id"]) == (group.id, new.id)
    assert (new_said["chat"]["id"], new_said["migrate_from_chat_id"]) == (new.id, group.id)


async def test_ids_need_more_than_32_bits(api: Api, ann: Person) -> None:
    assert ann.id > 1 << 32
    assert api.server.supergroup("S", ann).id < -(1 << 32)


async def test_blocked_bot_is_403_until_it_is_unblocked(api: Api, ann: Person) -> None:
    await ann.blocks()
    assert isinstance(await raised(api, ann.id), Forbidden)
    assert await refused(api, ann.id) == "Forbidden: bot was blocked by the user"
    await ann.unblocks()
    assert await api.call("sendMessage", chat_id=ann.id, text="again")
    changes = [one["my_chat_member"] for one in await api.updates() if "my_chat_member" in one]
    states = [
        (one["old_chat_member"]["status"], one["new_chat_member"]["status"]) for one in changes
    ]
    assert states == [("member", "kicked"), ("kicked", "member")]


async def test_who_writes_again_has_unblocked_the_bot(api: Api, ann: Person) -> None:
    await ann.blocks()
    await ann.says("back")
    assert [list(one)[1] for one in await api.updates()] == [
        "message",
        "my_chat_member",
        "my_chat_member",
        "message",
    ]
    assert await api.call("sendMessage", chat_id=ann.id, text="again")


async def test_deactivated_person_is_403(api: Api, ann: Person) -> None:
    await ann.deactivates()
    assert await refused(api, ann.id) == "Forbidden: user is deactivated"


async def test_bot_cannot_begin_a_conversation(api: Api, ann: Person) -> None:
    stranger, neighbour = api.server.person("Sid"), api.server.person("Ned")
    api.server.group("Both", ann, neighbour)
    assert await refused(api, stranger.id) == "Bad Request: chat not found"
    cannot = "Forbidden: bot can't initiate conversation with a user"
    assert await refused(api, neighbour.id) == cannot


@pytest.mark.parametrize(
    ("kind", "named"), [("group", "group chat"), ("supergroup", "supergroup chat")]
)
async def test_bot_shut_out_of_a_group_is_403(api: Api, ann: Person, kind: str, named: str) -> None:
    group = getattr(api.server, kind)("Traders", ann)
    await group.removes_bot(ann)
    assert await refused(api, group.id) == f"Forbidden: bot is not a member of the {named}"
    await group.kicks_bot(ann)
    assert await refused(api, group.id) == f"Forbidden: bot was kicked from the {named}"
    await group.adds_bot(ann)
    assert await api.call("sendMessage", chat_id=group.id, text="back")


async def test_bot_kicked_from_a_channel_and_deleted_group_are_403(api: Api, ann: Person) -> None:
    channel = api.server.channel("News")
    channel.chat.members[api.server.bot.id] = "kicked"
    kicked = "Forbidden: bot was kicked from the channel chat"
    assert await refused(api, channel.id) == kicked
    group = api.server.group("Traders", ann)
    await group.deletes()
    assert await refused(api, group.id) == "Forbidden: the group chat was deleted"


async def test_wait_is_429_with_the_seconds_in_parameters_and_header(
    api: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.server.faults.add(sandbox_faults.wait(7))
    body = await api.answer("sendMessage", chat_id=ann.id, text="hello")
    assert body["description"] == "Too Many Requests: retry after 7"
    assert body["parameters"] == {"retry_after": 7}
    assert (api.status, api.headers["Retry-After"]) == (429, "7")
    api.server.faults.add(sandbox_faults.wait(7))
    # Without it the library warns that seconds will be a timedelta one day.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    error = await raised(api, ann.id)
    assert isinstance(error, RetryAfter)
    assert error.retry_after == timedelta(seconds=7)


async def test_one_message_a_second_in_a_chat(api: Api, ann: Person) -> None:
    api.server.limits.is_enforced = True
    bob = api.server.person("Bob")
    await bob.says("hi")
    await api.call("sendMessage", chat_id=ann.id, text="1")
    assert await refused(api, ann.id) == "Too Many Requests: retry after 1"
    assert await api.call("sendMessage", chat_id=bob.id, text="elsewhere")
    api.clock.advance(timedelta(seconds=1))
    assert await api.call("sendMessage", chat_id=ann.id, text="2")


async def test_20_messages_a_minute_in_a_group(api: Api, ann: Person) -> None:
    api.server.limits.is_enforced = True
    group = api.server.group("Traders", ann)
    for number in range(20):
        await api.call("sendMessage", chat_id=group.id, text=str(number))
        api.clock.advance(timedelta(seconds=1))
    assert await refused(api, group.id) == "Too Many Requests: retry after 40"
    api.clock.advance(timedelta(seconds=39))
    assert await refused(api, group.id) == "Too Many Requests: retry after 1"
    api.clock.advance(timedelta(seconds=1))
    assert await api.call("sendMessage", chat_id=group.id, text="now")


async def test_30_messages_a_second_in_all(api: Api) -> None:
    api.server.limits.is_enforced = True
    people = [api.server.person(f"P{number}") for number in range(31)]
    for person in people:
        await person.says("hi")
    for person in people[:30]:
        await api.call("sendMessage", chat_id=person.id, text="hello")
    assert await refused(api, people[30].id) == "Too Many Requests: retry after 1"


async def test_limits_are_off_until_they_are_switched_on(api: Api, ann: Person) -> None:
    for _ in range(3):
        await api.call("sendMessage", chat_id=ann.id, text="hello")


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": 12345}, "chat not found"),
        ({"chat_id": "@nobody"}, "chat not found"),
        ({"reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"message_thread_id": 999}, "message thread not found"),
        ({"business_connection_id": "none"}, "business connection not found"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "y" * 65}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_bad_request_says_what_was_wrong(
    api: Api, ann: Person, values: dict[str, Any], refusal: str
) -> None:
    asked = {"chat_id": ann.id, "text": "hello", **values}
    assert await api.refused("sendMessage", **asked) == f"Bad Request: {refusal}"
    assert api.server.messages_in(ann) == []


async def test_answer_to_a_deleted_message_goes_out_if_that_is_allowed(
    api: Api, ann: Person
) -> None:
    reply = {"message_id": 999, "allow_sending_without_reply": True}
    assert await api.call("sendMessage", chat_id=ann.id, text="x", reply_parameters=reply)


async def test_edit_without_a_change_is_refused(api: Api, ann: Person) -> None:
    sent = await api.call("sendMessage", chat_id=ann.id, text="one")
    where = {"chat_id": ann.id, "message_id": sent["message_id"]}
    async with bot_of(api.server) as bot:
        with pytest.raises(BadRequest, match="Message is not modified: specified new message"):
            await bot.edit_message_text("one", **where)
    edited = await api.call("editMessageText", text="two", **where)
    assert (edited["text"], "edit_date" in edited) == ("two", True)


async def test_only_own_messages_with_a_text_can_be_edited(api: Api, ann: Person) -> None:
    theirs = await ann.says("mine")
    place = {"chat_id": ann.id, "text": "x"}
    cannot = await api.refused("editMessageText", message_id=theirs.message_id, **place)
    assert cannot == "Bad Request: message can't be edited"
    gone = await api.refused("editMessageText", message_id=999, **place)
    assert gone == "Bad Request: message to edit not found"
    sent = await api.call("sendLocation", chat_id=ann.id, latitude=1, longitude=2)
    no_text = await api.refused("editMessageText", message_id=sent["message_id"], **place)
    assert no_text == "Bad Request: there is no text in the message to edit"


async def test_message_can_be_deleted_once_and_within_48_hours(api: Api, ann: Person) -> None:
    first = await api.call("sendMessage", chat_id=ann.id, text="one")
    second = await api.call("sendMessage", chat_id=ann.id, text="two")
    place = {"chat_id": ann.id, "message_id": first["message_id"]}
    assert await api.call("deleteMessage", **place) is True
    gone = await api.refused("deleteMessage", **place)
    assert gone == "Bad Request: message to delete not found"
    api.clock.advance(timedelta(hours=49))
    late = await api.refused("deleteMessage", chat_id=ann.id, message_id=second["message_id"])
    assert late == "Bad Request: message can't be deleted"


async def test_in_a_group_only_administrators_delete_what_others_said(
    api: Api, ann: Person
) -> None:
    group = api.server.group("Traders", ann)
    theirs = await ann.says("spam", where=group)
    place = {"chat_id": group.id, "message_id": theirs.message_id}
    cannot = await api.refused("deleteMessage", **place)
    assert cannot == "Bad Request: message can't be deleted"
    await group.promotes_bot(ann)
    assert await api.call("deleteMessage", **place) is True


async def test_pressed_button_is_answered_once_and_not_late(api: Api, ann: Person) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await api.call("sendMessage", chat_id=ann.id, text="?", reply_markup=keyboard)
    (post,) = api.server.messages_in(ann)
    old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    query = await ann.presses(post, "Yes")
    assert await api.call("answerCallbackQuery", callback_query_id=query, text="Thanks") is True
    assert api.server.network.answers[query]["text"] == "Thanks"
    assert await api.refused("answerCallbackQuery", callback_query_id=query) == old
    late = await ann.presses(post, "Yes")
    api.clock.advance(timedelta(hours=1))
    assert await api.refused("answerCallbackQuery", callback_query_id=late) == old


async def test_reaction_is_one_of_a_few(api: Api, ann: Person) -> None:
    post = await ann.says("nice")
    place = {"chat_id": ann.id, "message_id": post.message_id}
    one = {"type": "emoji", "emoji": "👍"}
    assert await api.call("setMessageReaction", reaction=[one], **place) is True
    assert post.reactions[api.server.bot.id] == [one]
    odd = {"type": "emoji", "emoji": "🥦"}
    invalid = await api.refused("setMessageReaction", reaction=[odd], **place)
    assert invalid == "Bad Request: REACTION_INVALID"


async def test_chat_action_must_be_one_that_there_is(api: Api, ann: Person) -> None:
    await api.call("sendChatAction", chat_id=ann.id, action="typing")
    assert api.server.network.signs == [(ann.id, "typing")]
    wrong = await api.refused("sendChatAction", chat_id=ann.id, action="thinking")
    assert wrong == "Bad Request: wrong parameter action in request"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_5xx_is_a_network_error(api: Api, ann: Person, status: int) -> None:
    api.server.faults.add(sandbox_faults.Break(status=status))
    error = await raised(api, ann.id)
    assert isinstance(error, NetworkError)
    assert not isinstance(error, BadRequest)
    assert api.server.messages_in(ann) == []


async def test_no_call_goes_unnoticed(api: Api, ann: Person) -> None:
    await api.call("sendMessage", chat_id=ann.id, text="one")
    await refused(api, 1)
    assert [one.status for one in api.server.calls("sendMessage")] == [200, 400]
    assert api.server.calls("sendMessage")[0].values["text"] == "one"
    assert api.server.calls("sendMessage")[0].at == api.clock.now()


async def test_call_that_hangs_is_noticed_before_it_is_answered(api: Api, ann: Person) -> None:
    poll = api.polling(timeout=5)
    await until(lambda: api.server.calls("getUpdates"))
    await poll
    assert api.server.calls("getUpdates")[0].status == 200
