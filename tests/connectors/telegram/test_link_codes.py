"""A deep link on Telegram: pressed, it links the chat to who is signed in at the host's site."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.telegram.connector import TelegramConnector
from router.blobs.disk import DiskBlobs
from router.services.outbound.automatic_texts import Line, masked, sentence
from router.storage.engine import Database
from tests.connectors.linking_record import HOST, LinkingRecord
from tests.connectors.telegram.running import Running
from tests.services.builders import make_account


@pytest.fixture
async def record(database: Database, tmp_path: Path, running: Running) -> LinkingRecord:
    account = await make_account(database, channel="telegram")
    return LinkingRecord(database, DiskBlobs(tmp_path), account, running.connector)


def parameter_of(url: str) -> str:
    """What the client says after /start when the address is pressed."""
    return parse_qs(urlsplit(url).query)["start"][0]


async def presses(running: Running, record: LinkingRecord, url: str, who: str = "Ann") -> list[str]:
    """Somebody presses the address, and has read what the bot says then; all of it."""
    ann = running.server.person(who)
    before = record.accepted
    async with reading(running, record):
        await ann.starts(parameter_of(url))
        await running.until(lambda: record.accepted > before)
    await record.send()
    return [one.text for one in running.server.messages_in(ann)]


@asynccontextmanager
async def reading(running: Running, record: LinkingRecord) -> AsyncIterator[None]:
    task = asyncio.ensure_future(running.connector.receive(record, {}))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_pressed_link_links_the_chat_and_says_so_in_it(
    running: Running, record: LinkingRecord
) -> None:
    code = (await record.code("telegram")).code
    own_name = (await running.connector.check()).own_name
    url = TelegramConnector.link_url(own_name, code)
    assert url == f"https://t.me/{own_name}?start={code}"

    heard = await presses(running, record, url)

    assert await record.accounts("telegram") == [HOST]
    assert heard == [sentence(Line.LINKED, "en", {"account": masked(HOST)})]
    assert code not in await record.dump()


async def test_link_that_somebody_else_pressed_before_is_refused(
    running: Running, record: LinkingRecord
) -> None:
    code = (await record.code("telegram")).code
    url = str(TelegramConnector.link_url("harbor_bot", code))
    await presses(running, record, url)

    heard = await presses(running, record, url, "Bo")

    assert await record.accounts("telegram") == [HOST, None]
    assert heard == [sentence(Line.LINK_REFUSED, "en", {})]


async def test_link_of_a_campaign_is_answered_by_nobody(
    running: Running, record: LinkingRecord
) -> None:
    heard = await presses(running, record, "https://t.me/harbor_bot?start=spring_2026")

    assert heard == []
    assert await record.accounts("telegram") == [None]
