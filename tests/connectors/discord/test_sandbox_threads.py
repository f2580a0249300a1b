"""Threads and forums of the sandbox behave as Discord's topic on threads says."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_people import NotAllowed
from connectors.discord.sandbox_permissions import ORDINARY, Permission
from connectors.discord.sandbox_sessions import Intent
from core.clock import FakeClock
from tests.connectors.discord.raw_gateway import EVERYTHING, greeted
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, quick, served


async def test_thread_from_a_message_has_its_number_and_only_one_can_be_made() -> None:
    async with served() as server, asking(server) as rest, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        said = await server.person("Ann").writes(channel, "help")
        path = f"/channels/{channel.id}/messages/{said.id}/threads"
        made = await rest.ask("POST", path, {"name": "Ann"})
        assert (made.status, made.body["id"]) == (201, str(said.id))
        assert (await rest.ask("POST", path, {"name": "Ann"})).refused == (400, 160004)
        assert (await client.first("thread_create")).id == said.id
        updated = await client.first("raw_message_edit")
        assert updated.data["thread"]["id"] == str(said.id)
        starter = await client.first("message", lambda one: one.channel.id == said.id)
        assert (starter.type.value, starter.content) == (21, "")
        own = f"/channels/{said.id}/messages/{starter.id}"
        assert (await rest.ask("DELETE", own)).refused == (403, 50021)


async def test_private_threads_are_seen_by_their_members_only() -> None:
    async with served() as server, listening(server) as client, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        ann = server.person("Ann")
        thread = await channel.thread("secret", by=ann, is_private=True)
        await ann.writes(thread, "unseen")
        assert (await rest.get(f"/channels/{thread.id}")).refused == (403, 50001)
        await thread.adds_bot()
        assert (await client.first("thread_join")).id == thread.id
        await ann.writes(thread, "seen")
        await client.message("seen")
        await thread.removes_bot()
        await client.first("thread_remove")
        await ann.writes(thread, "unseen again")
        assert [one.content for one in client.all("message")] == ["seen"]


async def test_only_active_threads_are_synced_and_archived_ones_come_back_by_an_update() -> None:
    async with served() as server:
        channel = server.guild("Example").text_channel("support")
        ann = server.person("Ann")
        active, archived = [await channel.thread(name, by=ann) for name in ("a", "b")]
        await archived.archives()
        async with greeted(server) as gateway:
            await gateway.identify()
            guild = await gateway.dispatch("GUILD_CREATE")
            assert [one["id"] for one in guild["threads"]] == [str(active.id)]
            await ann.writes(archived, "again")
            names = [frame["t"] for frame in await gateway.rest()]
            assert names == ["THREAD_UPDATE", "MESSAGE_CREATE"]


async def test_gained_access_is_told_by_thread_list_sync() -> None:
    async with served() as server:
        guild = server.guild("Example")
        channel = guild.hidden_channel("staff")
        thread = await channel.thread("a", by=server.person("Ann"))
        async with greeted(server) as gateway:
            await gateway.identify()
            created = await gateway.dispatch("GUILD_CREATE")
            assert (created["channels"], created["threads"]) == ([], [])
            channel.allows(Permission.VIEW_CHANNEL)
            sync = await gateway.dispatch("THREAD_LIST_SYNC")
            assert sync["channel_ids"] == [str(channel.id)]
            assert [one["id"] for one in sync["threads"]] == [str(thread.id)]


async def test_joining_and_being_added_create_the_thread_for_the_bot() -> None:
    async with served() as server, asking(server) as rest, greeted(server) as gateway:
        channel = server.guild("Example").text_channel("support")
        thread = await channel.thread("a", by=server.person("Ann"))
        await gateway.identify()
        assert (await gateway.rest())[-1]["t"] == "GUILD_CREATE"
        path = f"/channels/{thread.id}/thread-members/@me"
        assert (await rest.ask("PUT", path)).status == 204
        created, updated = await gateway.rest()
        assert (created["t"], "newly_created" in created["d"]) == ("THREAD_CREATE", False)
        assert created["d"]["member"]["user_id"] == str(server.bot_id)
        assert updated["t"] == "THREAD_MEMBERS_UPDATE"
        assert (await rest.ask("DELETE", path)).status == 204


async def test_archived_thread_refuses_edits_and_joins_with_50083_and_takes_messages() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        thread = await channel.thread("a", by=server.person("Ann"))
        said = await rest.say(thread.id, "ours")
        await thread.archives()
        path = f"/channels/{thread.id}/messages/{said.body['id']}"
        assert (await rest.ask("PATCH", path, {"content": "x"})).refused == (400, 50083)
        assert (await rest.ask("PUT", f"{path}/reactions/👍/@me")).refused == (400, 50083)
        join = f"/channels/{thread.id}/thread-members/@me"
        assert (await rest.ask("PUT", join)).refused == (400, 50083)
        assert (await rest.say(thread.id, "opens it")).status == 200
        assert not thread.state.is_archived
        assert (await rest.ask("PATCH", path, {"content": "x"})).status == 200
        await thread.archives()
        assert (await rest.ask("DELETE", path)).status == 204


async def test_locked_thread_is_160005_but_for_moderators() -> None:
    async with served() as server, asking(server) as rest:
        guild = server.guild("Example")
        ann = server.person("Ann")
        thread = await guild.text_channel("support").thread("a", by=ann)
        await thread.locks()
        assert (await rest.say(thread.id)).body["code"] == 160005
        with pytest.raises(NotAllowed):
            await ann.writes(thread, "hello")
        guild.gives_bot(Permission.MANAGE_THREADS)
        assert (await rest.say(thread.id)).status == 200
        await thread.unlocks()
        await ann.writes(thread, "hello")


async def test_thread_needs_its_own_permission_to_send() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        thread = await channel.thread("a", by=server.person("Ann"))
        channel.denies(Permission.SEND_MESSAGES)
        assert (await rest.say(thread.id)).status == 200
        channel.denies(Permission.SEND_MESSAGES_IN_THREADS)
        assert (await rest.say(thread.id)).refused == (403, 50013)


async def test_threads_are_closed_and_renamed_by_owner_or_moderator() -> None:
    async with served() as server, asking(server) as rest:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        theirs = await channel.thread("theirs", by=server.person("Ann"))
        made = await rest.ask(
            "POST", f"/channels/{channel.id}/threads", {"name": "ours", "type": 11}
        )
        own = f"/channels/{made.body['id']}"
        change = {"archived": True}
        assert (await rest.ask("PATCH", f"/channels/{theirs.id}", change)).refused == (403, 50013)
        assert (await rest.ask("PATCH", own, {"locked": True})).refused == (403, 50013)
        renamed = await rest.ask("PATCH", own, {"name": "renamed", **change})
        assert (renamed.body["name"], renamed.body["thread_metadata"]["archived"]) == (
            "renamed",
            True,
        )
        assert (await rest.ask("PATCH", own, {"name": "again"})).refused == (400, 50083)
        guild.gives_bot(Permission.MANAGE_THREADS)
        assert (await rest.ask("PATCH", f"/channels/{theirs.id}", change)).status == 200


async def test_archived_threads_are_listed_newest_first_in_pages() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server, asking(server) as rest:
        guild = server.guild("Example", permissions=ORDINARY | Permission.MANAGE_THREADS)
        channel = guild.text_channel("support")
        ann = server.person("Ann")
        for name, is_private in (("a", False), ("b", True), ("c", False), ("d", False)):
            thread = await channel.thread(name, by=ann, is_private=is_private)
            clock.advance(timedelta(seconds=1))
            if name != "d":
                await thread.archives()
        path = f"/channels/{channel.id}/threads/archived"
        first = (await rest.get(f"{path}/public", limit=1)).body
        assert ([one["name"] for one in first["threads"]], first["has_more"]) == (["c"], True)
        before = first["threads"][0]["thread_metadata"]["archive_timestamp"]
        last = (await rest.get(f"{path}/public", before=before)).body
        assert ([one["name"] for one in last["threads"]], last["has_more"]) == (["a"], False)
        private = (await rest.get(f"{path}/private")).body
        assert [one["name"] for one in private["threads"]] == ["b"]
        joined = f"/channels/{channel.id}/users/@me/threads/archived/private"
        assert (await rest.get(joined)).body["threads"] == []
        active = (await rest.get(f"/guilds/{guild.id}/threads/active")).body
        assert [one["name"] for one in active["threads"]] == ["d"]


async def test_forum_takes_posts_and_no_messages() -> None:
    async with served() as server, asking(server) as rest, listening(server) as client:
        forum = server.guild("Example").forum("help", tags=["bug", "other"])
        assert (await rest.say(forum.id)).refused == (400, 40058)
        with pytest.raises(NotAllowed):
            await server.person("Ann").writes(forum, "hello")
        post = await forum.post(server.person("Ann"), "It breaks", "when I click", tags=["bug"])
        thread = await client.first("thread_create")
        message = await client.message("when I click")
        assert thread.id == message.id == message.channel.id == post.id
        assert [one.name for one in thread.applied_tags] == ["bug"]
        starter = post.starter()
        assert starter is not None
        assert starter.message.content == "when I click"


@pytest.mark.parametrize("message_first", [False, True])
async def test_posts_thread_and_its_message_come_in_either_order(message_first: bool) -> None:
    settings = quick(message_precedes_thread=message_first)
    async with served(settings) as server, greeted(server) as gateway:
        await gateway.identify()
        forum = server.guild("Example").forum("help")
        await gateway.rest()
        await forum.post(server.person("Ann"), "It breaks", "when I click")
        names = [frame["t"] for frame in await gateway.rest()]
        expected = ["THREAD_CREATE", "MESSAGE_CREATE"]
        assert names == (expected[::-1] if message_first else expected)


async def test_forum_that_wants_a_tag_refuses_posts_without_one_with_40067() -> None:
    async with served() as server, asking(server) as rest:
        forum = server.guild("Example").forum("help", tags=["bug"], requires_tag=True)
        path = f"/channels/{forum.id}/threads"
        body: dict[str, Any] = {"name": "Ours", "message": {"content": "hello"}}
        assert (await rest.ask("POST", path, body)).refused == (400, 40067)
        tagged = {**body, "applied_tags": [str(forum.channel.tags[0].id)]}
        made = await rest.ask("POST", path, tagged)
        assert made.body["message"]["id"] == made.body["id"]
        assert (await rest.ask("POST", path, {**body, "applied_tags": ["1"]})).refused == (
            400,
            50035,
        )
        assert (await rest.ask("POST", path, {"name": "Ours"})).refused == (400, 50035)


async def test_discord_py_makes_threads_posts_and_closes_them() -> None:
    async with served() as server, listening(server) as client:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        forum = guild.forum("help")
        await client.first("guild_channel_create", lambda one: one.id == forum.id)
        text = client.get_channel(channel.id)
        assert isinstance(text, discord.TextChannel)
        private = await text.create_thread(name="Ann", invitable=False)
        assert private.type is discord.ChannelType.private_thread
        ann = server.person("Ann")
        guild.joins(ann)
        await private.add_user(discord.Object(ann.id))
        await private.send("hello")
        await private.edit(archived=True)
        assert (await client.first("thread_update")).id == private.id
        listed = [one.id async for one in text.archived_threads(private=True, joined=True)]
        assert listed == [private.id]
        help_forum = client.get_channel(forum.id)
        assert isinstance(help_forum, discord.ForumChannel)
        post = await help_forum.create_thread(name="Ours", content="first", file=_file())
        assert post.message.id == post.thread.id
        assert await post.message.attachments[0].read() == b"fox"


def _file() -> discord.File:
    return discord.File(io.BytesIO(b"fox"), "fox.txt")


async def test_without_members_intent_the_bot_hears_of_itself_only() -> None:
    async with served(quick(privileged_intents=int(Intent.GUILD_MEMBERS))) as server:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        ann = server.person("Ann")
        thread = await channel.thread("a", by=ann)
        for intents, expected in (
            (EVERYTHING & ~Intent.MESSAGE_CONTENT, set()),
            (Intent.GUILD_MEMBERS, {"GUILD_MEMBER_ADD", "THREAD_MEMBERS_UPDATE"}),
        ):
            async with greeted(server) as gateway:
                await gateway.identify(intents)
                await gateway.rest()
                new = server.person("New")
                guild.joins(new)
                await thread.adds(new)
                assert {frame["t"] for frame in await gateway.rest()} == expected
