"""Messages at the sandbox's REST API: once, by whom, and how they are read back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_permissions import Permission
from core.clock import FakeClock
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, logged_in, served

MIB = 2**20


async def test_reply_to_what_is_gone_is_refused_unless_it_may_be() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        gone: dict[str, Any] = {"message_id": "123"}
        refused = await rest.say(channel.id, message_reference=gone)
        assert (refused.refused, refused.reasons) == ((400, 50035), ["REPLIES_UNKNOWN_MESSAGE"])
        gone["fail_if_not_exists"] = False
        assert (await rest.say(channel.id, message_reference=gone)).body["type"] == 0


async def test_reply_without_history_permission_is_160002() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        said = await server.person("Ann").writes(channel, "hello")
        channel.denies(Permission.READ_MESSAGE_HISTORY)
        refused = await rest.say(channel.id, message_reference={"message_id": said.id})
        assert refused.body["code"] == 160002


async def test_second_message_with_an_enforced_nonce_is_the_first_one() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        first = await rest.say(channel.id, "one", nonce="n", enforce_nonce=True)
        clock.advance(timedelta(minutes=2))
        second = await rest.say(channel.id, "two", nonce="n", enforce_nonce=True)
        assert second.body["id"] == first.body["id"]
        assert second.body["content"] == "one"
        elsewhere = await rest.say(server.person("Bob").dm().id, nonce="n", enforce_nonce=True)
        assert elsewhere.body["id"] == first.body["id"]
        clock.advance(timedelta(minutes=2))
        later = await rest.say(channel.id, "three", nonce="n", enforce_nonce=True)
        assert later.body["content"] == "three"


async def test_nonce_that_is_not_enforced_repeats_and_25_characters_are_the_most() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        ids = {(await rest.say(channel.id, nonce="n" * 25)).body["id"] for _ in range(2)}
        assert len(ids) == 2
        assert (await rest.say(channel.id, nonce="n" * 26)).refused == (400, 50035)


async def test_nonce_is_remembered_over_a_restart_and_freed_by_deletion(tmp_path: Path) -> None:
    clock = FakeClock()
    async with served(clock=clock, folder=tmp_path) as server, asking(server) as rest:
        number = server.person("Ann").dm().id
        first = await rest.say(number, nonce="n", enforce_nonce=True)
    async with served(clock=clock, folder=tmp_path) as server, asking(server) as rest:
        again = await rest.say(number, nonce="n", enforce_nonce=True)
        assert again.body["id"] == first.body["id"]
        await rest.ask("DELETE", f"/channels/{number}/messages/{first.body['id']}")
        anew = await rest.say(number, nonce="n", enforce_nonce=True)
        assert anew.body["id"] != first.body["id"]


async def test_nonce_appears_in_message_create() -> None:
    async with served() as server, listening(server) as client:
        person = await client.fetch_user(server.person("Ann").id)
        await person.send("hello", nonce="ours")
        assert (await client.message("hello")).nonce == "ours"


async def test_messages_come_newest_first_in_pages_by_before_after_and_around() -> None:
    async with served() as server, asking(server) as rest:
        ann = server.person("Ann")
        said = [await ann.writes_dm(str(number)) for number in range(10)]
        path = f"/channels/{ann.dm().id}/messages"

        async def page(**query: Any) -> list[str]:
            return [one["content"] for one in (await rest.get(path, **query)).body]

        assert await page(limit=3) == ["9", "8", "7"]
        assert await page(limit=2, before=said[5].id) == ["4", "3"]
        assert await page(limit=2, after=said[5].id) == ["7", "6"]
        assert await page(limit=4, around=said[5].id) == ["6", "5", "4", "3"]
        assert (await rest.get(path, before=1, after=1)).refused == (400, 50035)


async def test_page_is_50_messages_and_100_at_most() -> None:
    async with served() as server, asking(server) as rest:
        ann = server.person("Ann")
        for number in range(101):
            await ann.writes_dm(str(number))
        path = f"/channels/{ann.dm().id}/messages"
        assert len((await rest.get(path)).body) == 50
        assert len((await rest.get(path, limit=100)).body) == 100
        for limit in ("101", "0", "x"):
            assert (await rest.get(path, limit=limit)).refused == (400, 50035)


async def test_without_history_permission_the_list_is_empty_and_no_error() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        said = await server.person("Ann").writes(channel, "hello")
        channel.denies(Permission.READ_MESSAGE_HISTORY)
        listed = await rest.get(f"/channels/{channel.id}/messages")
        assert (listed.status, listed.body) == (200, [])
        one = await rest.get(f"/channels/{channel.id}/messages/{said.id}")
        assert one.refused == (403, 50013)


async def test_numbers_rise_with_time_and_tell_it() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server:
        ann = server.person("Ann")
        first = await ann.writes_dm("a")
        second = await ann.writes_dm("b")
        clock.advance(timedelta(seconds=1))
        third = await ann.writes_dm("c")
        assert first.id < second.id < third.id
        assert discord.utils.snowflake_time(third.id) == clock.now()


async def test_edit_by_another_is_50005_and_of_what_is_gone_10008() -> None:
    async with served() as server, asking(server) as rest:
        said = await server.person("Ann").writes_dm("hello")
        path = f"/channels/{said.channel.id}/messages"
        assert (await rest.ask("PATCH", f"{path}/{said.id}", {"content": "x"})).refused == (
            403,
            50005,
        )
        assert (await rest.ask("PATCH", f"{path}/1", {"content": "x"})).refused == (404, 10008)
        assert (await rest.ask("DELETE", f"{path}/1")).refused == (404, 10008)


async def test_others_messages_are_deleted_in_guilds_with_permission_and_never_in_dms() -> None:
    async with served() as server, asking(server) as rest:
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        ann = server.person("Ann")
        direct, public = await ann.writes_dm("a"), await ann.writes(channel, "b")
        path = f"/channels/{channel.id}/messages/{public.id}"
        in_dm = await rest.ask("DELETE", f"/channels/{direct.channel.id}/messages/{direct.id}")
        assert in_dm.refused == (403, 50003)
        assert (await rest.ask("DELETE", path)).refused == (403, 50013)
        channel.allows(Permission.MANAGE_MESSAGES)
        assert (await rest.ask("DELETE", path)).status == 204
        assert server.messages_in(channel) == []


async def test_discord_py_edits_deletes_and_reacts() -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        await ann.writes_dm("hello")
        received = await client.message("hello")
        sent = await received.channel.send(
            "draft", file=discord.File(__file__, "a.py"), mention_author=False
        )
        assert await sent.attachments[0].read()
        await sent.edit(content="better", attachments=[])
        await received.add_reaction("👍")
        await received.remove_reaction("👍", discord.Object(server.bot_id))
        async with received.channel.typing():
            pass
        assert [one.content for one in server.said_by_bot(ann)] == ["better"]
        assert server.said_by_bot(ann)[0].uploads == []
        raw = await client.first("raw_message_edit")
        assert raw.data["edited_timestamp"] is not None
        await sent.delete()
        assert server.said_by_bot(ann) == []
        deleted = await client.first("raw_message_delete")
        assert (deleted.message_id, deleted.guild_id) == (sent.id, None)
        assert len(server.typing[received.channel.id]) == 1


async def test_preview_or_pin_is_an_update_without_an_edit() -> None:
    async with served() as server, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        said = await server.person("Ann").writes(channel, "https://example.org")
        await channel.shows_embed(said)
        await channel.pins(said)
        await client.until(lambda: len(client.all("raw_message_edit")) == 2)
        updates = client.all("raw_message_edit")
        assert [one.data["edited_timestamp"] for one in updates] == [None, None]
        assert len(updates[0].data["embeds"]) == 1


async def test_bulk_delete_has_numbers_only() -> None:
    async with served() as server, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        ann = server.person("Ann")
        said = [await ann.writes(channel, text) for text in "ab"]
        await channel.loses(said)
        raw = await client.first("raw_bulk_message_delete")
        assert raw.message_ids == {one.id for one in said}
        assert server.messages_in(channel) == []


async def test_webhook_and_other_bots_are_told_apart() -> None:
    async with served() as server, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        await channel.webhook_says("Feed", "news")
        await server.person("Robot", is_bot=True).writes(channel, "beep")
        assert (await client.message("news")).webhook_id is not None
        robot = await client.message("beep")
        assert (robot.webhook_id, robot.author.bot) == (None, True)


async def test_body_that_is_no_json_is_50109() -> None:
    async with served() as server, asking(server) as rest:
        url = f"{server.api_base_url}/channels/{server.person('Ann').dm().id}/messages"
        headers = {"Authorization": f"Bot {server.token}", "Content-Type": "application/json"}
        async with rest.http.post(url, data=b"{", headers=headers) as response:
            assert (await response.json())["code"] == 50109


async def test_new_name_comes_with_the_next_message() -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        await ann.writes_dm("one")
        ann.renames("Anna")
        await ann.writes_dm("two")
        assert (await client.message("one")).author.id == ann.id
        assert (await client.message("two")).author.display_name == "Anna"


async def test_fetching_a_person_or_channel_that_is_unknown_is_404() -> None:
    async with served() as server, logged_in(server) as client:
        with pytest.raises(discord.NotFound) as unknown_person:
            await client.fetch_user(1)
        with pytest.raises(discord.NotFound) as unknown_channel:
            await client.fetch_channel(1)
        assert (unknown_person.value.code, unknown_channel.value.code) == (10013, 10003)
