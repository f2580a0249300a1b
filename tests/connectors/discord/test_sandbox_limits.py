"""The sandbox limits and refuses requests as Discord does, and discord.py meets it so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_settings import Rate
from core.clock import FakeClock
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import ListeningClient, logged_in, quick, served

SEND = "POST /channels/{channel}/messages"


async def test_every_answer_tells_its_bucket_and_what_is_left_of_it() -> None:
    clock = FakeClock()
    settings = quick(rates={SEND: Rate(count=2, seconds=5)})
    async with served(settings, clock=clock) as server, asking(server) as rest:
        first, other = server.person("Ann").dm(), server.person("Bob").dm()
        answers = [await rest.say(first.id) for _ in range(2)]
        elsewhere = await rest.say(other.id)
        assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["1", "0"]
        assert elsewhere.headers["X-RateLimit-Remaining"] == "1"
        headers = answers[0].headers
        assert headers["X-RateLimit-Limit"] == "2"
        assert headers["X-RateLimit-Reset-After"] == "5.000"
        assert float(headers["X-RateLimit-Reset"]) == clock.now().timestamp() + 5
        # The bucket is the route's: without the top-level resource.
        assert headers["X-RateLimit-Bucket"] == elsewhere.headers["X-RateLimit-Bucket"]


async def test_429_has_retry_after_scope_and_a_float_in_its_body() -> None:
    clock = FakeClock()
    settings = quick(rates={SEND: Rate(count=1, seconds=1.5)})
    async with served(settings, clock=clock) as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        await rest.say(channel.id)
        limited = await rest.say(channel.id)
        assert limited.status == 429
        assert limited.body == {
            "message": "You are being rate limited.",
            "retry_after": 1.5,
            "global": False,
        }
        assert limited.headers["Retry-After"] == "2"
        assert limited.headers["X-RateLimit-Scope"] == "user"
        assert limited.headers["X-RateLimit-Remaining"] == "0"
        assert "X-RateLimit-Global" not in limited.headers
        assert len(server.messages_in(channel)) == 1
        clock.advance(timedelta(seconds=1.5))
        assert (await rest.say(channel.id)).status == 200


async def test_51st_request_in_a_second_meets_the_global_limit() -> None:
    clock = FakeClock()
    settings = quick(global_rate=Rate(count=50, seconds=1))
    async with served(settings, clock=clock) as server, asking(server) as rest:
        for _ in range(50):
            assert (await rest.get("/users/@me")).status == 200
        limited = await rest.get("/users/@me")
        assert (limited.status, limited.body["global"]) == (429, True)
        assert limited.headers["X-RateLimit-Global"] == "true"
        assert limited.headers["X-RateLimit-Scope"] == "global"
        assert "X-RateLimit-Bucket" not in limited.headers
        clock.advance(timedelta(seconds=1))
        assert (await rest.get("/users/@me")).status == 200


async def test_shared_limit_is_not_counted_as_invalid() -> None:
    async with served() as server, asking(server) as rest:
        server.faults.rate_limit(1336.57, scope="shared")
        shared = await rest.get("/users/@me")
        assert shared.body["message"] == "The resource is being rate limited."
        assert (shared.headers["X-RateLimit-Scope"], shared.headers["Retry-After"]) == (
            "shared",
            "1337",
        )
        assert shared.headers["X-RateLimit-Remaining"] == "9"
        assert server.limits.invalid_count() == 0
        server.faults.rate_limit(1.0)
        await rest.get("/users/@me")
        assert server.limits.invalid_count() == 1


async def test_too_many_401_403_and_429_in_10_minutes_ban_the_address() -> None:
    clock = FakeClock()
    async with served(quick(invalid_limit=4), clock=clock) as server, asking(server) as rest:
        ann = server.person("Ann")
        ann.closes_dms()
        await rest.ask("GET", "/users/@me", token="wrong")
        clock.advance(timedelta(minutes=11))
        await rest.ask("GET", "/users/@me", token="wrong")
        await rest.say(ann.dm().id)
        server.faults.rate_limit(1.0)
        await rest.get("/users/@me")
        assert (await rest.get("/channels/1")).status == 404
        assert (await rest.get("/users/@me")).status == 200
        await rest.ask("GET", "/users/@me", token=None)
        banned = await rest.get("/users/@me")
        assert (banned.status, banned.text) == (429, "error code: 1015")
        assert "Via" not in banned.headers
        clock.advance(timedelta(hours=1))
        assert (await rest.get("/users/@me")).status == 200


@pytest.mark.parametrize(("code", "status"), [(20016, 429), (20028, 429), (50007, 403)])
async def test_refusal_out_of_order_has_its_code_and_429s_a_wait(code: int, status: int) -> None:
    async with served() as server, asking(server) as rest:
        server.faults.refuse(code, route=SEND)
        channel = server.person("Ann").dm()
        refused = await rest.say(channel.id)
        assert refused.refused == (status, code)
        assert ("retry_after" in refused.body) == (status == 429)
        assert (await rest.say(channel.id)).status == 200


@pytest.mark.parametrize("token", ["wrong", None])
async def test_wrong_or_absent_token_is_401(token: str | None) -> None:
    async with served() as server, asking(server) as rest:
        refused = await rest.ask("GET", "/users/@me", token=token)
        assert (refused.status, refused.body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_unknown_route_is_404_with_code_0() -> None:
    async with served() as server, asking(server) as rest:
        assert (await rest.get("/nothing/here")).refused == (404, 0)
        assert server.requests[-1].path == "/nothing/here"


async def test_discord_py_waits_and_repeats_a_429_that_has_a_via_header() -> None:
    async with served() as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.rate_limit(0.01, route=SEND)
        await person.send("hello")
        sent = [one.status for one in server.requests if one.route == SEND]
        assert sent == [429, 200]


async def test_discord_py_raises_a_429_without_a_via_header_at_once() -> None:
    async with served(quick(has_via=False)) as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.rate_limit(0.01, route=SEND)
        with pytest.raises(discord.HTTPException) as caught:
            await person.send("hello")
        assert caught.value.status == 429


async def test_discord_py_raises_a_wait_beyond_max_ratelimit_timeout() -> None:
    client = ListeningClient(max_ratelimit_timeout=30.0)
    async with served() as server, logged_in(server, client):
        person = await client.fetch_user(server.person("Ann").id)
        await person.create_dm()
        server.faults.rate_limit(31.0, route=SEND)
        with pytest.raises(discord.RateLimited):
            await person.send("hello")
        assert len([one for one in server.requests if one.route == SEND]) == 1


async def test_discord_py_keeps_within_a_bucket_by_its_headers() -> None:
    settings = quick(rates={SEND: Rate(count=2, seconds=0.1)})
    async with served(settings) as server, logged_in(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        for number in range(5):
            await person.send(str(number))
        statuses = [one.status for one in server.requests if one.route == SEND]
        assert statuses == [200] * 5
