"""/support opens a private place, /link hands a code over, and both are registered once."""

import pytest

from connectors.discord.commands import _TEXTS, _language
from connectors.discord.replies import REPLY
from connectors.discord.sandbox_interactions import Interaction
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_people import NotAllowed
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_records import ChannelKind
from core.messages import MessageReceived, PlaceKind, Unreadable
from tests.connectors.discord.desk import Desk, at_desk, desk_on
from tests.connectors.discord.sandbox_client import served

REGISTER = "PUT /applications/{application}/commands"


async def answered(desk: Desk, interaction: Interaction, text: str = "") -> str:
    """What the person, and only they, read in the end."""
    await desk.until(
        lambda: (
            interaction.original is not None
            and text in interaction.original.content
            and bool(interaction.original.content)
        )
    )
    assert interaction.original is not None
    assert interaction.original.seen_only_by == interaction.person_id
    return interaction.original.content


async def test_commands_are_registered_once_and_not_at_every_start() -> None:
    async with at_desk(registers_commands=True) as desk:
        for _ in range(2):
            async with desk.reading() as reading:
                await desk.server.person("Grace").writes_dm("hello")
                await reading.message("hello")
            await desk.restarts()
            desk.server.gateway.sessions.clear()
        assert sum(one.route == REGISTER for one in desk.server.requests) == 1
        names = [one["name"] for one in desk.server.interactions.commands[None]]
        assert names == ["support", "link"]


async def test_refused_registration_stops_nothing() -> None:
    async with at_desk(registers_commands=True) as desk:
        desk.server.faults.add(status=403, body={"code": 50001}, route=REGISTER)
        async with desk.reading() as reading:
            await desk.server.person("Grace").writes_dm("hello")
            await reading.message("hello")
            with pytest.raises(NotAllowed):
                await desk.server.person("Grace").runs_command("support")
        assert "discord.commands_not_registered" in [one.event for one in desk.log.entries]


async def test_support_opens_a_private_thread_that_the_desk_reads() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        lobby = guild.text_channel("lobby")
        config = {"support_channel_id": str(lobby.id), "registers_commands": True}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            interaction = await ada.runs_command("support", place=guild.text_channel("chatter"))
            text = await answered(desk, interaction, "Please go on here")
            (thread,) = server.world.threads_of(guild.id)
            assert text == f"Please go on here: <#{thread.id}>"
            assert thread.kind is ChannelKind.PRIVATE_THREAD
            assert thread.thread is not None
            assert {ada.id, server.bot_id} <= set(thread.thread.members)
            assert not desk.all(MessageReceived)
            await ada.posts(thread, Draft(text="my secret"))
            event = await reading.message("my secret")
            assert event.place.kind is PlaceKind.DIRECT
            assert event.place.remote == str(thread.id)


async def test_support_writes_to_the_person_where_no_channel_is_set() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("chatter")
        async with desk_on(server, registers_commands=True) as desk, desk.reading():
            ada = server.person("Ada")
            interaction = await ada.runs_command("support", place=channel)
            assert await answered(desk, interaction) == f"Please go on here: <#{ada.dm().id}>"
            assert len(server.said_by_bot(ada)) == 1


async def test_support_says_so_if_direct_messages_are_closed_and_no_case_is_begun() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("chatter")
        async with desk_on(server, registers_commands=True) as desk, desk.reading():
            ada = server.person("Ada")
            ada.closes_dms()
            interaction = await ada.runs_command("support", place=channel)
            assert "allow direct messages" in await answered(desk, interaction)
            assert not desk.all(MessageReceived)


async def test_support_says_so_if_no_thread_can_be_made() -> None:
    async with served() as server:
        lobby = server.guild("Harbor").text_channel("lobby")
        config = {"support_channel_id": str(lobby.id), "registers_commands": True}
        async with desk_on(server, **config) as desk, desk.reading():
            lobby.denies(Permission.CREATE_PRIVATE_THREADS)
            interaction = await server.person("Ada").runs_command("support", place=lobby)
            assert "did not work" in await answered(desk, interaction)


async def test_support_in_a_direct_chat_is_there_already() -> None:
    async with at_desk(registers_commands=True) as desk, desk.reading():
        interaction = await desk.server.person("Grace").runs_command("support")
        assert "write here" in await answered(desk, interaction)


async def test_link_hands_the_code_over_and_shows_it_nowhere() -> None:
    code = "K7Q2-9XPM"
    async with served() as server:
        channel = server.guild("Harbor").text_channel("chatter")
        config = {"registers_commands": True, "channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            interaction = await ada.runs_command("link", {"code": f" {code} "}, place=channel)
            event = await reading.event(MessageReceived)
            assert "Thank you" in await answered(desk, interaction)
        assert (event.link_code, event.context) == (code, {REPLY: str(interaction.id)})
        assert event.text == "/link"
        assert event.sender.handle == str(ada.id)
        assert event.place.kind is PlaceKind.DIRECT
        assert event.raw is not None
        assert code.encode() not in event.raw
        assert interaction.token.encode() not in event.raw
        assert not any(code in str(one) for one in desk.log.entries)


async def test_link_is_answered_only_after_the_code_is_stored() -> None:
    async with at_desk(registers_commands=True) as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        await grace.writes_dm("hi")
        await reading.event(MessageReceived)  # what the start commits is behind us
        desk.sink.hang()
        interaction = await grace.runs_command("link", {"code": "K7Q2-9XPM"})
        await desk.until(lambda: bool(desk.sink.refused))
        assert interaction.response_kind is None


async def test_command_that_cannot_be_read_is_quarantined_without_its_token() -> None:
    async with at_desk(registers_commands=True) as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        interaction = await grace.runs_command("link", {})
        junk = await reading.event(Unreadable)
        assert junk.raw is not None
        assert interaction.token.encode() not in junk.raw


async def test_answers_are_in_the_language_of_the_persons_client() -> None:
    assert [_language(one) for one in ("zh-CN", "zh-TW", "ru", "en-US", "de", "")] == [
        "zh", "zh", "ru", "en", "en", "en",
    ]  # fmt: skip
    assert all(set(texts) == {"en", "zh", "ru"} for texts in _TEXTS.values())
