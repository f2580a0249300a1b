"""Files that came as a reference: fetched, refused for good, or asked for again later."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.errors import ContentRejected, RateLimited, TransientError
from core.messages import InboundAttachment
from router.runtime.fetcher import FIRST_PAUSE, GIVE_UP_AFTER, Fetcher
from router.storage.engine import Database
from tests.runtime.sending_desk import WillingConnector
from tests.services.answering_desk import AnsweringDesk, open_desk


class Giving(WillingConnector):
    """Gives what a test laid out, or raises it."""

    def __init__(self, *given: bytes | Exception) -> None:
        super().__init__(Capabilities(fetch_attachment=True))
        self.given = list(given)
        self.asked_for: list[str | None] = []

    async def fetch_attachment(self, attachment: InboundAttachment) -> bytes:
        self.asked_for.append(attachment.remote)
        one = self.given.pop(0)
        if isinstance(one, Exception):
            raise one
        return one


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    made = await open_desk(database, tmp_path)
    file = InboundAttachment(name="a.png", media_type="image/png", size=3, remote="file-1")
    await made.hear("ann", "Look", attachments=(file,))
    return made


def fetcher(desk: AnsweringDesk, connector: Giving, *, account: int | None = None) -> Fetcher:
    return Fetcher(desk.database, desk.blobs, connector, account or desk.account)


async def state(desk: AnsweringDesk) -> tuple[str, int, str]:
    row = await desk.row("select state, size, refused_reason from attachments")
    return row["state"], row["size"], row["refused_reason"]


async def test_fetched_file_is_kept_and_its_message_is_told(desk: AnsweringDesk) -> None:
    connector = Giving(b"picture")
    before = await desk.newest_fact()

    await fetcher(desk, connector).look()

    assert await state(desk) == ("stored", 7, "")
    key = await desk.value("select blob_key from attachments")
    assert await desk.blobs.size(str(key)) == 7
    assert [kind for kind, _, _ in await desk.facts(before)] == ["message.changed"]
    assert await fetcher(desk, connector).look() == 0


async def test_file_that_the_network_refuses_says_why(desk: AnsweringDesk) -> None:
    await fetcher(desk, Giving(ContentRejected("It is too large."))).look()

    assert await state(desk) == ("refused", 3, "It is too large.")


async def test_file_that_fails_is_asked_for_again_after_a_pause(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    connector = Giving(TransientError("Down."), ValueError("a fault of ours"), b"picture")
    fetching = fetcher(desk, connector)

    found = [await fetching.look(), await fetching.look()]
    clock.advance(FIRST_PAUSE)
    found.append(await fetching.look())
    clock.advance(FIRST_PAUSE)
    found.append(await fetching.look())
    clock.advance(FIRST_PAUSE)
    found.append(await fetching.look())

    assert found == [1, 0, 1, 0, 1]
    assert (await state(desk))[0] == "stored"


async def test_network_that_says_wait_is_waited_for(desk: AnsweringDesk, clock: FakeClock) -> None:
    wait = timedelta(minutes=5)
    fetching = fetcher(desk, Giving(RateLimited("Slow down.", retry_after=wait), b"picture"))

    await fetching.look()
    clock.advance(wait - timedelta(seconds=1))
    assert await fetching.look() == 0
    clock.advance(timedelta(seconds=1))
    assert await fetching.look() == 1


async def test_file_is_given_up_after_a_day(desk: AnsweringDesk, clock: FakeClock) -> None:
    clock.advance(GIVE_UP_AFTER)

    await fetcher(desk, Giving(TransientError("Down."))).look()

    assert await state(desk) == ("refused", 3, "It could not be fetched for a day: Down.")


async def test_files_of_another_account_are_not_ours(desk: AnsweringDesk) -> None:
    connector = Giving()

    assert await fetcher(desk, connector, account=desk.account + 1).look() == 0
    assert connector.asked_for == []
