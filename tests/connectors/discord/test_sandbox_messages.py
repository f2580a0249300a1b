"""Messages at the sandbox's REST API: what is taken, what is refused, how they are read back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_settings import Settings
from core.clock import FakeClock
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, logged_in, quick, served

MIB = 2**20


async def test_2000_characters_are_taken_and_2001_refused() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        assert (await rest.say(channel.id, "🦊" * 2_000)).status == 200
        refused = await rest.say(channel.id, "x" * 2_001)
        assert refused.refused == (400, 50035)
        assert refused.body["errors"]["content"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " \n"}, {"embeds": []}])
async def test_empty_message_is_50006(body: dict[str, Any]) -> None:
    async with served() as server, asking(server) as rest:
        path = f"/channels/{server.person('Ann').dm().id}/messages"
        assert (await rest.ask("POST", path, body)).refused == (400, 50006)


@pytest.mark.parametrize(
    ("embeds", "is_taken"),
    [
        ([{"title": "x" * 256, "description": "y" * 4096}], True),
        ([{"title": "x" * 257}], False),
        ([{"description": "y" * 4097}], False),
        ([{"description": "y" * 3000}, {"description": "y" * 3000}], True),
        ([{"description": "y" * 3000}, {"description": "y" * 3001}], False),
        ([{"title": "x"}] * 10, True),
        ([{"title": "x"}] * 11, False),
        ([{"fields": [{"name": "x", "value": ""}]}], False),
    ],
)
async def test_10_embeds_with_6000_characters_together(embeds: Any, is_taken: bool) -> None:
    async with served() as server, asking(server) as rest:
        answer = await rest.say(server.person("Ann").dm().id, "", embeds=embeds)
        assert answer.status == (200 if is_taken else 400)


async def test_file_over_10_mib_and_request_over_25_mib_are_40005() -> None:
    assert (Settings().largest_file, Settings().largest_request) == (10 * MIB, 25 * MIB)
    settings = quick(largest_file=10_000, largest_request=25_000)
    async with served(settings) as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        one = ("a.bin", b"x" * 10_000)
        assert (await rest.upload(channel.id, {}, one, one)).status == 200
        larger = ("a.bin", b"x" * 10_001)
        assert (await rest.upload(channel.id, {}, larger)).refused == (413, 40005)
        assert (await rest.upload(channel.id, {}, one, one, one)).refused == (413, 40005)


async def test_file_that_a_body_names_must_be_there() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        body = {"attachments": [{"id": 1, "filename": "b.txt"}]}
        refused = await rest.upload(channel.id, body, ("a.txt", b"a"))
        assert (refused.refused, refused.reasons) == ((400, 50035), ["ATTACHMENT_NOT_FOUND"])


async def test_kind_of_a_file_comes_from_its_name_and_description_from_the_body() -> None:
    async with served() as server, asking(server) as rest:
        body = {"attachments": [{"id": 0, "description": "a fox"}]}
        sent = await rest.upload(server.person("Ann").dm().id, body, ("fox.png", b"not a fox"))
        (file,) = sent.body["attachments"]
        assert (file["content_type"], file["description"], file["size"]) == (
            "image/png",
            "a fox",
            9,
        )


@pytest.mark.parametrize(
    ("wish", "is_taken"),
    [
        ({"parse": []}, True),
        ({"parse": ["users", "roles", "everyone"]}, True),
        ({"parse": ["user"]}, False),
        ({"users": ["1"] * 100}, True),
        ({"users": ["1"] * 101}, False),
        ({"roles": ["1"] * 101}, False),
        ({"parse": ["users"], "users": ["1"]}, False),
        ({"parse": ["users"], "users": []}, True),
        ([], False),
    ],
)
async def test_allowed_mentions_are_checked(wish: Any, is_taken: bool) -> None:
    async with served() as server, asking(server) as rest:
        answer = await rest.say(server.person("Ann").dm().id, allowed_mentions=wish)
        assert answer.status == (200 if is_taken else 400)


@pytest.mark.parametrize(
    ("wish", "people", "roles", "everyone"),
    [
        (None, 1, 1, True),
        ({"parse": []}, 0, 0, False),
        ({"parse": ["everyone"]}, 0, 0, True),
        ({"parse": ["users"]}, 1, 0, False),
        ({}, 0, 0, False),
    ],
)
async def test_without_allowed_mentions_everyone_is_pinged(
    wish: dict[str, Any] | None, people: int, roles: int, everyone: bool
) -> None:
    async with served() as server, asking(server) as rest:
        guild = server.guild("Example")
        ann = server.person("Ann")
        role = guild.role("staff")
        channel = guild.text_channel("support")
        more: dict[str, Any] = {} if wish is None else {"allowed_mentions": wish}
        said = await rest.say(channel.id, f"{ann.mention} <@&{role.id}> @everyone", **more)
        body = said.body
        assert len(body["mentions"]) == people
        assert len(body["mention_roles"]) == roles
        assert body["mention_everyone"] is everyone


@pytest.mark.parametrize(("wish", "pinged"), [(None, 1), ({"parse": []}, 0)])
async def test_author_replied_to_is_pinged_unless_it_says_otherwise(
    wish: dict[str, Any] | None, pinged: int
) -> None:
    async with served() as server, asking(server) as rest:
        said = await server.person("Ann").writes_dm("hello")
        more: dict[str, Any] = {} if wish is None else {"allowed_mentions": wish}
        reply = await rest.say(said.channel.id, message_reference={"message_id": said.id}, **more)
        assert reply.body["type"] == 19
        assert reply.body["referenced_message"]["content"] == "hello"
        assert len(reply.body["mentions"]) == pinged


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
        clock.advance(timedelta(minutes=2))
        later = await rest.say(channel.id, "three", nonce="n", enforce_nonce=True)
        assert later.body["content"] == "three"


async def test_nonce_that_is_not_enforced_repeats_and_25_characters_are_the_most() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.person("Ann").dm()
        ids = {(await rest.say(channel.id, nonce="n" * 25)).body["id"] for _ in range(2)}
        assert len(ids) == 2
        assert (await rest.say(channel.id, nonce="n" * 26)).refused == (400, 50035)


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


async def test_edit_reads_its_mentions_anew_by_its_own_allowed_mentions() -> None:
    async with served() as server, asking(server) as rest:
        ann = server.person("Ann")
        channel = ann.dm()
        sent = await rest.say(channel.id, ann.mention, allowed_mentions={"parse": []})
        path = f"/channels/{channel.id}/messages/{sent.body['id']}"
        assert sent.body["mentions"] == []
        edited = await rest.ask("PATCH", path, {"content": f"again {ann.mention}"})
        assert len(edited.body["mentions"]) == 1
        assert edited.body["edited_timestamp"] is not None


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


async def test_reaction_with_no_emoji_is_10014_and_the_21st_30010() -> None:
    async with served() as server, asking(server) as rest:
        ann = server.person("Ann")
        said = await ann.writes_dm("hello")
        path = f"/channels/{said.channel.id}/messages/{said.id}/reactions"
        assert (await rest.ask("PUT", f"{path}/ok/@me")).refused == (400, 10014)
        assert (await rest.ask("PUT", f"{path}/fox:77/@me")).status == 204
        for number in range(19):
            await ann.reacts(said, chr(0x1F600 + number))
        assert (await rest.ask("PUT", f"{path}/👍/@me")).refused == (400, 30010)


async def test_files_are_read_by_their_signed_address_until_it_expires() -> None:
    clock = FakeClock()
    settings = quick(attachment_lifetime=timedelta(hours=1))
    async with served(settings, clock=clock) as server, asking(server) as rest:
        said = await server.person("Ann").writes_dm(
            "look", files=[SentFile(name="ä b.txt", content=b"fox", media_type="text/plain")]
        )
        path = f"/channels/{said.channel.id}/messages/{said.id}"

        async def fetched(address: str) -> tuple[int, bytes]:
            async with rest.http.get(address) as response:
                return response.status, await response.read()

        address = (await rest.get(path)).body["attachments"][0]["url"]
        expires = int(address.partition("ex=")[2].partition("&")[0], 16)
        assert expires == clock.now().timestamp() + 3600
        assert "&is=" in address
        assert await fetched(address) == (200, b"fox")
        assert (await fetched(address.replace("ex=", "ex=f")))[0] == 404
        assert (await fetched(address.partition("?")[0]))[0] == 404
        clock.advance(timedelta(hours=1))
        assert (await fetched(address))[0] == 404
        fresh = (await rest.get(path)).body["attachments"][0]["url"]
        assert await fetched(fresh) == (200, b"fox")


async def test_stickers_voice_polls_and_forwards_look_as_discord_shows_them() -> None:
    async with served() as server, listening(server) as client:
        ann = server.person("Ann")
        await ann.sends_sticker("Wumpus")
        await ann.speaks(b"OggS", 3.5)
        await ann.polls("Which?", "this", "that")
        original = await server.person("Bob").writes_dm(
            "original", files=[SentFile(name="a.txt", content=b"file")]
        )
        await ann.forwards(original)
        await client.until(lambda: len(client.all("message")) == 5)
        sticker, voice, poll, _, forward = client.all("message")
        assert [one.name for one in sticker.stickers] == ["Wumpus"]
        assert sticker.content == ""
        assert (voice.flags.voice, voice.attachments[0].duration) == (True, 3.5)
        assert voice.attachments[0].is_voice_message()
        assert [one.text for one in poll.poll.answers] == ["this", "that"]
        assert (forward.content, forward.reference.type.value) == ("", 1)
        (snapshot,) = forward.message_snapshots
        assert snapshot.content == "original"
        assert await snapshot.attachments[0].read() == b"file"


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


async def test_fetching_a_person_or_channel_that_is_unknown_is_404() -> None:
    async with served() as server, logged_in(server) as client:
        with pytest.raises(discord.NotFound) as unknown_person:
            await client.fetch_user(1)
        with pytest.raises(discord.NotFound) as unknown_channel:
            await client.fetch_channel(1)
        assert (unknown_person.value.code, unknown_channel.value.code) == (10013, 10003)
