"""What discord.py 2.7 does on a troubled network, as far as the connector must know it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_faults import Answer
from connectors.discord.sandbox_settings import Settings
from tests.connectors.discord.sandbox_client import (
    PATIENCE,
    listening,
    logged_in,
    quick,
    served,
)

SEND = "POST /channels/{channel}/messages"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it wanted to wait between its tries; that takes no time."""
    asked: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds >= 1:
            asked.append(seconds)
        await real(0 if seconds >= 0.05 else seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return asked


async def test_its_waits_between_five_tries_grow_by_2_s(waits: list[float]) -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.add(status=502, route=SEND, times=5)
        with pytest.raises(discord.DiscordServerError):
            await person.send("hello")
        assert waits == [1, 3, 5, 7, 9]
        # A claim on a message must outlive them, and the network's memory of the nonce too.
        assert sum(waits) < Settings().nonce_window.total_seconds()


async def test_it_raises_a_line_that_breaks_before_the_answer_at_once() -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.add(answer=Answer.CUT, takes_effect=True, route=SEND)
        with pytest.raises(aiohttp.ClientError):
            await person.send("hello")
        assert len([one for one in server.requests if one.route == SEND]) == 1
        assert len(server.said_by_bot(server.find_person(person.id))) == 1


@pytest.mark.parametrize("code", [4000, 4001, 4002, 4003, 4005, 4008])
async def test_it_resumes_after_these_close_codes(code: int) -> None:
    async with served() as server, listening(server) as client:
        server.gateway.close(code)
        await server.person("Ann").writes_dm("meanwhile")
        await client.message("meanwhile")
        assert len(server.gateway.identifies) == 1


@pytest.mark.parametrize("code", [4007, 4009])
async def test_it_begins_a_new_session_after_these_close_codes(code: int) -> None:
    async with served() as server, listening(server) as client:
        server.gateway.close(code)
        await client.until(lambda: len(client.all("connect")) == 2)
        await server.person("Ann").writes_dm("live")
        await client.message("live")
        assert len(server.gateway.identifies) == 2


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_it_does_not_reconnect_after_these_close_codes(code: int) -> None:
    async with served() as server, listening(server) as client:
        server.gateway.close(code)
        assert client.running is not None
        await asyncio.wait([client.running], timeout=PATIENCE)
        assert isinstance(client.running.exception(), discord.ClientException)
        assert (len(server.gateway.identifies), server.gateway.resumes) == (1, 0)


async def test_it_gives_up_on_silence_after_its_heartbeat_timeout_and_resumes() -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        # That of this connection alone: the next one has its 60 s.
        assert client.ws is not None
        client.ws._max_heartbeat_timeout = 0.05
        await ann.writes_dm("before")
        await client.message("before")
        server.faults.gateway.flows.clear()
        await ann.writes_dm("held")
        await client.first("disconnect")
        server.faults.clear()
        await client.message("held")
        await client.first("resumed")
        assert len(server.gateway.identifies) == 1


async def test_it_takes_no_notice_of_missing_acknowledgements_while_events_come() -> None:
    settings = quick(heartbeat_interval=0.02, silent_intervals=1_000)
    async with served(settings) as server, listening(server) as client:
        server.faults.gateway.misses_acks = True
        await client.until(lambda: server.faults.gateway.heartbeats > 8)
        await server.person("Ann").writes_dm("hello")
        await client.message("hello")
        assert client.all("disconnect") == []


async def test_it_fails_on_a_null_guild_id_which_is_never_sent() -> None:
    async with served() as server, listening(server) as client:
        said = await server.person("Ann").writes_dm("hello")
        await client.message("hello")
        shown: Any = {**server.objects.message(said.message), "guild_id": None}
        with pytest.raises(TypeError):
            client._connection.parse_message_create(shown)


async def test_its_edit_and_delete_of_unknown_messages_come_only_as_raw_events() -> None:
    async with served() as server:
        ann = server.person("Ann")
        said, other = await ann.writes_dm("before"), await ann.writes_dm("too")
        async with listening(server) as client:
            await ann.edits(said, "changed")
            await ann.deletes(other)
            assert (await client.first("raw_message_edit")).message_id == said.id
            assert (await client.first("raw_message_delete")).message_id == other.id
            assert (client.all("message_edit"), client.all("message_delete")) == ([], [])
