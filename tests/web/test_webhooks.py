"""Calls of networks reach the connector of the account whose address they know, and no other."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from core.connector import Manifest
from router.runtime.registry import ChannelEntry, Registry
from router.storage.engine import Database
from tests.services.builders import make_account
from tests.web.desk import Answered
from tests.web.hooked import MANIFEST
from tests.web.visiting import Chat, open_chat


@pytest.fixture
async def hooked(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    manifest = msgspec.convert(MANIFEST, Manifest)
    registry = Registry([ChannelEntry(channel="hooked", manifest=manifest)])
    async with open_chat(database, tmp_path, registry=registry) as chat:
        await make_account(database, channel="hooked")
        await chat.doors.refresh()
        yield chat


async def call(chat: Chat, path: str, method: str = "POST", body: bytes = b"") -> Answered:
    hook = await chat.value("select hook_token from accounts")
    url = chat.url(f"/hooks/{hook}/{path}")
    headers = {"X-Update": "7", "Content-Type": "text/plain"}
    # A network's server is no browser: no Origin, no cookie, no token of ours.
    async with chat.http.request(method, url, data=io.BytesIO(body), headers=headers) as response:
        return Answered(response, await response.read())


async def test_call_is_answered_once_what_it_brought_is_committed(hooked: Chat) -> None:
    answered = await call(hooked, "update", body="Привет".encode())

    assert answered.status == 202
    assert answered.headers["X-Taken"] == "POST"
    assert await hooked.value("select text from messages") == "Привет"


async def test_same_update_twice_is_one_message(hooked: Chat) -> None:
    await call(hooked, "update", body=b"Hello")
    await call(hooked, "update", body=b"Hello")

    assert await hooked.value("select count(*) from messages") == 1


async def test_query_of_the_network_is_passed_on(hooked: Chat) -> None:
    answered = await call(hooked, "challenge?answer=42&hub.mode=subscribe", method="GET")

    assert (answered.status, answered.raw) == (200, b"42")
    assert answered.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(("path", "status"), [("later", 503), ("forged", 400), ("junk", 400)])
async def test_refusal_is_a_status_and_never_a_crash(hooked: Chat, path: str, status: int) -> None:
    assert (await call(hooked, path)).status == status


async def test_too_large_a_call_is_refused(hooked: Chat) -> None:
    assert (await call(hooked, "update", body=b"x" * (10 * 1024 * 1024 + 1))).status == 413


async def test_unknown_address_is_not_found(hooked: Chat) -> None:
    url = hooked.url("/hooks/nobody-knows/update")
    async with hooked.http.post(url) as response:
        assert response.status == 404


async def test_site_without_webhooks_is_not_found(chat: Chat) -> None:
    site = await chat.site()
    async with chat.http.post(chat.url(f"/hooks/{site.hook}/update")) as response:
        assert response.status == 404
