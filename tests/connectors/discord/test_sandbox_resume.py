"""Sessions outlive connections at the sandbox's gateway, and end when Discord's do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.sandbox_server import DiscordServer
from core.clock import FakeClock
from tests.connectors.discord.raw_gateway import RawGateway, greeted
from tests.connectors.discord.sandbox_client import listening, quick, served


async def _left(server: DiscordServer, code: int | None = 4000) -> tuple[dict[str, Any], int]:
    """A session whose client went away with this code; None: the line broke."""
    async with greeted(server) as gateway:
        ready = await gateway.identify()
        number = gateway.number
        if code is None:
            server.gateway.cut()
            await gateway.close_code()
        else:
            await gateway.socket.close(code=code)
    assert number is not None
    return ready, number


async def _resumes(server: DiscordServer, ready: dict[str, Any], number: int) -> bool:
    async with greeted(server, ready["resume_gateway_url"]) as gateway:
        await gateway.send_resume(ready["session_id"], number)
        frame = await gateway.next()
        await gateway.socket.close(code=4000)
        return bool(frame["t"] == "RESUMED")


@pytest.mark.parametrize("code", [1000, 1001])
async def test_closing_with_1000_or_1001_ends_the_session(code: int) -> None:
    async with served() as server:
        assert not await _resumes(server, *await _left(server, code))


@pytest.mark.parametrize("code", [4000, 4999, None])
async def test_any_other_code_or_a_broken_line_leaves_it_resumable(code: int | None) -> None:
    async with served() as server:
        assert await _resumes(server, *await _left(server, code))


async def test_session_can_be_resumed_for_a_few_minutes_only() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server:
        ready, number = await _left(server)
        clock.advance(timedelta(minutes=2))
        assert await _resumes(server, ready, number)
        clock.advance(timedelta(minutes=4))
        assert not await _resumes(server, ready, number)


async def test_missed_events_come_in_order_then_resumed_and_no_ready() -> None:
    async with served() as server:
        server.guild("Example")
        ready, number = await _left(server)
        ann = server.person("Ann")
        said = await ann.writes_dm("one")
        await ann.writes_dm("two")
        await ann.deletes(said)
        async with greeted(server, ready["resume_gateway_url"]) as gateway:
            await gateway.send_resume(ready["session_id"], number)
            await ann.writes_dm("live")
            frames = await gateway.rest()
        names = [frame["t"] for frame in frames]
        missed = ["GUILD_CREATE", "MESSAGE_CREATE", "MESSAGE_CREATE", "MESSAGE_DELETE"]
        assert names in (
            [*missed, "RESUMED", "MESSAGE_CREATE"],
            [*missed, "MESSAGE_CREATE", "RESUMED"],
        )
        numbers = [frame["s"] for frame in frames]
        assert numbers == list(range(number + 1, number + 1 + len(frames)))


async def test_what_was_seen_already_is_not_replayed() -> None:
    async with served() as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            await server.person("Ann").writes_dm("seen")
            await gateway.dispatch("MESSAGE_CREATE")
            number = gateway.number
            await gateway.socket.close(code=4000)
        assert number is not None
        assert await _resumes(server, ready, number)


async def test_resume_goes_to_the_resume_address() -> None:
    async with served() as server:
        ready, number = await _left(server)
        elsewhere = {**ready, "resume_gateway_url": server.gateway_url}
        assert not await _resumes(server, elsewhere, number)


async def test_resume_keeps_the_version() -> None:
    async with served() as server:
        ready, number = await _left(server)
        async with greeted(server, ready["resume_gateway_url"], "v=9&encoding=json") as gateway:
            await gateway.send_resume(ready["session_id"], number)
            assert not await _invalid(gateway)


async def test_resume_with_a_wrong_token_closes_with_4004() -> None:
    async with served() as server:
        ready, number = await _left(server)
        async with greeted(server, ready["resume_gateway_url"]) as gateway:
            await gateway.send_resume(ready["session_id"], number, token="wrong")
            assert await gateway.close_code() == 4004


@pytest.mark.parametrize("number", [999, -1, None])
async def test_bad_sequence_closes_with_4007_and_needs_a_new_session(number: Any) -> None:
    async with served() as server:
        ready, last = await _left(server)
        async with greeted(server, ready["resume_gateway_url"]) as gateway:
            await gateway.send_resume(ready["session_id"], number)
            assert await gateway.close_code() == 4007
        assert not await _resumes(server, ready, last)


async def test_session_that_missed_too_much_is_invalid() -> None:
    async with served(quick(replay_limit=3)) as server:
        ready, number = await _left(server)
        ann = server.person("Ann")
        for text in "abcd":
            await ann.writes_dm(text)
        assert not await _resumes(server, ready, number)


async def test_4009_asks_for_a_new_session() -> None:
    async with served() as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            server.gateway.close(4009)
            assert await gateway.close_code() == 4009
        assert not await _resumes(server, ready, 1)


async def _invalid(gateway: RawGateway) -> bool:
    frame = await gateway.next()
    assert frame["op"] == 9
    resumable: bool = frame["d"]
    return resumable


async def test_invalid_session_says_whether_to_resume() -> None:
    async with served() as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            server.gateway.invalidate(is_resumable=True)
            assert await _invalid(gateway)
            await gateway.socket.close(code=4000)
        assert await _resumes(server, ready, 1)
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            server.gateway.invalidate(is_resumable=False)
            assert not await _invalid(gateway)
        assert not await _resumes(server, ready, 1)


async def test_refused_resume_is_a_fault_that_can_be_set() -> None:
    async with served() as server:
        ready, number = await _left(server)
        server.faults.gateway.refuses_resume = True
        assert not await _resumes(server, ready, number)


@pytest.mark.parametrize("how", ["cut", "op 7", "op 9", "4000", "zombie"])
async def test_discord_py_resumes_and_misses_nothing(how: str) -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        await ann.writes_dm("before")
        await client.message("before")
        match how:
            case "cut":
                server.gateway.cut()
            case "op 7":
                server.gateway.ask_reconnects()
            case "op 9":
                server.gateway.invalidate(is_resumable=True)
            case "4000":
                server.gateway.close(4000)
            case _:
                assert client.ws is not None
                await client.ws.close(4000)
        await ann.writes_dm("meanwhile")
        await client.message("meanwhile")
        await client.first("resumed")
        assert server.gateway.resumes == 1
        assert len(server.gateway.identifies) == 1


async def test_discord_py_identifies_anew_after_an_invalid_session_and_misses_what_was_said() -> (
    None
):
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        server.gateway.invalidate(is_resumable=False)
        await ann.writes_dm("gone from the gateway")
        await client.until(lambda: len(server.gateway.identifies) == 2)
        await client.until(lambda: len(client.all("connect")) == 2)
        await ann.writes_dm("live")
        await client.message("live")
        assert "gone from the gateway" not in [one.content for one in client.all("message")]
        channel = await (await client.fetch_user(ann.id)).create_dm()
        assert [one.content async for one in channel.history()] == [
            "live",
            "gone from the gateway",
        ]
