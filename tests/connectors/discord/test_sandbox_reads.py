"""What discord.py reads of the application, its guilds and their people at the sandbox."""

from __future__ import annotations

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_places import Community
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_sessions import Intent
from connectors.discord.sandbox_settings import Rate
from tests.connectors.discord.raw_gateway import greeted
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, logged_in, quick, served


async def test_application_says_which_intents_it_may_use() -> None:
    for intents, has_content in ((0, False), (int(Intent.MESSAGE_CONTENT), True)):
        settings = quick(privileged_intents=intents)
        async with served(settings) as server, logged_in(server) as client:
            application = await client.application_info()
            assert application.id == server.bot_id
            assert application.flags.gateway_message_content_limited is has_content


async def test_gateway_is_named_with_what_is_left_of_the_day() -> None:
    settings = quick(identify_limit=10, identify_rate=Rate(count=1, seconds=5))
    async with served(settings) as server, asking(server) as rest:
        async with greeted(server) as gateway:
            await gateway.identify()
        found = (await rest.get("/gateway/bot")).body
        assert found["url"] == server.gateway_url
        limit = found["session_start_limit"]
        assert (limit["total"], limit["remaining"], limit["max_concurrency"]) == (10, 9, 1)
        assert 0 < limit["reset_after"] <= 24 * 3600 * 1000
        assert (await rest.ask("GET", "/gateway", token=None)).body == {"url": server.gateway_url}


async def test_guilds_channels_roles_and_members_are_read() -> None:
    async with served() as server, logged_in(server) as client:
        example = server.guild("Example")
        server.guild("Without us", has_bot=False)
        channel = example.text_channel("support")
        forum = example.forum("help", tags=["bug"], requires_tag=True)
        ann = server.person("Ann")
        role = example.role("staff", ann)
        assert [one.name async for one in client.fetch_guilds()] == ["Example"]
        guild = await client.fetch_guild(example.id)
        assert {one.name for one in await guild.fetch_roles()} == {"@everyone", "staff"}
        assert [one.id for one in await guild.fetch_channels()] == [channel.id, forum.id]
        member = await guild.fetch_member(ann.id)
        assert [one.id for one in member.roles] == [guild.id, role.id]
        with pytest.raises(discord.NotFound):
            await guild.fetch_member(server.person("Bob").id)
        fetched = await client.fetch_channel(forum.id)
        assert isinstance(fetched, discord.ForumChannel)
        assert fetched.flags.require_tag
        assert [one.name for one in fetched.available_tags] == ["bug"]


async def test_members_of_a_thread_are_read_with_their_intent_only() -> None:
    for intents, status in ((0, 403), (int(Intent.GUILD_MEMBERS), 200)):
        async with served(quick(privileged_intents=intents)) as server, asking(server) as rest:
            channel = server.guild("Example").text_channel("support")
            ann = server.person("Ann")
            thread = await channel.thread("a", by=ann)
            path = f"/channels/{thread.id}/thread-members"
            assert (await rest.get(path)).status == status
            assert (await rest.get(f"{path}/{ann.id}")).body["user_id"] == str(ann.id)
            assert (await rest.get(f"{path}/1")).refused == (404, 10007)


async def test_members_are_asked_for_over_the_gateway_by_number_and_name() -> None:
    async with served() as server, listening(server) as client:
        example = server.guild("Example")
        ann = server.person("Ann")
        example.joins(ann)
        await client.first("guild_join")
        guild = client.guilds[0]
        assert [one.id for one in await guild.query_members("an")] == [ann.id]
        found = await guild.query_members(user_ids=[ann.id])
        assert [one.id for one in found] == [ann.id]


async def test_all_members_are_not_told_without_the_members_intent() -> None:
    async with served() as server, greeted(server) as gateway:
        guild = server.guild("Example")
        await gateway.identify()
        await gateway.send(8, {"guild_id": str(guild.id), "query": "", "limit": 0})
        assert await gateway.close_code() == 4014


def _two_guilds(server: DiscordServer) -> list[Community]:
    """One for each of two shards: the time in their numbers differs by an odd one."""
    first = server.guild("First")
    while True:
        second = server.guild("Second")
        if (first.id >> 22) % 2 != (second.id >> 22) % 2:
            return [first, second]
        second.removes_bot()


async def test_shard_hears_of_its_guilds_and_only_the_first_of_dms() -> None:
    async with served() as server:
        by_shard = {(one.id >> 22) % 2: one for one in _two_guilds(server)}
        ann = server.person("Ann")
        for shard in (0, 1):
            async with greeted(server) as gateway:
                ready = await gateway.identify(shard=[shard, 2])
                assert [one["id"] for one in ready["guilds"]] == [str(by_shard[shard].id)]
                for number, guild in by_shard.items():
                    await ann.writes(guild.text_channel("support"), str(number))
                await ann.writes_dm("direct")
                frames = await gateway.rest()
            said = [one["d"]["content"] for one in frames if one["t"] == "MESSAGE_CREATE"]
            assert said == ([str(shard), "direct"] if shard == 0 else [str(shard)])


async def test_pinned_message_is_told_by_a_pins_update() -> None:
    async with served() as server, asking(server) as rest, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        said = await server.person("Ann").writes(channel, "hello")
        path = f"/channels/{channel.id}/messages/pins/{said.id}"
        assert (await rest.ask("PUT", path)).refused == (403, 50013)
        channel.allows(Permission.PIN_MESSAGES)
        assert (await rest.ask("PUT", path)).status == 204
        assert (await client.first("guild_channel_pins_update")).id == channel.id
        assert said.message.is_pinned
