"""/link on Discord: answered to them alone at once, and that answer then says what came of it."""

import asyncio
from pathlib import Path

import pytest

from connectors.discord.replies import Address
from core.errors import TransientError
from core.link_codes import new_code
from router.blobs.disk import DiskBlobs
from router.services.outbound.automatic_texts import Line, masked, sentence
from router.storage.engine import Database
from tests.connectors.discord.desk import Desk, desk_on
from tests.connectors.discord.sandbox_client import served
from tests.connectors.linking_record import HOST, LinkingRecord
from tests.services.builders import make_account


async def runs_link(
    desk: Desk,
    database: Database,
    folder: Path,
    code: str | None = None,
    *,
    is_forgotten: bool = False,
) -> tuple[LinkingRecord, list[str], list[str]]:
    """Ada runs /link where others read along: the record, her direct chat, and her answer as it was
    at once and as it is then.
    """
    channel = desk.server.guild("Harbor").text_channel("chatter")
    account = await make_account(database, channel="discord")
    record = LinkingRecord(database, DiskBlobs(folder), account, desk.connector)
    code = code or (await record.code("discord")).code
    ada = desk.server.person("Ada")
    await desk.connector.open()
    task = asyncio.ensure_future(desk.connector.receive(record, {}))
    try:
        await desk.until(lambda: task.done() or desk.connector.health().state == "running")
        before = record.accepted
        interaction = await ada.runs_command("link", {"code": code}, place=channel)
        await desk.until(lambda: record.accepted > before and interaction.original is not None)
        assert interaction.original is not None
        at_once = interaction.original.content
        if is_forgotten:
            desk.connector.replies.forget()
        await record.send()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    original = interaction.original
    assert original is not None
    assert original.seen_only_by == ada.id
    assert code not in await record.dump()
    heard = [one.content for one in desk.server.messages_in(ada)]
    return record, heard, [at_once, original.content]


async def test_command_links_and_its_answer_says_so_to_them_alone(
    database: Database, tmp_path: Path
) -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        record, heard, (at_once, then) = await runs_link(desk, database, tmp_path)

    assert await record.accounts("discord") == [HOST]
    assert "If the code is valid" in at_once
    assert then == sentence(Line.LINKED, "en", {"account": masked(HOST)})
    assert heard == []


async def test_wrong_code_reads_the_same_at_once_and_is_refused_in_the_answer(
    database: Database, tmp_path: Path
) -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        record, heard, (at_once, then) = await runs_link(desk, database, tmp_path, new_code())

    assert await record.accounts("discord") == [None]
    assert "If the code is valid" in at_once
    assert then == sentence(Line.LINK_REFUSED, "en", {})
    assert heard == []


async def test_after_a_restart_what_came_of_it_is_said_in_their_direct_chat(
    database: Database, tmp_path: Path
) -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        _, heard, (at_once, then) = await runs_link(desk, database, tmp_path, is_forgotten=True)

    assert heard == [sentence(Line.LINKED, "en", {"account": masked(HOST)})]
    assert then == at_once


async def test_answer_that_cannot_be_changed_any_more_is_asked_once_and_then_left() -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        await desk.connector.open()
        assert desk.connector.client is not None
        replies = desk.connector.replies
        replies.expect("7")
        waiting = asyncio.ensure_future(replies.find("7"))
        await asyncio.sleep(0)
        assert not waiting.done()  # what came of it may be known before the command is answered
        replies.settle("7", Address(str(server.application.bot_id), "over"))
        address = await waiting
        assert address is not None

        with pytest.raises(TransientError):
            await replies.fill(desk.connector.client, "7", address, "Linked.")

        assert await replies.find("7") is None
