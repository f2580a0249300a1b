"""The sandbox is a Discord that one can play with, stop, and start again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.discord.sandbox import DIRECT, PUBLIC, DiscordSandbox, number_of
from core.sandbox import SandboxAttachment, SandboxLine
from tests.connectors.discord.sandbox_client import listening, logged_in, quick
from tests.waiting import until

GRACE = "80351110224678912"


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[DiscordSandbox]:
    made = DiscordSandbox(quick(), desk_seconds=0)
    await made.start(folder)
    try:
        yield made
    finally:
        await made.stop()


def line(text: str, *, place: str = DIRECT, address: str = GRACE, name: str = "") -> SandboxLine:
    files = (SandboxAttachment(name=name, content=b"x" * 3),) if name else ()
    return SandboxLine(person="Grace", address=address, text=text, place=place, attachments=files)


async def test_lines_in_private_and_in_public_arrive_there(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, listening(made.server) as client:
        await made.say(line("to you", name="a.txt"))
        await made.say(line("to all", place=PUBLIC))
        private = await client.message("to you")
        public = await client.message("to all")
        assert private.guild is None
        assert await private.attachments[0].read() == b"xxx"
        assert [str(public.channel.id)] == made.account_config()["channel_ids"]
        assert str(private.author.id) == str(public.author.id) == GRACE
        assert public.author.display_name == "Grace"


async def test_person_hears_what_was_said_to_them_and_where_they_wrote(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, listening(made.server) as client:
        await made.say(line("a"))
        await made.say(line("b", place=PUBLIC, address="7"))
        await (await client.message("a")).channel.send("to Grace")
        await (await client.message("b")).channel.send("to all")
        assert [one.text for one in await made.heard(GRACE)] == ["to Grace"]
        assert [one.text for one in await made.heard("7")] == ["to all"]
        assert await made.heard("nobody@nowhere.example") == []


@pytest.mark.parametrize("place", [DIRECT, PUBLIC])
async def test_line_that_begins_with_a_slash_runs_the_command(tmp_path: Path, place: str) -> None:
    option = {"type": 3, "name": "code", "description": "The code", "required": True}
    async with sandbox(tmp_path) as made, listening(made.server) as client:
        body = {"name": "link", "description": "Link", "type": 1, "options": [option]}
        await client.http.upsert_global_command(client.application_id, body)
        await made.say(line("/link 7K3M-9QXA", place=place))
        found = await client.first("interaction")
        assert found.data["name"] == "link"
        assert found.data["options"] == [{"name": "code", "type": 3, "value": "7K3M-9QXA"}]
        assert str(found.user.id) == GRACE
        with pytest.raises(ValueError, match="/link needs its code"):
            await made.say(line("/link", place=place))
        with pytest.raises(ValueError, match="no command /unheard"):
            await made.say(line("/unheard of", place=place))


async def test_last_words_in_a_place_are_changed_and_deleted_there(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        await made.say(line("in private"))
        await made.say(line("to all", place=PUBLIC))
        await made.say(line("of another", place=PUBLIC, address="7"))

        await made.change_last(line("to all of you", place=PUBLIC))
        await made.delete_last(line(""))

        world = made.server.world
        public = world.messages_in(made.channel.channel).values()
        assert [one.content for one in public] == ["to all of you", "of another"]
        with pytest.raises(ValueError, match="nothing there yet"):
            await made.delete_last(line(""))


async def test_restart_keeps_what_was_said_the_token_and_the_ports(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        before = made.account_config()
        await made.say(line("before", name="a.txt"))
        async with logged_in(made.server) as client:
            person = await client.fetch_user(int(GRACE))
            await person.send("answered")
    async with sandbox(tmp_path) as made:
        assert made.account_config() == before
        assert [one.text for one in await made.heard(GRACE)] == ["answered"]
        async with logged_in(made.server) as client:
            channel = await (await client.fetch_user(int(GRACE))).create_dm()
            said = [one async for one in channel.history(oldest_first=True)]
            assert [one.content for one in said] == ["before", "answered"]
            assert await said[0].attachments[0].read() == b"xxx"
            await made.say(line("after"))
            newest = await anext(channel.history(limit=1))
            assert newest.content == "after"
            assert newest.id > said[1].id


async def test_line_cut_off_by_a_kill_loses_nothing_else(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        await made.say(line("kept"))
    journal = tmp_path / "discord" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'["keep","mess')
    for text in ("after the kill", "and once more"):
        async with sandbox(tmp_path) as made:
            await made.say(line(text))
    async with sandbox(tmp_path) as made:
        channel = made.server.person("Grace", number=int(GRACE)).dm()
        said = [one.content for one in made.server.messages_in(channel)]
        assert said == ["kept", "after the kill", "and once more"]


async def test_taken_port_is_given_up_for_a_free_one(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        before = made.account_config()["api_base_url"]
    port = int(before.split(":")[2].partition("/")[0])
    blocker = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    async with blocker, sandbox(tmp_path) as made:
        assert made.account_config()["api_base_url"] != before


async def test_another_name_with_the_same_number_is_the_same_person_renamed(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, listening(made.server) as client:
        await made.say(line("first"))
        await made.say(SandboxLine(person="Amazing Grace", address=GRACE, text="second"))
        first, second = await client.message("first"), await client.message("second")
        assert second.author.id == first.author.id
        assert second.author.display_name == "Amazing Grace"


def test_other_addresses_stand_for_one_number_each() -> None:
    assert number_of(f" {GRACE} ") == int(GRACE)
    assert number_of("grace@people.example") == number_of("grace@people.example")
    assert number_of("grace@people.example") != number_of("wei@people.example")
    assert number_of("grace@people.example") < 1 << 63


async def test_stopped_twice_it_leaves_no_task(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with sandbox(tmp_path) as made, listening(made.server):
        await made.say(line("x"))
    await made.stop()

    async def nothing_runs() -> bool:
        return asyncio.all_tasks() <= before

    assert await until(nothing_runs)
