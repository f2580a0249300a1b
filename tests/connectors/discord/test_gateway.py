"""The gateway's rules: what ends a session, what resumes it, and what must not be tried again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.config import Config
from connectors.discord.connector import DiscordConnector
from connectors.discord.gateway import Dispatch, Inbox, SessionPoint
from connectors.discord.intake import SESSION
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_settings import Rate
from core.connector import HealthState
from core.errors import AuthRefused, BadConfig, TransientError
from core.testing.builders import connector_context
from core.testing.sink import RecordingSink
from core.testing.trial import Reception
from tests.connectors.discord.desk import Desk, at_desk, desk_on
from tests.connectors.discord.sandbox_client import listening, quick, served
from tests.waiting import PATIENCE


def invalid_answers(server: DiscordServer) -> int:
    return sum(one.status in (401, 403, 429) for one in server.requests)


async def break_line(desk: Desk, what: str) -> None:
    (connection,) = desk.server.gateway.connections
    match what:
        case "op 7":
            connection.put({"op": 7, "d": None, "s": None, "t": None})
        case "op 9 resumable":
            connection.invalidate(is_resumable=True)
        case "op 9":
            session = connection.session
            connection.invalidate(is_resumable=False)
            if session is not None:
                desk.server.gateway.end(session)
        case "cut":
            connection.cut()
        case _:
            connection.close(int(what))


@pytest.mark.parametrize(
    ("what", "is_resumed"),
    [
        ("op 7", True),
        ("op 9 resumable", True),
        ("op 9", False),
        ("cut", True),
        ("1000", False),
        ("1001", False),
        ("4000", True),
        ("4008", True),
        ("4007", False),
        ("4009", False),
    ],
)
async def test_nothing_is_lost_when_the_line_breaks(what: str, is_resumed: bool) -> None:
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        await grace.writes_dm("before")
        await reading.message("before")
        await break_line(desk, what)
        await grace.writes_dm("meanwhile")
        await reading.message("meanwhile")
        await desk.until(lambda: any(one.session for one in desk.server.gateway.connections))
        await grace.writes_dm("after")
        await reading.message("after")
        assert desk.texts == ["before", "meanwhile", "after"]
        assert desk.connector.session_count == (1 if is_resumed else 2)
        assert invalid_answers(desk.server) == 0


async def test_line_without_acknowledged_heartbeats_is_replaced_and_resumed() -> None:
    settings = quick(heartbeat_interval=0.05, silent_intervals=1000)
    async with at_desk(settings) as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        await grace.writes_dm("before")
        await reading.message("before")
        gateway = desk.server.gateway
        desk.server.faults.gateway.misses_acks = True
        await desk.until(lambda: gateway.resumes > 0)
        desk.server.faults.gateway.misses_acks = False
        await grace.writes_dm("after")
        await reading.message("after")
        assert desk.connector.session_count == 1
        assert 1000 not in gateway.client_close_codes
        assert 1001 not in gateway.client_close_codes


async def test_heartbeats_are_sent_and_keep_a_quiet_line() -> None:
    async with (
        at_desk(quick(heartbeat_interval=0.02, silent_intervals=200)) as desk,
        desk.reading(),
    ):
        await desk.until(lambda: desk.server.faults.gateway.heartbeats > 3)
        assert len(desk.server.gateway.connections) == 1
        assert desk.server.gateway.resumes == 0


@pytest.mark.parametrize(
    ("code", "error"),
    [(4004, AuthRefused), (4013, BadConfig), (4014, BadConfig), (4011, BadConfig)],
)
async def test_refusal_for_good_ends_reading_after_one_try(
    code: int, error: type[Exception]
) -> None:
    async with at_desk() as desk:
        desk.server.faults.gateway.identify_close = code
        async with desk.reading(is_awaited=False) as reading:
            found = await reading.ended()
        assert isinstance(found, error)
        assert str(found)
        assert desk.connector.session_count == 1
        assert desk.connector.health().state is HealthState.DOWN
        assert desk.connector.health().detail == str(found)


async def test_intent_that_is_not_switched_on_is_named_with_the_fix() -> None:
    async with at_desk(quick(privileged_intents=0)) as desk:
        async with desk.reading(is_awaited=False) as reading:
            found = await reading.ended()
        assert isinstance(found, BadConfig)
        assert "message content intent" in str(found)
        step = (await desk.connector.check()).steps[0]
        assert not step.ok
        assert "developer portal" in step.fix


async def test_token_that_was_reset_while_reading_is_told_after_one_request() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        before = invalid_answers(desk.server)
        desk.server.gateway.reset_token()
        found = await reading.ended()
        assert isinstance(found, AuthRefused)
        assert invalid_answers(desk.server) - before <= 1


async def test_gateway_that_is_down_at_the_start_is_waited_for() -> None:
    async with at_desk() as desk:
        await desk.server.gateway_goes_down()
        async with desk.reading(is_awaited=False) as reading:
            assert isinstance(await reading.ended(), TransientError)
        await desk.server.gateway_comes_back()
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")
        assert desk.connector.session_count == 1


async def test_no_session_is_begun_while_discord_allows_none() -> None:
    async with at_desk(quick(identify_limit=1)) as desk:
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")
        await desk.restarts()
        desk.server.gateway.sessions.clear()
        desk.clock.slept = 0.0
        async with desk.reading(is_awaited=False) as reading:
            await desk.until(lambda: desk.clock.slept > 3600)
            health = desk.connector.health()
            assert health.state is HealthState.DEGRADED
            assert "no further session" in health.detail
            assert desk.connector.session_count == 0
        assert len(desk.server.gateway.identifies) == 1
        assert [one.event for one in desk.log.entries if one.level == "error"]


async def test_sessions_that_end_at_once_are_begun_ever_more_slowly() -> None:
    async with at_desk() as desk:
        desk.server.faults.gateway.refuses_resume = True
        async with desk.reading() as reading:
            pauses = []
            for number in range(4):
                desk.clock.slept = 0.0
                await break_line(desk, "op 9")
                await _begins(desk, 2 + number)
                pauses.append(desk.clock.slept)
                await desk.until(
                    lambda: any(one.session for one in desk.server.gateway.connections)
                )
                await desk.server.person("Grace").writes_dm(f"still here {number}")
                await reading.message(f"still here {number}")
        assert pauses == sorted(pauses)
        assert pauses[-1] >= 4 * pauses[0] > 0


async def _begins(desk: Desk, count: int) -> None:
    await desk.until(lambda: desk.connector.session_count == count)


async def test_session_outlives_a_restart_of_the_process() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "before")
        await desk.restarts()
        await grace.writes_dm("meanwhile")
        async with desk.reading() as reading:
            await reading.message("meanwhile")
            assert desk.connector.session_count == 0
            assert desk.server.gateway.resumes == 1
        assert SESSION in desk.cursors


async def test_resume_goes_where_ready_said_and_to_us_where_that_is_discords_own() -> None:
    async with at_desk() as desk:
        gateway = desk.connector
        await gateway.open()
        asked = gateway._gateway
        assert asked is not None
        told = desk.server.gateway.resume_url
        assert asked._url_to_resume({"resume_gateway_url": told}) == told
        foreign = {"resume_gateway_url": "wss://gateway-us-east1-b.discord.gg"}
        assert asked._url_to_resume(foreign) == desk.server.gateway_url
        assert asked._url_to_resume({}) == desk.server.gateway_url


async def test_session_that_cannot_be_reached_any_more_is_given_up_for_a_new_one() -> None:
    async with at_desk() as desk:
        point = SessionPoint(id="gone", sequence=1, url="ws://127.0.0.1:9/")
        desk.connector._point = point
        for _ in range(3):
            async with desk.reading(is_awaited=False) as reading:
                assert isinstance(await reading.ended(), TransientError)
            desk.connector._point = point
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")


async def test_stream_waits_while_what_it_brought_is_not_stored() -> None:
    inbox = Inbox()
    for number in range(1000):
        inbox.put(Dispatch("X", number))
    waiting = asyncio.ensure_future(inbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    assert len(inbox.get_more(600)) == 600
    await asyncio.wait_for(waiting, PATIENCE)


async def test_sent_identify_frames_are_within_discords_pace() -> None:
    async with at_desk(quick(identify_rate=Rate(count=1, seconds=5))) as desk:
        async with desk.reading():
            (body,) = [one for one in identifies_of(desk.server)]
        assert body["intents"] & (1 << 15)
        assert not body["intents"] & (1 << 1 | 1 << 8)
        assert timedelta(seconds=desk.clock.slept) < timedelta(seconds=1)


def identifies_of(server: DiscordServer) -> list[dict[str, Any]]:
    return [{"intents": one.intents} for one in server.gateway.sessions.values()]


async def test_client_that_a_test_hands_in_is_listened_to_and_not_closed() -> None:
    async with served() as server, desk_on(server) as desk, listening(server) as client:
        config = Config.model_validate({**desk.config, "registers_commands": True})
        context = connector_context(desk.made().context.http, clock=desk.clock)
        connector = DiscordConnector(config, context, client=client)
        await connector.open()
        sink = RecordingSink()
        task = asyncio.ensure_future(connector.receive(sink, {}))
        await desk.until(lambda: connector.health().state is HealthState.RUNNING)
        await server.person("Grace").writes_dm("to their client")
        await Reception(sink, task).message("to their client")
        assert (await client.message("to their client")).content == "to their client"
        commands = {one["name"] for one in server.interactions.commands[None]}
        assert commands == {"support", "link"}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connector.close()
        assert connector.client is None
        assert not client.is_closed()


async def test_bot_on_many_servers_is_told_how_far_one_connection_goes() -> None:
    async with at_desk(quick(recommended_shards=3)) as desk:
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")
            assert "3 connections" in desk.connector.health().detail
        steps = (await desk.connector.check()).steps
        assert [one.ok for one in steps if "3 connections" in one.detail] == [True]


async def test_bot_on_too_many_servers_is_paused_with_the_reason() -> None:
    async with at_desk(quick(needs_sharding=True)) as desk:
        async with desk.reading(is_awaited=False) as reading:
            ended = await reading.ended()
        assert isinstance(ended, BadConfig)
        assert "shards" in str(ended)


async def test_network_that_counts_no_sessions_is_read_all_the_same() -> None:
    async with at_desk() as desk:
        missing = {"message": "404: Not Found", "code": 0}
        desk.server.faults.add(status=404, body=missing, route="GET /gateway/bot", times=9)
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")


async def test_refused_token_in_the_middle_of_reading_stops_it_after_one_request() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        desk.server.gateway.sessions.clear()
        await desk.connector.open()
        desk.server.faults.add(status=401, route="GET /channels/{channel}/messages", times=1000)
        async with desk.reading(is_awaited=False) as reading:
            assert isinstance(await reading.ended(), AuthRefused)
        assert invalid_answers(desk.server) == 1


async def test_lines_that_break_at_once_are_replaced_ever_more_slowly() -> None:
    async with at_desk() as desk, desk.reading():
        for number in range(6):
            await desk.until(lambda: any(one.session for one in desk.server.gateway.connections))
            await break_line(desk, "op 7")
            await _resumes(desk, number + 1)
        assert desk.clock.slept >= 2 + 4 + 8
        assert desk.connector.session_count == 1


async def _resumes(desk: Desk, count: int) -> None:
    await desk.until(lambda: desk.server.gateway.resumes >= count)
