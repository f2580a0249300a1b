"""The sandbox's gateway keeps the rules of Discord's: login, heartbeats, intents, close codes."""

from __future__ import annotations

import asyncio
import json
import zlib
from datetime import timedelta

import pytest

from connectors.discord.sandbox_sessions import Intent
from connectors.discord.sandbox_settings import Rate
from core.clock import FakeClock
from tests.connectors.discord.raw_gateway import EVERYTHING, RawGateway, connected, greeted
from tests.connectors.discord.sandbox_client import PATIENCE, quick, served


async def test_hello_names_the_heartbeat_interval_in_milliseconds() -> None:
    async with served(quick(heartbeat_interval=12.5)) as server, connected(server) as gateway:
        hello = await gateway.next()
        assert (hello["op"], hello["d"]["heartbeat_interval"]) == (10, 12_500)


async def test_heartbeat_is_acknowledged_before_and_after_identify() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.send(1, None)
        assert (await gateway.next())["op"] == 11
        await gateway.identify()
        await gateway.send(1, gateway.number)
        assert (await gateway.next())["op"] == 11


async def test_server_may_ask_for_a_heartbeat_at_once() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        server.gateway.ask_heartbeats()
        assert (await gateway.next())["op"] == 1


async def test_silent_client_is_closed_and_may_resume() -> None:
    async with served() as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            server.settings.silent_intervals = 0
            await gateway.send(3, {"status": "online"})
            assert await gateway.close_code() == 4000
        server.settings.silent_intervals = 2
        async with greeted(server, ready["resume_gateway_url"]) as again:
            await again.send_resume(ready["session_id"], 1)
            await again.dispatch("RESUMED")


async def test_missed_acknowledgement_is_a_fault_that_can_be_set() -> None:
    async with served() as server, greeted(server) as gateway:
        server.faults.gateway.misses_acks = True
        await gateway.send(1, None)
        assert await gateway.is_silent()
        assert server.faults.gateway.heartbeats == 1


async def test_ready_has_the_session_the_resume_address_and_unavailable_guilds() -> None:
    async with served() as server:
        guild = server.guild("Example")
        elsewhere = server.guild("Without us", has_bot=False)
        out = server.guild("Out")
        out.goes_out()
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            assert ready["resume_gateway_url"] != server.gateway_url
            assert ready["user"]["id"] == ready["application"]["id"] == str(server.bot_id)
            assert ready["guilds"] == [
                {"id": str(one.id), "unavailable": True} for one in (guild, out)
            ]
            created = await gateway.dispatch("GUILD_CREATE")
            assert (created["id"], created["unavailable"]) == (str(guild.id), False)
            assert await gateway.rest() == []
            out.comes_back()
            back = await gateway.dispatch("GUILD_CREATE")
            assert (back["id"], back["unavailable"]) == (str(out.id), False)
            server.guild("New")
            assert "unavailable" not in await gateway.dispatch("GUILD_CREATE")
            assert str(elsewhere.id) not in json.dumps(ready)


async def test_guild_delete_tells_an_outage_from_a_removal() -> None:
    async with served() as server:
        guild = server.guild("Example")
        async with greeted(server) as gateway:
            await gateway.identify()
            guild.goes_out()
            outage = await gateway.dispatch("GUILD_DELETE")
            assert outage == {"id": str(guild.id), "unavailable": True}
            guild.removes_bot()
            assert await gateway.dispatch("GUILD_DELETE") == {"id": str(guild.id)}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (4004, {"token": "wrong"}),
        (4010, {"shard": [2, 2]}),
        (4010, {"shard": "0"}),
        (4013, {"intents": 1 << 40}),
        (4013, {"intents": None}),
        (4014, {"intents": int(Intent.GUILD_MEMBERS)}),
        (4014, {"intents": int(Intent.GUILD_PRESENCES)}),
    ],
)
async def test_bad_identify_is_closed_with_its_code(code: int, changes: dict[str, object]) -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.send_identify(**changes)
        assert await gateway.close_code() == code


async def test_content_intent_that_is_not_enabled_closes_with_4014() -> None:
    async with served(quick(privileged_intents=0)) as server, greeted(server) as gateway:
        await gateway.send_identify(Intent.MESSAGE_CONTENT)
        assert await gateway.close_code() == 4014


async def test_too_many_guilds_need_shards() -> None:
    async with served(quick(needs_sharding=True)) as server:
        async with greeted(server) as gateway:
            await gateway.send_identify()
            assert await gateway.close_code() == 4011
        async with greeted(server) as gateway:
            await gateway.identify(shard=[0, 2])


