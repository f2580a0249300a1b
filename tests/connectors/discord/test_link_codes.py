"""/link on Discord: answered to them alone at once, and what came of it said in private."""

import asyncio
from pathlib import Path

from core.link_codes import new_code
from router.blobs.disk import DiskBlobs
from router.services.outbound.automatic_texts import Line, masked, sentence
from router.storage.engine import Database
from tests.connectors.discord.desk import Desk, desk_on
from tests.connectors.discord.sandbox_client import served
from tests.connectors.linking_record import HOST, LinkingRecord
from tests.services.builders import make_account


async def runs_link(
    desk: Desk, database: Database, folder: Path, code: str | None = None
) -> tuple[LinkingRecord, list[str], str]:
    """Ada runs /link where others read along: the record, her direct chat, and her answer."""
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
        await record.send()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    original = interaction.original
    assert original is not None
    assert original.seen_only_by == ada.id
    assert code not in await record.dump()
    return record, [one.content for one in desk.server.messages_in(ada)], original.content


async def test_command_links_and_only_they_are_told(database: Database, tmp_path: Path) -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        record, heard, answer = await runs_link(desk, database, tmp_path)

    assert await record.accounts("discord") == [HOST]
    assert heard == [sentence(Line.LINKED, "en", {"account": masked(HOST)})]
    assert "If the code is valid" in answer


async def test_wrong_code_reads_the_same_at_once_and_is_refused_in_private(
    database: Database, tmp_path: Path
) -> None:
    async with served() as server, desk_on(server, registers_commands=True) as desk:
        record, heard, answer = await runs_link(desk, database, tmp_path, new_code())

    assert await record.accounts("discord") == [None]
    assert heard == [sentence(Line.LINK_REFUSED, "en", {})]
    assert "If the code is valid" in answer
