"""Events that cannot be stored as they are: each is set aside alone, and nothing waits for it."""

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from core.connector import LeaseLost
from core.ids import RemotePlace, digest
from core.messages import InboundAttachment, MessageReceived, Place, PlaceKind, Unreadable
from core.people import Evidence, EvidenceKind
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage import leases
from router.storage.engine import Collision, Database
from tests.services.builders import make_account, received, sender
from tests.waiting import until_blocked

BEFORE_ALL_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
AFTER_ALL_TIME = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def at(event: MessageReceived, moment: datetime) -> MessageReceived:
    return msgspec.structs.replace(event, sent_at=moment)


@pytest.mark.parametrize("moment", [BEFORE_ALL_TIME, AFTER_ALL_TIME])
async def test_a_message_from_outside_the_calendar_is_stored_without_its_time(
    database: Database, blobs: DiskBlobs, moment: datetime
) -> None:
    account = await make_account(database)
    poison = at(received("eve"), moment)

    [result] = await accept(
        database, blobs, [Incoming(account_id=account, fence=None, events=(poison,))]
    )

    assert isinstance(result, list)
    async with database.reading() as work:
        row = await work.driver.fetchrow("select text, sent_at from messages")
    assert (row["text"], row["sent_at"]) == ("Hello", None)


async def test_a_size_beyond_all_numbers_fails_no_neighbour(
    database: Database, blobs: DiskBlobs
) -> None:
    account, other = await make_account(database), await make_account(database)
    huge = InboundAttachment(name="a", size=2**70, refused="Too large.")
    poison = received("eve", attachments=(huge,))

    results = await accept(
        database,
        blobs,
        [
            Incoming(account_id=account, fence=None, events=(poison,)),
            Incoming(account_id=other, fence=None, events=(received("ana", "fine"),)),
        ],
    )

    assert all(isinstance(result, list) and result[0] for result in results)
    async with database.reading() as work:
        texts = await work.driver.fetch("select text from messages where state = 'shown'")
    assert "fine" in [row["text"] for row in texts]


async def test_an_unreadable_event_with_an_impossible_place_is_still_seen(
    database: Database, blobs: DiskBlobs
) -> None:
    account = await make_account(database)
    endless = "".join(digest(str(n).encode()) for n in range(200))  # more than an index takes
    place = Place(remote=RemotePlace(endless), kind=PlaceKind.DIRECT)
    poison = Unreadable(event_key="e1", raw=b"raw", reason="Odd.", place=place)

    [result] = await accept(
        database, blobs, [Incoming(account_id=account, fence=None, events=(poison,))]
    )

    assert isinstance(result, list)
    async with database.reading() as work:
        states = await work.driver.fetch("select state from messages")
    assert [row["state"] for row in states] == ["placeholder"]


async def test_a_former_owners_request_beside_the_present_ones_is_refused_alone(
    database: Database, blobs: DiskBlobs
) -> None:
    account = await make_account(database)
    name = leases.account_lease(account)
    async with database.transaction() as work:
        await leases.take(work, name, "a")
        await leases.give_back(work, {name: 1}, "a")
        assert await leases.take(work, name, "b") == 2

    late, present = await accept(
        database,
        blobs,
        [
            Incoming(account_id=account, fence=1, events=(received("ana", "late"),)),
            Incoming(account_id=account, fence=2, events=(received("ana", "present"),)),
        ],
    )

    assert isinstance(late, LeaseLost)
    assert isinstance(present, list)


async def test_an_event_that_collides_each_time_is_brought_again_and_not_set_aside(
    database: Database, blobs: DiskBlobs
) -> None:
    account = await make_account(database)
    async with database.transaction() as work:
        await work.driver.execute(
            """
            create function collide() returns trigger language plpgsql as
                $$ begin raise exception using errcode = 'deadlock_detected'; end $$
            """
        )
        await work.driver.execute(
            "create trigger collide before insert on messages execute function collide()"
        )

    [result] = await accept(
        database, blobs, [Incoming(account_id=account, fence=None, events=(received("ana"),))]
    )

    assert isinstance(result, Collision)
    async with database.reading() as work:
        assert await work.driver.fetchval("select count(*) from quarantine") == 0


async def test_the_same_event_of_two_people_at_once_opens_one_case(
    database: Database, blobs: DiskBlobs
) -> None:
    account = await make_account(database)
    claimed = sender("ana", evidence=(Evidence(kind=EvidenceKind.CLAIM),))
    events = (received("ana", key="e1"), received(claimed, key="e1", place="elsewhere"))
    async with database.transaction() as work:
        await work.driver.execute(
            """
            create function meet() returns trigger language plpgsql as
                $$ begin perform pg_advisory_xact_lock_shared(1); return new; end $$
            """
        )
        await work.driver.execute(
            "create trigger meet before insert on messages execute function meet()"
        )
    async with database.transaction() as work:
        await work.driver.execute("select pg_advisory_xact_lock(1)")
        both = [
            asyncio.create_task(
                accept(database, blobs, [Incoming(account_id=account, fence=None, events=(event,))])
            )
            for event in events
        ]
        await until_blocked(database, 2)  # both have chosen a case, and neither has a message

    await asyncio.gather(*both)

    async with database.reading() as work:
        assert await work.driver.fetchval("select count(*) from messages") == 1
        assert await work.driver.fetchval("select count(*) from cases") == 1
        assert await work.driver.fetchval("select sum(open_cases) from persons") == 1
