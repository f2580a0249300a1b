"""What a message of the sandbox may hold, and how Discord shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_settings import Settings
from core.clock import FakeClock
from tests.connectors.discord.raw_rest import asking
from tests.connectors.discord.sandbox_client import listening, quick, served

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


async def test_files_may_be_out_of_reach_for_a_while() -> None:
    async with served() as server, asking(server) as rest:
        said = await server.person("Ann").writes_dm(files=[SentFile(name="a.txt", content=b"fox")])
        address = server.cdn.address(said.message.uploads[0])
        server.cdn.is_down = True
        async with rest.http.get(address) as response:
            assert response.status == 503
        server.cdn.is_down = False
        async with rest.http.get(address) as response:
            assert await response.read() == b"fox"
        assert server.cdn.fetches == 2
