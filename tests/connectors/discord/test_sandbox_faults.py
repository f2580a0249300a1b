"""What breaks at the sandbox breaks as it does at Discord, and discord.py reacts as known."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_faults import Answer
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import (
    PATIENCE,
    ListeningClient,
    listening,
    logged_in,
    pointed_at,
    served,
)

SEND = "POST /channels/{channel}/messages"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's waits between its tries take no time."""
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        await real(0 if seconds >= 0.05 else seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("status", [500, 502, 504, 524])
async def test_discord_py_posts_again_on_these_with_one_nonce(status: int) -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.add(status=status, takes_effect=True, route=SEND, times=4)
        await person.send("hello")
        sent = [one for one in server.requests if one.route == SEND]
        assert [one.status for one in sent] == [status] * 4 + [200]
        assert len({one.body["nonce"] for one in sent}) == 1
        assert all(one.body["enforce_nonce"] for one in sent)
        assert len(server.said_by_bot(server.find_person(person.id))) == 1


@pytest.mark.usefixtures("hurried")
async def test_discord_py_gives_up_after_five_tries() -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.add(status=502, route=SEND, times=9)
        with pytest.raises(discord.DiscordServerError):
            await person.send("hello")
        assert len([one for one in server.requests if one.route == SEND]) == 5


async def test_discord_py_does_not_repeat_503() -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.add(status=503, route=SEND)
        with pytest.raises(discord.DiscordServerError):
            await person.send("hello")
        assert len([one for one in server.requests if one.route == SEND]) == 1


async def test_discord_py_makes_a_new_nonce_for_each_send_unless_one_is_given() -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.send("a")
        await person.send("b")
        await person.send("c", nonce="ours")
        nonces = [one.body["nonce"] for one in server.requests if one.route == SEND]
        assert nonces[2] == "ours"
        assert len(set(nonces)) == 3


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_line_that_breaks_before_the_answer_may_have_had_effect(takes_effect: bool) -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        server.faults.add(answer=Answer.CUT, takes_effect=takes_effect, route=SEND)
        with pytest.raises(aiohttp.ClientError):
            await rest.say(channel.id)
        assert len(server.messages_in(channel)) == takes_effect
        assert server.requests[-1].status is None
        assert (await rest.say(channel.id)).status == 200


@pytest.mark.parametrize("takes_effect", [True, False])
async def test_request_that_hangs_may_have_had_effect(takes_effect: bool) -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        server.faults.add(answer=Answer.HANG, takes_effect=takes_effect, route=SEND)
        asked = asyncio.create_task(rest.say(channel.id))
        async with asyncio.timeout(PATIENCE):
            while server.faults.rest:  # noqa: ASYNC110 - a test looks at what has no event
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert not asked.done()
        asked.cancel()
        assert len(server.messages_in(channel)) == takes_effect


async def test_fault_waits_for_its_route_and_is_used_up() -> None:
    async with served() as server, asking(server) as rest:
        server.faults.add(status=401, route="GET /gateway/bot", times=2)
        statuses = [(await rest.get(path)).status for path in ("/users/@me", *["/gateway/bot"] * 3)]
        assert statuses == [200, 401, 401, 200]


async def test_discord_py_start_dies_if_the_gateway_is_down_at_the_first_connect() -> None:
    async with served() as server:
        await server.gateway_goes_down()
        client = ListeningClient()
        async with pointed_at(server):
            with pytest.raises(AttributeError):
                await client.start(server.token)
            await client.close()


@pytest.mark.usefixtures("hurried")
async def test_discord_py_reconnects_by_itself_when_the_gateway_was_there_once() -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        await server.gateway_goes_down()
        await client.first("disconnect")
        await ann.writes_dm("meanwhile")
        await server.gateway_comes_back()
        await client.message("meanwhile")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (4004, discord.ConnectionClosed),
        (4013, discord.ConnectionClosed),
        (4014, discord.PrivilegedIntentsRequired),
    ],
)
async def test_discord_py_stops_at_codes_after_which_nobody_reconnects(
    code: int, error: type[Exception]
) -> None:
    async with served() as server:
        server.faults.gateway.identify_close = code
        client = ListeningClient()
        async with pointed_at(server):
            await client.login(server.token)
            with pytest.raises(error):
                await client.connect()
            await client.close()


async def test_discord_py_fails_to_log_in_with_a_wrong_token() -> None:
    async with served() as server, pointed_at(server):
        client = ListeningClient()
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
        await client.close()


async def test_discord_py_raises_a_refused_connection_at_once() -> None:
    async with served() as server, logged_in(server) as client:
        await server.stop()
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.fetch_user(1)
