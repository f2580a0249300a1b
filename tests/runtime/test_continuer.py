"""The loop that lets chats go on elsewhere: by the account that is named, if it can."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.runtime.connectors import ConnectorFactory
from router.runtime.continuer import Continuer
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.registry import Registry
from router.storage.engine import Database
from tests.services.builders import make_account
from tests.web.visiting import Chat, Page, open_chat


@pytest.fixture
async def chat(database: Database, tmp_path: Path) -> AsyncIterator[Chat]:
    async with open_chat(database, tmp_path) as opened:
        yield opened


@pytest.fixture
def continuer(chat: Chat, tmp_path: Path) -> Continuer:
    factory = ConnectorFactory(
        registry=Registry(),
        keyring=chat.keyring,
        clock=chat.database.clock,
        blobs=DiskBlobs(tmp_path / "blobs"),
        http=chat.http,
        public_url="http://127.0.0.1:8080",
    )
    return Continuer(chat.database, factory, LeaseKeeper(chat.database, "here"))


async def unread_answer(chat: Chat, by: str) -> Page:
    page = await chat.visitor(await chat.site(continue_by=by, continue_after_minutes=5))
    await page.open(page.sign())
    await page.say("Hello")
    await chat.answer(page, "Good day")
    return page


async def letters(chat: Chat) -> int:
    found: int = await chat.value("select count(*) from continuations")
    return found


async def test_account_that_is_named_gets_the_letter_once(
    chat: Chat, continuer: Continuer, clock: FakeClock
) -> None:
    account = await make_account(chat.database, channel="email", label="letters")
    await unread_answer(chat, "letters")
    await continuer.work()
    assert await letters(chat) == 0
    clock.advance(timedelta(minutes=5))

    for _ in range(3):
        await continuer.work()

    assert await letters(chat) == 1
    letter = await chat.row(
        "select d.account_id, i.handle, p.remote_place from continuations c"
        " join deliveries d on d.message_id = c.message_id"
        " join identities i on i.id = d.identity_id join places p on p.id = d.place_id"
    )
    address = "grace@people.example"
    assert letter == {"account_id": account, "handle": address, "remote_place": address}


@pytest.mark.parametrize(
    ("by", "state"), [("nobody's", "active"), ("letters", "paused"), ("letters", "removed")]
)
async def test_account_that_is_not_there_is_named_in_the_log_once(
    chat: Chat, continuer: Continuer, clock: FakeClock, by: str, state: str
) -> None:
    await make_account(chat.database, channel="email", label="letters")
    await unread_answer(chat, by)
    await chat.value("update accounts set state = $1 where label = 'letters'", state)
    clock.advance(timedelta(minutes=5))

    with capture_logs() as log:
        for _ in range(3):
            await continuer.work()

    assert [one["event"] for one in log] == ["chat.not_continued"]
    assert await letters(chat) == 0


async def test_channel_on_which_we_may_not_write_first_is_refused(
    chat: Chat, continuer: Continuer, clock: FakeClock
) -> None:
    other = await chat.site("other")
    await chat.value("update accounts set label = 'other' where id = $1", other.account)
    await unread_answer(chat, "other")
    clock.advance(timedelta(minutes=5))

    await continuer.work()

    assert await letters(chat) == 0
