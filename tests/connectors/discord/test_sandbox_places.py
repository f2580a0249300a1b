"""DMs, guilds and channels of the sandbox: who may, who sees, and what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_people import NotAllowed
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_settings import Rate
from core.clock import FakeClock
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, logged_in, quick, served


async def test_closed_dms_open_the_channel_and_only_the_send_fails_with_50007() -> None:
    async with served() as server, asking(server) as rest:
        ann = server.person("Ann")
        ann.closes_dms()
        opened = await rest.ask("POST", "/users/@me/channels", {"recipient_id": str(ann.id)})
        assert (opened.status, opened.body["type"]) == (200, 1)
        assert (await rest.say(int(opened.body["id"]))).refused == (403, 50007)
        await ann.writes_dm("theirs still come")
        ann.opens_dms()
        ann.blocks_bot()
        assert (await rest.say(ann.dm().id)).refused == (403, 50007)
        ann.unblocks_bot()
        assert (await rest.say(ann.dm().id)).status == 200


async def test_without_a_common_guild_or_the_app_a_send_fails_with_50278() -> None:
    async with served() as server, asking(server) as rest:
        guild = server.guild("Example")
        ann = server.person("Ann", has_app=False)
        assert (await rest.say(ann.dm().id)).refused == (403, 50278)
        guild.joins(ann)
        assert (await rest.say(ann.dm().id)).status == 200
        guild.leaves(ann)
        assert (await rest.say(ann.dm().id)).refused == (403, 50278)
        bob = server.person("Bob")
        assert (await rest.say(bob.dm().id)).status == 200
        bob.removes_app()
        assert (await rest.say(bob.dm().id)).refused == (403, 50278)


async def test_opening_dms_too_fast_is_40003_and_known_ones_stay_open() -> None:
    clock = FakeClock()
    settings = quick(dm_opens=Rate(count=2, seconds=600))
    async with served(settings, clock=clock) as server, asking(server) as rest:
        people = [server.person(name) for name in ("Ann", "Bob", "Cem")]

        async def opens(number: int) -> int:
            body = {"recipient_id": str(people[number].id)}
            answer = await rest.ask("POST", "/users/@me/channels", body)
            return 200 if answer.status == 200 else int(answer.body["code"])

        assert [await opens(one) for one in (0, 1, 2, 0)] == [200, 200, 40003, 200]
        clock.advance(timedelta(minutes=10))
        assert await opens(2) == 200


@pytest.mark.parametrize("recipient", ["1", "x", None])
async def test_dm_with_nobody_is_50033(recipient: str | None) -> None:
    async with served() as server, asking(server) as rest:
        body = {"recipient_id": recipient}
        assert (await rest.ask("POST", "/users/@me/channels", body)).refused == (400, 50033)


async def test_dm_is_one_channel_for_ever() -> None:
    async with served() as server, logged_in(server) as client:
        ann = server.person("Ann")
        said = await ann.writes_dm("hello")
        person = await client.fetch_user(ann.id)
        assert (await person.create_dm()).id == said.channel.id


async def test_missing_access_is_50001_and_missing_permission_50013() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        channel.denies(Permission.SEND_MESSAGES)
        assert (await rest.say(channel.id)).refused == (403, 50013)
        channel.denies(Permission.VIEW_CHANNEL)
        assert (await rest.say(channel.id)).refused == (403, 50001)
        assert (await rest.get(f"/channels/{channel.id}")).refused == (403, 50001)
        assert (await rest.get(f"/channels/{channel.id}/messages")).refused == (403, 50001)


async def test_heading_takes_no_message_and_says_50008() -> None:
    async with served() as server, asking(server) as rest:
        heading = server.guild("Example").category("Help")
        assert (await rest.say(heading.id)).refused == (400, 50008)


async def test_deleted_channel_is_10003() -> None:
    async with served() as server, asking(server) as rest, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        await channel.vanishes()
        await client.first("guild_channel_delete")
        assert (await rest.say(channel.id)).refused == (404, 10003)


async def test_guild_that_the_bot_left_is_10004_and_its_channels_are_out_of_sight() -> None:
    async with served() as server, asking(server) as rest, listening(server) as client:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        assert (await rest.get(f"/guilds/{guild.id}")).body["name"] == "Example"
        guild.removes_bot()
        await client.first("guild_remove")
        assert (await rest.get(f"/guilds/{guild.id}")).refused == (404, 10004)
        assert (await rest.say(channel.id)).refused == (403, 50001)
        await server.person("Ann").writes(channel, "unseen")
        guild.invites_bot()
        await server.person("Ann").writes(channel, "seen")
        await client.message("seen")
        assert [one.content for one in client.all("message")] == ["seen"]


async def test_slowmode_holds_people_and_not_bots() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support", slowmode_seconds=30)
        ann = server.person("Ann")
        await ann.writes(channel, "one")
        with pytest.raises(NotAllowed):
            await ann.writes(channel, "two")
        assert [(await rest.say(channel.id)).status for _ in range(2)] == [200, 200]
        clock.advance(timedelta(seconds=30))
        await ann.writes(channel, "three")


async def test_roles_come_with_the_message_and_staff_are_known_by_them() -> None:
    async with served() as server, listening(server) as client:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        staff = server.person("Staff")
        role = guild.role("staff", staff)
        await staff.writes(channel, "hello")
        received = await client.message("hello")
        assert isinstance(received.author, discord.Member)
        assert role.id in [one.id for one in received.author.roles]