@pytest.mark.parametrize("version", ["", "v=5&", "v=x&"])
async def test_invalid_version_closes_with_4012(version: str) -> None:
    async with served() as server, connected(server, query=f"{version}encoding=json") as gateway:
        assert await gateway.close_code() == 4012


async def test_frame_before_identify_closes_with_4003() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.send(3, {"status": "online"})
        assert await gateway.close_code() == 4003


async def test_second_identify_closes_with_4005() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        await gateway.send_identify()
        assert await gateway.close_code() == 4005


async def test_unknown_opcode_closes_with_4001() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        await gateway.send(99, {})
        assert await gateway.close_code() == 4001


@pytest.mark.parametrize("text", ["{", "[]", '{"op": "2"}', '{"op": 2, "d": []}'])
async def test_undecodable_frame_closes_with_4002(text: str) -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.socket.send_str(text)
        assert await gateway.close_code() == 4002


async def test_frame_over_4096_bytes_closes_with_4002() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        await gateway.send(3, {"status": "x" * 4_000})
        assert await gateway.rest() == []
        await gateway.send(3, {"status": "x" * 4_096})
        assert await gateway.close_code() == 4002


async def test_121_sends_in_a_minute_close_with_4008() -> None:
    async with served() as server, greeted(server) as gateway:
        for _ in range(120):
            await gateway.send(1, None)
        assert [(await gateway.next())["op"] for _ in range(120)] == [11] * 120
        await gateway.send(1, None)
        assert await gateway.close_code() == 4008


async def test_identifying_too_fast_is_an_invalid_session() -> None:
    clock = FakeClock()
    settings = quick(identify_rate=Rate(count=1, seconds=5))
    async with served(settings, clock=clock) as server:
        async with greeted(server) as gateway:
            await gateway.identify()
        async with greeted(server) as gateway:
            await gateway.send_identify()
            frame = await gateway.next()
            assert (frame["op"], frame["d"]) == (9, False)
        clock.advance(timedelta(seconds=6))
        async with greeted(server) as gateway:
            await gateway.identify()


async def test_1001st_identify_in_a_day_ends_all_sessions_and_resets_the_token() -> None:
    clock = FakeClock()
    async with served(quick(identify_limit=3), clock=clock) as server:
        token = server.token
        async with greeted(server) as first, greeted(server) as last:
            ready = await first.identify()
            for _ in range(2):
                async with greeted(server) as gateway:
                    await gateway.identify()
            assert server.gateway.start_limit()["remaining"] == 0
            await last.send_identify()
            assert await last.close_code() == 4004
            assert await first.close_code() == 4004
        assert server.token != token
        async with greeted(server, ready["resume_gateway_url"]) as gateway:
            await gateway.send_resume(ready["session_id"], 1, token=token)
            assert await gateway.close_code() == 4004


async def test_token_that_was_reset_leaves_no_session_behind() -> None:
    async with served(quick(identify_limit=1)) as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            await gateway.socket.close(code=4000)
        async with greeted(server) as gateway:
            await gateway.send_identify()
            assert await gateway.close_code() == 4004
        async with greeted(server, ready["resume_gateway_url"]) as gateway:
            await gateway.send_resume(ready["session_id"], 1)
            assert (await gateway.next())["op"] == 9


async def test_resume_does_not_count_as_identify_and_a_day_gives_them_back() -> None:
    clock = FakeClock()
    async with served(quick(identify_limit=2), clock=clock) as server:
        async with greeted(server) as gateway:
            ready = await gateway.identify()
            await gateway.socket.close(code=4000)
        for _ in range(5):
            async with greeted(server, ready["resume_gateway_url"]) as gateway:
                await gateway.send_resume(ready["session_id"], 1)
                await gateway.dispatch("RESUMED")
                await gateway.socket.close(code=4000)
        assert server.gateway.start_limit()["remaining"] == 1
        clock.advance(timedelta(hours=24))
        assert server.gateway.start_limit()["remaining"] == 2


