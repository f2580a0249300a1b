"""Commands and buttons of the sandbox, registered and answered by discord.py and by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.discord.library import discord
from connectors.discord.sandbox_people import NotAllowed
from connectors.discord.sandbox_server import DiscordServer
from core.clock import FakeClock
from tests.connectors.discord.raw_gateway import greeted
from tests.connectors.discord.raw_rest import Answered, RawRest, asking
from tests.connectors.discord.sandbox_client import PATIENCE, listening, served

SUPPORT = {"name": "support", "description": "Ask for help", "type": 1}


async def _register(rest: RawRest, server: DiscordServer, *commands: dict[str, Any]) -> Answered:
    return await rest.ask("PUT", f"/applications/{server.bot_id}/commands", list(commands))


async def test_put_replaces_all_commands_and_post_one_of_its_name() -> None:
    async with served() as server, asking(server) as rest:
        path = f"/applications/{server.bot_id}/commands"
        await _register(rest, server, SUPPORT, {**SUPPORT, "name": "link"})
        changed = await rest.ask("POST", path, {**SUPPORT, "description": "Other"})
        assert changed.status == 201
        listed = (await rest.get(path)).body
        assert [(one["name"], one["description"]) for one in listed] == [
            ("link", "Ask for help"),
            ("support", "Other"),
        ]
        await _register(rest, server, SUPPORT)
        assert [one["name"] for one in (await rest.get(path)).body] == ["support"]
        number = (await rest.get(path)).body[0]["id"]
        assert (await rest.ask("DELETE", f"{path}/{number}")).status == 204
        assert (await rest.ask("DELETE", f"{path}/{number}")).refused == (404, 10063)


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Support", "description": "x"},
        {"name": "two words", "description": "x"},
        {"name": "x" * 33, "description": "x"},
        {"name": "support"},
        {"name": "support", "description": "x" * 101},
    ],
)
async def test_malformed_command_is_refused(command: dict[str, Any]) -> None:
    async with served() as server, asking(server) as rest:
        assert (await _register(rest, server, command)).refused == (400, 50035)


async def test_command_that_nobody_registered_cannot_be_run() -> None:
    async with served() as server:
        with pytest.raises(NotAllowed):
            await server.person("Ann").runs_command("support")


async def test_discord_py_answers_a_command_for_one_person_and_follows_up() -> None:
    async with served() as server, listening(server) as client:
        channel = server.guild("Example").text_channel("support")
        tree = discord.app_commands.CommandTree(client)

        @tree.command(name="support", description="Ask for help")
        async def support(interaction: discord.Interaction, topic: str) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await interaction.followup.send(f"about {topic}", ephemeral=True)
            await interaction.edit_original_response(content="done")

        async with asking(server) as rest:
            option = {"name": "topic", "type": 3, "description": "x", "required": True}
            await _register(rest, server, {**SUPPORT, "options": [option]})
        ann = server.person("Ann")
        interaction = await ann.runs_command("support", {"topic": "money"}, place=channel)
        async with asyncio.timeout(PATIENCE):
            await interaction.answered.wait()
        await client.until(
            lambda: interaction.original is not None and interaction.original.content == "done"
        )
        assert interaction.response_kind == 5
        assert [one.content for one in interaction.follow_ups] == ["about money"]
        assert interaction.follow_ups[0].seen_only_by == ann.id
        # Nobody else is told of what only one person sees.
        assert client.all("message") == []


async def test_interaction_needs_no_intent_and_tells_who_and_where() -> None:
    async with served() as server, asking(server) as rest, greeted(server) as gateway:
        await _register(rest, server, SUPPORT)
        await gateway.identify(0)
        guild = server.guild("Example")
        channel = guild.text_channel("support")
        ann = server.person("Ann")
        await ann.runs_command("support", place=channel)
        public = await gateway.dispatch("INTERACTION_CREATE")
        assert (public["guild_id"], public["member"]["user"]["id"]) == (
            str(guild.id),
            str(ann.id),
        )
        assert "user" not in public
        await ann.runs_command("support")
        private = await gateway.dispatch("INTERACTION_CREATE")
        assert (private["user"]["id"], "member" in private) == (str(ann.id), False)
        assert "guild_id" not in private


async def _begun(server: DiscordServer, rest: RawRest) -> tuple[str, str, Any]:
    await _register(rest, server, SUPPORT)
    interaction = await server.person("Ann").runs_command("support")
    callback = f"/interactions/{interaction.id}/{interaction.token}/callback"
    return callback, f"/webhooks/{server.bot_id}/{interaction.token}", interaction


async def test_interaction_is_answered_once_within_3_seconds() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server, asking(server) as rest:
        body = {"type": 4, "data": {"content": "hello"}}
        callback, _, interaction = await _begun(server, rest)
        clock.advance(timedelta(seconds=2))
        assert (await rest.ask("POST", callback, body, token=None)).status == 204
        assert interaction.original.content == "hello"
        assert (await rest.ask("POST", callback, body)).refused == (400, 40060)
        callback, _, _ = await _begun(server, rest)
        clock.advance(timedelta(seconds=4))
        assert (await rest.ask("POST", callback, body)).refused == (404, 10062)


async def test_answer_can_be_changed_for_15_minutes() -> None:
    clock = FakeClock()
    async with served(clock=clock) as server, asking(server) as rest:
        callback, hook, interaction = await _begun(server, rest)
        assert (await rest.ask("POST", hook, {"content": "early"})).refused == (404, 10015)
        await rest.ask("POST", callback, {"type": 5})
        assert interaction.original.flags & (1 << 7)
        original = f"{hook}/messages/@original"
        assert (await rest.ask("PATCH", original, {"content": "later"})).status == 200
        assert (interaction.original.content, interaction.original.flags & (1 << 7)) == ("later", 0)
        clock.advance(timedelta(minutes=16))
        assert (await rest.ask("PATCH", original, {"content": "x"})).refused == (401, 50027)
        assert (await rest.ask("POST", hook, {"content": "x"})).refused == (401, 50027)


async def test_interactions_ping_people_only_unless_they_say_otherwise() -> None:
    async with served() as server, asking(server) as rest:
        channel = server.guild("Example").text_channel("support")
        await _register(rest, server, SUPPORT)
        ann = server.person("Ann")
        interaction = await ann.runs_command("support", place=channel)
        body = {"type": 4, "data": {"content": f"@everyone {ann.mention}"}}
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"
        await rest.ask("POST", path, body)
        assert interaction.original is not None
        assert interaction.original.mention_ids == [ann.id]
        assert not interaction.original.mentions_everyone


async def test_button_is_clicked_and_answered() -> None:
    async with served() as server, listening(server) as client:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Private", custom_id="go"))
        ann = server.person("Ann")
        sent = await (await client.fetch_user(ann.id)).send("in public?", view=view)
        said = server.find_said(sent.channel.id, sent.id)
        interaction = await ann.clicks(said, "go")
        received = await client.first("interaction")
        assert received.message is not None
        assert received.message.id == sent.id
        await received.response.defer()
        assert interaction.response_kind == 6


async def test_message_command_shows_its_target_without_the_content_intent() -> None:
    async with served() as server, asking(server) as rest, greeted(server) as gateway:
        await _register(rest, server, {"name": "Take over", "type": 3})
        await gateway.identify(0)
        channel = server.guild("Example").text_channel("support")
        ann = server.person("Ann")
        said = await ann.writes(channel, "secret")
        await ann.runs_on(said, "Take over")
        asked = (await gateway.dispatch("INTERACTION_CREATE"))["data"]
        assert asked["resolved"]["messages"][asked["target_id"]]["content"] == "secret"
