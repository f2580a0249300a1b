"""What a bot's life becomes in the record: one conversation a person, and nothing twice."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.telegram.cursors import UPDATES, Mark
from connectors.telegram.sandbox_people import Medium
from core.connector import Cursor
from core.messages import AnyInboundEvent, InboundAttachment
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage.engine import Database
from tests.connectors.telegram.running import Running
from tests.services.builders import make_account


class Record:
    """A sink that commits, as the router's does, without its loops."""

    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account
        self.cursors: dict[str, Cursor] = {}

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=tuple(events))
        [result] = await accept(self.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result
        if cursor is not None:
            self.cursors[cursor.scope] = cursor

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.database.reading() as work:
            return [dict(row) for row in await work.driver.fetch(query)]


@pytest.fixture
async def record(database: Database, tmp_path: Path) -> Record:
    return Record(database, DiskBlobs(tmp_path), await make_account(database))


async def read_all(
    running: Running, record: Record, cursors: Mapping[str, Cursor] | None = None
) -> None:
    """Until nothing is left that is not confirmed."""
    reading = asyncio.ensure_future(running.connector.receive(record, cursors or record.cursors))
    try:
        await running.until(
            lambda: UPDATES in record.cursors and not running.server.bot.queue.waiting()
        )
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_album_a_late_piece_and_a_repeat_are_one_message(
    running: Running, record: Record
) -> None:
    ann = running.server.person("Ann")
    medium = Medium(kind="document", content=b"%PDF", name="a.pdf")
    *first, late = await ann.sends_album([medium, medium, medium], told=False)
    for post in first:
        ann.shows(post)
    await read_all(running, record)
    ann.shows(late)
    await read_all(running, record)
    running.server.bot.queue.repeat_last()
    ann.shows(first[0])
    await read_all(running, record)

    [message] = await record.rows("select id, state from messages")
    files = await record.rows("select position, state from attachments order by position")
    assert message["state"] == "shown"
    assert [one["position"] for one in files] == [0, 1, 2]
    assert {one["state"] for one in files} == {"pending"}
    remotes = await record.rows("select remote from attachments")
    for one in remotes:
        file = InboundAttachment(name="a", remote=one["remote"])
        assert await running.connector.fetch_attachment(file) == b"%PDF"


async def test_picture_that_is_replaced_stands_beside_the_first_and_a_caption_adds_none(
    running: Running, record: Record
) -> None:
    ann = running.server.person("Ann")
    medium = Medium(kind="document", content=b"%PDF", name="a.pdf")
    first, _ = await ann.sends_album([medium, medium])
    await read_all(running, record)
    await ann.replaces(first, Medium(kind="document", content=b"%PDF 2", name="b.pdf"))
    await ann.edits(first, "a better one")
    running.server.bot.queue.repeat_last()
    await read_all(running, record)

    [message] = await record.rows("select text from messages")
    files = await record.rows("select name, position from attachments order by position")
    assert message["text"] == "a better one"
    assert [one["name"] for one in files] == ["a.pdf", "a.pdf", "b.pdf"]


async def test_edits_are_versions_and_one_that_changes_nothing_is_none(
    running: Running, record: Record
) -> None:
    ann = running.server.person("Ann")
    post = await ann.says("befor")
    await ann.touches(post)
    await ann.edits(post, "before")
    await ann.touches(post)
    await read_all(running, record)

    [message] = await record.rows("select text, revision from messages")
    assert (message["text"], message["revision"]) == ("before", 1)


async def test_person_has_one_conversation_and_groups_are_places_of_their_own(
    running: Running, record: Record
) -> None:
    ann, bob = running.server.person("Ann"), running.server.person("Bob")
    group = running.server.group("Traders", ann, bob)
    await ann.says("in private")
    await ann.says("@desk_bot in public", where=group)
    await bob.says("@desk_bot me too", where=group)
    await ann.renames("Anna", username="somebody_else")
    await ann.says("still me")
    await read_all(running, record)

    said = await record.rows(
        "select m.text, m.person_id, l.kind from messages m join places l on l.id = m.place_id"
    )
    owner = {one["text"]: one["person_id"] for one in said}
    assert owner["in private"] == owner["@desk_bot in public"] == owner["still me"]
    assert owner["@desk_bot me too"] != owner["in private"]
    assert {one["text"] for one in said if one["kind"] == "direct"} == {"in private", "still me"}


async def test_blocked_bot_and_moved_group_and_outage_are_in_the_record(
    running: Running, record: Record
) -> None:
    ann = running.server.person("Ann")
    group = running.server.group("Traders", ann)
    await ann.says("hi")
    await ann.says("@desk_bot hi", where=group)
    await read_all(running, record)
    new = await group.migrate()
    await ann.blocks()
    left = Mark(offset=None).cursor(UPDATES, running.clock.now() - timedelta(hours=25))
    del record.cursors[UPDATES]
    await read_all(running, record, {UPDATES: left})

    [person] = await record.rows("select is_reachable, unreachable_reason from identities")
    assert (person["is_reachable"], bool(person["unreachable_reason"])) == (False, True)
    places = await record.rows("select remote_place from places")
    assert {one["remote_place"] for one in places} == {str(ann.id), str(new.id)}
    [gap] = await record.rows("select reason from history_gaps")
    assert "24 hours" in gap["reason"]


async def test_business_account_that_withdraws_closes_all_its_chats_and_no_other(
    running: Running, record: Record
) -> None:
    owner, ann, bob = (running.server.person(name) for name in ("Olga", "Ann", "Bob"))
    account = running.server.business(owner)
    for customer in (ann, bob):
        await customer.says("hi", where=account)
    await ann.says("hi")
    await account.changes(is_enabled=False)
    await read_all(running, record)

    look = "select remote_place, is_reachable from places"
    open_ = {one["remote_place"] for one in await record.rows(look) if one["is_reachable"]}
    assert open_ == {str(ann.id)}
    await account.changes(is_enabled=True)
    await read_all(running, record)
    assert all(one["is_reachable"] for one in await record.rows(look))


async def test_what_nobody_can_read_is_a_placeholder_and_what_follows_is_stored(
    running: Running, record: Record
) -> None:
    ann = running.server.person("Ann")
    await ann.says("before")
    running.server.network.tell(ann.chat, "message", {"message_id": "?", "chat": []}, lane="junk")
    await ann.says("after")
    await read_all(running, record)

    said = await record.rows("select text, state from messages order by id")
    assert [one["text"] for one in said if one["state"] == "shown"] == ["before", "after"]
    assert [one["state"] for one in said].count("placeholder") == 1
    assert len(await record.rows("select id from quarantine")) == 1