async def _after_one_of_each(gateway: RawGateway) -> set[str]:
    return {str(frame["t"]) for frame in await gateway.rest()}


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        (Intent.GUILDS, set()),
        (Intent.DIRECT_MESSAGES, {"MESSAGE_CREATE"}),
        (Intent.DIRECT_MESSAGE_REACTIONS, {"MESSAGE_REACTION_ADD"}),
        (Intent.DIRECT_MESSAGE_TYPING, {"TYPING_START"}),
    ],
)
async def test_direct_events_need_their_intents(intents: Intent, expected: set[str]) -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify(intents)
        ann = server.person("Ann")
        said = await ann.writes_dm("hello")
        await ann.reacts(said, "👍")
        await ann.types()
        assert await _after_one_of_each(gateway) == expected


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        (Intent.DIRECT_MESSAGES, set()),
        (Intent.GUILDS, {"CHANNEL_CREATE", "THREAD_CREATE"}),
        (Intent.GUILD_MESSAGES, {"MESSAGE_CREATE", "MESSAGE_UPDATE"}),
        (Intent.GUILD_MESSAGE_REACTIONS, {"MESSAGE_REACTION_ADD"}),
        (Intent.GUILD_MESSAGE_TYPING, {"TYPING_START"}),
    ],
)
async def test_guild_events_need_their_intents(intents: Intent, expected: set[str]) -> None:
    async with served() as server, greeted(server) as gateway:
        guild = server.guild("Example")
        await gateway.identify(intents)
        await gateway.rest()
        ann = server.person("Ann")
        channel = guild.text_channel("support")
        said = await ann.writes(channel, "hello")
        await ann.reacts(said, "👍")
        await ann.types(channel)
        await channel.thread("more", by=ann, message=said)
        assert await _after_one_of_each(gateway) == expected


async def test_without_content_intent_fields_are_empty_but_for_the_exceptions() -> None:
    async with served() as server:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        ann = server.person("Ann")
        async with greeted(server) as gateway:
            await gateway.identify(EVERYTHING & ~Intent.MESSAGE_CONTENT)
            await ann.polls("Which?", "this", "that", place=channel)
            hidden = await gateway.dispatch("MESSAGE_CREATE")
            assert (hidden["content"], hidden["embeds"], hidden["attachments"]) == ("", [], [])
            assert (hidden["components"], "poll" in hidden) == ([], False)
            await ann.writes(channel, "secret")
            assert (await gateway.dispatch("MESSAGE_CREATE"))["content"] == ""
            mention = f"<@{server.bot_id}> help"
            await ann.writes(channel, mention)
            assert (await gateway.dispatch("MESSAGE_CREATE"))["content"] == mention
            await ann.writes_dm("in private")
            assert (await gateway.dispatch("MESSAGE_CREATE"))["content"] == "in private"


async def test_guild_id_is_absent_in_a_dm_and_not_null() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        ann = server.person("Ann")
        said = await ann.writes_dm("hello")
        assert "guild_id" not in await gateway.dispatch("MESSAGE_CREATE")
        await ann.edits(said, "hello!")
        assert "guild_id" not in await gateway.dispatch("MESSAGE_UPDATE")
        await ann.deletes(said)
        deleted = await gateway.dispatch("MESSAGE_DELETE")
        assert deleted == {"id": str(said.id), "channel_id": str(said.channel.id)}


async def test_frames_share_one_zlib_stream_when_asked() -> None:
    async with served() as server:
        query = "v=10&encoding=json&compress=zlib-stream"
        async with connected(server, query=query) as gateway:
            stream = zlib.decompressobj()
            message = await gateway.socket.receive(timeout=PATIENCE)
            assert message.data.endswith(b"\x00\x00\xff\xff")
            assert json.loads(stream.decompress(message.data))["op"] == 10
            await gateway.send(1, None)
            message = await gateway.socket.receive(timeout=PATIENCE)
            assert json.loads(stream.decompress(message.data))["op"] == 11


async def test_compression_that_is_unknown_closes_with_4002() -> None:
    query = "v=10&encoding=json&compress=brotli"
    async with served() as server, connected(server, query=query) as gateway:
        assert await gateway.close_code() == 4002


async def test_large_frames_are_compressed_for_a_client_that_asks_when_it_identifies() -> None:
    async with served() as server, greeted(server) as gateway:
        guild = server.guild("Example")
        for number in range(20):
            guild.text_channel(f"channel-{number}")
        await gateway.send_identify(compress=True)
        plain = await gateway.socket.receive(timeout=PATIENCE)
        assert json.loads(plain.data)["t"] == "READY"
        packed = await gateway.socket.receive(timeout=PATIENCE)
        assert json.loads(zlib.decompress(packed.data))["t"] == "GUILD_CREATE"


async def test_gateway_that_is_down_refuses_connections_and_comes_back() -> None:
    async with served() as server:
        await server.gateway_goes_down()
        with pytest.raises(OSError, match="Connect"):
            async with connected(server):
                pass
        await server.gateway_comes_back()
        async with greeted(server) as gateway:
            await gateway.identify()


async def test_stalled_gateway_stays_connected_and_tells_all_afterwards() -> None:
    async with served() as server, greeted(server) as gateway:
        await gateway.identify()
        server.faults.gateway.flows.clear()
        await server.person("Ann").writes_dm("held")
        assert await gateway.is_silent()
        server.faults.clear()
        assert (await gateway.dispatch("MESSAGE_CREATE"))["content"] == "held"
        await asyncio.sleep(0)
