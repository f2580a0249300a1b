"""What a commit brings along for the feed is what the feed would have read by itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from router.blobs.disk import DiskBlobs
from router.services.identity import merging
from router.storage import feed, inbound_told, outbox
from router.storage.engine import Database
from router.storage.feed import ToldWithMembers
from router.storage.outbox_numbering import claim, number
from router.storage.unit_of_work import Followed, UnitOfWork
from tests.services.builders import make_account, received
from tests.services.test_inbound_steady import BATCHES, MERGED_AFTER, Desk, _write_all

AGENTS = (1, 2)


class Follower:
    """The feed of this process, told up to where it began."""

    def __init__(self) -> None:
        self.position = 0
        self.heard: list[ToldWithMembers] = []

    def follow(self) -> Followed:
        return Followed(self.position, AGENTS, self._hear)

    async def _hear(self, found: ToldWithMembers, _work: UnitOfWork) -> None:
        self.heard.append(found)

    async def read(self, database: Database) -> ToldWithMembers:
        async with database.reading_once() as work:
            return await feed.told_with_members(work, self.position, AGENTS, limit=100)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Ana and Bob are known, and the relay is in this process."""
    database = Database(database_url, teach_writer=inbound_told.teach)
    desk = Desk(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))
    await _begin(desk)
    database.number_under(1)
    yield desk
    await database.close()


async def _begin(desk: Desk) -> None:
    await desk.accept(received("ana", key="a0"), received("bob", key="b0"))
    async with desk.database.writing_once() as work:
        await claim(work, 1)
        await number(work, 1, limit=100)


@pytest.fixture
async def follower(desk: Desk) -> Follower:
    follower = Follower()
    async with desk.database.reading() as work:
        follower.position = (await outbox.extent(work)).newest
    desk.database.follow = follower.follow
    return follower


async def test_follower_hears_with_the_commit_what_it_would_read_after_it(
    desk: Desk, follower: Follower
) -> None:
    await merging.merge(desk.database, loser_id=1, winner_id=2, agent_id=None, reason="same")
    async with desk.database.writing_once() as work:
        await number(work, 1, limit=100)

    await desk.accept(received("ana", "one", raw=b"{}"), received("bob", "two"))
    await desk.accept(received("ana", "three"))

    first, second = follower.heard
    assert second == await follower.read(desk.database)
    assert first.told == second.told[: len(first.told)]
    assert [row["text"] for row in second.told if row["id"]] == ["one", "two", "three"]


async def test_rows_are_the_same_whether_or_not_somebody_follows(
    desk: Desk, follower: Follower
) -> None:
    await _write_all(desk)
    assert len(follower.heard) > len(BATCHES) - MERGED_AFTER
    followed = await desk.rows()

    desk.database.follow = lambda: None
    await desk.run("truncate accounts, persons, outbox, relay_state restart identity cascade")
    await make_account(desk.database)
    await _begin(desk)
    await _write_all(desk)

    assert followed == await desk.rows()


async def test_nothing_is_heard_where_something_before_it_is_missing(
    desk: Desk, follower: Follower
) -> None:
    await desk.accept(received("ana", "one"))
    await desk.accept(received("bob", "two"))
    follower.heard.clear()
    await desk.run(f"delete from outbox where position = {follower.position + 1}")

    await desk.accept(received("bob", "three"))

    assert follower.heard == []
    assert [row["text"] for row in (await follower.read(desk.database)).told] == ["two", "three"]


async def test_nothing_is_heard_of_what_has_no_position_yet(desk: Desk, follower: Follower) -> None:
    await desk.run(
        "insert into outbox (kind, person_id, ref, at) values ('case.changed', 1, 1, now())"
    )

    [message] = await desk.accept(received("ana", "one"))

    assert message is not None
    assert follower.heard == []


async def test_nothing_is_heard_of_what_was_not_stored(desk: Desk, follower: Follower) -> None:
    await desk.accept(received("ana", "one", key="once"))
    follower.heard.clear()

    await desk.accept(received("ana", "one", key="once"))

    assert follower.heard == []


async def test_database_that_allows_nothing_temporary_serves_without(
    database_url: str, desk: Desk
) -> None:
    await desk.run(
        "revoke temporary on database "
        f'"{urlsplit(database_url).path[1:]}" from public;'
        "drop role if exists untaught; create role untaught login password 'x';"
        "grant all on all tables in schema public to untaught;"
        "grant all on all sequences in schema public to untaught"
    )
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"untaught:x@{place}"))
    strict = Database(url, teach_writer=inbound_told.teach)
    strict.number_under(1)
    follower = Follower()
    strict.follow = follower.follow
    try:
        [message] = await Desk(strict, desk.blobs, desk.account).accept(received("ana", "one"))
    finally:
        await strict.close()
        await desk.run("drop owned by untaught; drop role untaught")

    assert message is not None
    assert follower.heard == []
