"""Faults of the sandbox: lost calls, lost answers, answers of others."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from connectors.telegram import sandbox_faults
from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, serving, until


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
async def ann(api: Api) -> Person:
    person = api.server.person("Ann")
    await person.says("hi")
    return person


def heard(api: Api, ann: Person) -> list[str]:
    return [one.text for one in api.server.messages_in(ann)]


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (sandbox_faults.CUT_BEFORE, []),
        (sandbox_faults.CUT_AFTER, ["one"]),
        (sandbox_faults.CUT_IN_ANSWER, ["one"]),
    ],
)
async def test_cut_connection_before_and_after_the_effect(
    api: Api, ann: Person, fault: sandbox_faults.Fault, arrived: list[str]
) -> None:
    api.server.faults.add(fault)
    with pytest.raises(aiohttp.ClientError):
        await api.call("sendMessage", chat_id=ann.id, text="one")
    assert heard(api, ann) == arrived
    assert api.server.calls("sendMessage")[0].status is None
    assert await api.call("sendMessage", chat_id=ann.id, text="two")


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [(sandbox_faults.HANG_BEFORE, []), (sandbox_faults.HANG_AFTER, ["one"])],
)
async def test_hanging_call_before_and_after_the_effect(
    api: Api, ann: Person, fault: sandbox_faults.Fault, arrived: list[str]
) -> None:
    api.server.faults.add(fault)
    call = asyncio.ensure_future(api.call("sendMessage", chat_id=ann.id, text="one"))
    await until(lambda: api.server.calls("sendMessage"))
    await until(lambda: heard(api, ann) == arrived)
    assert not call.done()
    api.server.release()
    with pytest.raises(aiohttp.ClientError):
        await call
    assert heard(api, ann) == arrived


async def test_server_stops_though_a_call_hangs(api: Api, ann: Person) -> None:
    api.server.faults.add(sandbox_faults.HANG_AFTER)
    call = asyncio.ensure_future(api.call("sendMessage", chat_id=ann.id, text="one"))
    await until(lambda: heard(api, ann))
    await api.server.stop()
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_fault_meets_the_next_call_that_fits_and_no_other(api: Api, ann: Person) -> None:
    bob = api.server.person("Bob")
    await bob.says("hi")
    api.server.faults.add(sandbox_faults.BLOCKED, chat=bob.id)
    assert await api.call("getMe")
    assert await api.call("sendMessage", chat_id=ann.id, text="one")
    assert await api.call("sendChatAction", chat_id=bob.id, action="typing")
    refusal = await api.refused("sendMessage", chat_id=bob.id, text="one")
    assert refusal == "Forbidden: bot was blocked by the user"
    assert await api.call("sendMessage", chat_id=bob.id, text="two")


async def test_fault_can_hold_for_a_while(api: Api) -> None:
    with api.server.faults.during(sandbox_faults.UNAUTHORIZED):
        assert await api.refused("getMe") == "Unauthorized"
        assert await api.refused("getUpdates") == "Unauthorized"
    assert await api.call("getMe")


@pytest.mark.parametrize(
    ("fault", "code", "description"),
    [
        (sandbox_faults.DEACTIVATED, 403, "Forbidden: user is deactivated"),
        (
            sandbox_faults.CANNOT_BEGIN,
            403,
            "Forbidden: bot can't initiate conversation with a user",
        ),
        (sandbox_faults.KICKED, 403, "Forbidden: bot was kicked from the group chat"),
        (
            sandbox_faults.NOT_A_MEMBER,
            403,
            "Forbidden: bot is not a member of the supergroup chat",
        ),
        (sandbox_faults.CHAT_DELETED, 403, "Forbidden: the group chat was deleted"),
        (sandbox_faults.CHAT_NOT_FOUND, 400, "Bad Request: chat not found"),
        (sandbox_faults.INTERNAL, 500, "Internal Server Error"),
        (sandbox_faults.refused("FILE_PARTS_INVALID"), 400, "Bad Request: FILE_PARTS_INVALID"),
    ],
)
async def test_refusal_has_the_words_of_the_real_server(
    api: Api, ann: Person, fault: sandbox_faults.Fault, code: int, description: str
) -> None:
    api.server.faults.add(fault)
    assert await api.refused("sendMessage", chat_id=ann.id, text="x") == description
    assert api.status == code


async def test_migration_can_be_told_without_a_group(api: Api, ann: Person) -> None:
    api.server.faults.add(sandbox_faults.migrated(-1009))
    body = await api.answer("sendMessage", chat_id=ann.id, text="x")
    assert body["parameters"] == {"migrate_to_chat_id": -1009}


async def test_page_of_a_gateway_is_no_json(api: Api) -> None:
    api.server.faults.add(sandbox_faults.BAD_GATEWAY, method="getMe")
    url = f"{api.server.base_url}/bot{api.server.token}/getMe"
    async with api.http.post(url) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")


async def test_download_can_break_off(api: Api, ann: Person) -> None:
    post = await ann.sends_document(b"x" * 1000)
    (update,) = await api.updates(offset=-1)
    assert update["message"]["message_id"] == post.message_id
    path = (await api.call("getFile", file_id=update["message"]["document"]["file_id"]))[
        "file_path"
    ]
    url = f"{api.server.base_url}/file/bot{api.server.token}/{path}"
    api.server.faults.add(sandbox_faults.CUT_IN_ANSWER, method="file")
    with pytest.raises(aiohttp.ClientPayloadError):
        async with api.http.get(url) as answer:
            await answer.read()
    async with api.http.get(url) as answer:
        assert await answer.read() == b"x" * 1000
