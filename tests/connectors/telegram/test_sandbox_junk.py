"""What nobody should send to the sandbox is refused or ignored, and never breaks it."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.telegram.sandbox_answers import Refusal
from connectors.telegram.sandbox_arguments import to_arguments
from connectors.telegram.sandbox_methods import METHODS
from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
async def ann(api: Api) -> Person:
    person = api.server.person("Ann")
    await person.says("hi")
    return person


JUNK: tuple[Any, ...] = (
    "",
    "x",
    -1,
    1 << 70,
    None,
    [],
    {},
    [1],
    ["x"],
    [{}],
    {"message_id": "x"},
    {"inline_keyboard": [[{"text": "x", "url": 1}]]},
    {"inline_keyboard": [["x"]]},
    [{"type": "photo", "media": "attach://none"}, {"type": "photo", "media": 1}],
    [{"type": "bold", "offset": "x", "length": 1}],
    [{"type": ["bold"], "offset": 0, "length": 1}],
    [{"type": "emoji", "emoji": []}],
    "\ud800",
)
NAMES = (
    *("chat_id", "message_id", "text", "caption", "entities", "caption_entities", "parse_mode"),
    *("reply_markup", "reply_parameters", "message_thread_id", "media", "photo", "document"),
    *("reaction", "commands", "offset", "limit", "url", "allowed_updates", "user_id", "file_id"),
    *(
        "latitude",
        "longitude",
        "business_connection_id",
        "callback_query_id",
        "action",
        "name",
        "message_ids",
    ),
)


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_junk_in_any_argument_is_refused_or_ignored(
    api: Api, ann: Person, method: str
) -> None:
    post = await api.call("sendMessage", chat_id=ann.id, text="x")
    usual = {"chat_id": ann.id, "message_id": post["message_id"], "text": "y"}
    for name in NAMES:
        for junk in JUNK:
            api.clock.advance(timedelta(seconds=10))
            arguments = to_arguments({**usual, name: junk})
            with contextlib.suppress(Refusal):
                assert await api.server.perform(api.server.bot, method, arguments) is not None


async def test_body_that_cannot_be_read_is_a_bad_request(api: Api) -> None:
    url = f"{api.server.base_url}/bot{api.server.token}/getMe"
    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx"),
        ("application/json", b"{"),
        ("application/json", b"[1]"),
        ("application/json", b"\xff"),
    ):
        async with api.http.post(url, data=body, headers={"Content-Type": kind}) as answer:
            assert (answer.status, (await answer.json())["ok"]) == (400, False)
