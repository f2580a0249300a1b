"""The short way in: the same rows as by the long one, or nothing at all."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core.ids import RemoteId, RemotePlace
from core.messages import MessageEdited, MessageReceived, Place
from router.blobs.disk import DiskBlobs
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.services.inbound.sources import prepare
from router.services.inbound.steady import to_plain
from router.storage import leases
from router.storage.engine import Database
from router.storage.inbound_steady import store_steady
from router.storage.outbox_numbering import claim, number
from router.storage.unit_of_work import Fact
from tests.services.builders import make_account, received, sender, signed_sender
from tests.waiting import until_blocked

TABLES = {
    "messages": "id, person_id, case_id, place_id, account_id, direction, nature, identity_id,"
    " author_name, level, subject, text, full_text, html, language, context::text, warnings::text,"
    " participants::text, dedup_key, state, sent_at",
    "message_sources": "message_id, media_type, raw, blob_key",
    "remote_refs": "account_id, remote_place, remote_id, part, message_id, parked::text",
    "cases": "id, person_id, state, last_message_id, revision",
    "persons": "id, root_id, last_message_id, last_inbound_id, open_cases",
    "identities": "id, realm, handle, shown_as, level, host_account",
    "outbox": "kind, person_id, ref",
}


class Desk:
    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account

    async def accept(self, *events: Any, fence: int | None = None) -> list[int | None]:
        incoming = Incoming(account_id=self.account, fence=fence, events=events)
        [result] = await accept(self.database, self.blobs, [incoming])
        assert not isinstance(result, BaseException)
        return result

    async def at_once(self, *events: MessageReceived) -> list[int]:
        """The ids that the short way gives; none if it is not for these."""
        plain = to_plain(await prepare(self.blobs, self.account, events))
        assert plain is not None
        async with self.database.announcing_once() as work:
            stored = await store_steady(work, plain)
        return [stored[self.account, one.event_key] for one in events] if stored else []

    async def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        async with self.database.reading() as work:
            return {
                table: [
                    tuple(row)
                    for row in await work.driver.fetch(f"select {columns} from {table} order by 1")
                ]
                for table, columns in TABLES.items()
            }

    async def run(self, statement: str) -> None:
        async with self.database.transaction() as work:
            await work.driver.execute(statement)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


async def test_messages_of_known_people_are_stored_at_once_and_in_order(desk: Desk) -> None:
    await desk.accept(received("ana"), received("bob"))

    ids = await desk.at_once(
        received("bob", "1"), received("ana", "2", raw=b"{}"), received("bob", "3")
    )

    assert ids == sorted(ids)
    assert len(ids) == 3
    rows = await desk.rows()
    assert [row[:5] for row in rows["persons"]] == [
        (1, 1, ids[1], ids[1], 1),
        (2, 2, ids[2], ids[2], 1),
    ]
    assert rows["message_sources"] == [(ids[1], "application/json", b"{}", None)]
    assert [row[2] for row in rows["outbox"] if row[0] == "message.created"][-3:] == ids


BATCHES: Sequence[Sequence[MessageReceived]] = (
    (received("ana", key="a1"), received("bob", key="b1")),
    (received("ana", "again", key="a2", raw=b"x"), received("ana", "more", key="a3")),
    (received("bob", "hi", key="b2", subject="S", full_text="hi\n> who", html="<p>hi</p>"),),
    (received(signed_sender("s", host="7"), key="s1"),),
    (received(signed_sender("s", host="7"), "known", key="s2"), received("bob", key="b3")),
    (received("ana", "wait", key="a4", warnings=("odd",), context={"claimed_name": "A"}),),
    (received("bob", "both", key="b4"), received("ana", "of", key="a5"), received("bob", key="b5")),
)


MERGED_AFTER = 2
"""Batches, and from then on Bob stands for Ana too."""


async def _write_all(desk: Desk, **fenced: int) -> None:
    for done, batch in enumerate(BATCHES):
        if done == MERGED_AFTER:
            await merging.merge(
                desk.database, loser_id=1, winner_id=2, agent_id=None, reason="same"
            )
        await desk.accept(*batch, **fenced)


async def test_both_ways_leave_the_same_rows(desk: Desk) -> None:
    await _write_all(desk)
    by_the_short_way = await desk.rows()

    await desk.run(f"truncate {', '.join(TABLES)}, accounts, places restart identity cascade")
    await make_account(desk.database)
    async with desk.database.transaction() as work:
        fence = await leases.take(work, leases.account_lease(desk.account), "me")
    await _write_all(desk, fence=fence)

    assert by_the_short_way == await desk.rows()


async def _nothing(desk: Desk) -> None:
    """All is as it should be."""


async def _solve(desk: Desk) -> None:
    await desk.run("update cases set state = 'solved'")


async def _snooze(desk: Desk) -> None:
    await desk.run("update cases set state = 'snoozed'")


async def _close_place(desk: Desk) -> None:
    await desk.run("update places set is_reachable = false")


async def _bounce(desk: Desk) -> None:
    await desk.run("update identities set is_reachable = false, unreachable_reason = 'No box.'")


async def _park(desk: Desk) -> None:
    await desk.accept(
        MessageEdited(
            event_key="edit",
            place=Place(remote=RemotePlace("ana")),
            remote_id=RemoteId("new"),
            text="edited",
        )
    )


CHANGES = {
    "a stranger": (_nothing, {"by": "zoe"}),
    "a renamed person": (_nothing, {"by": structs.replace(sender("ana"), shown_as="Anna")}),
    "an unknown place": (_nothing, {"by": "ana", "place": "elsewhere"}),
    "a token of an account": (_nothing, {"by": signed_sender("ana", host="1", realm="sample")}),
    "a solved case": (_solve, {"by": "ana"}),
    "a snoozed case": (_snooze, {"by": "ana"}),
    "a closed place": (_close_place, {"by": "ana"}),
    "a person who could not be reached": (_bounce, {"by": "ana"}),
    "the same event again": (_nothing, {"by": "ana", "key": "first"}),
}


@pytest.mark.parametrize("case", sorted(CHANGES))
async def test_short_way_writes_nothing_where_something_is_not_as_always(
    desk: Desk, case: str
) -> None:
    await desk.accept(received("ana", key="first"))
    change, fields = CHANGES[case]
    await change(desk)
    before = await desk.rows()

    assert await desk.at_once(received("ana", "fine"), received(**fields)) == []
    assert await desk.rows() == before


async def test_edit_that_came_before_its_message_is_applied_by_the_long_way(desk: Desk) -> None:
    await desk.accept(received("ana"))
    await _park(desk)

    await desk.accept(received("ana", "as written", key="new"))

    assert [row[11] for row in (await desk.rows())["messages"]] == ["Hello", "edited"]


async def test_case_that_is_solved_while_the_message_waits_for_the_person_opens_anew(
    desk: Desk,
) -> None:
    """The agent's change holds the lock; the message has already looked, and saw it open."""
    await desk.accept(received("ana"))
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons for no key update")
        await work.driver.execute(
            "update cases set state = 'solved', solved_at = now(), revision = 1"
        )
        await work.driver.execute("update persons set open_cases = 0")
        writing = asyncio.create_task(desk.accept(received("ana", "one more thing")))
        await until_blocked(desk.database)
    await writing

    rows = await desk.rows()
    assert [row[2] for row in rows["cases"]] == ["solved", "open"]
    assert [row[4] for row in rows["persons"]] == [1]


async def test_person_who_is_merged_while_the_message_waits_has_it_in_the_common_conversation(
    desk: Desk,
) -> None:
    await desk.accept(received("ana"), received("bob"))
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons order by id for no key update")
        await work.driver.execute("update persons set root_id = 2 where id = 1")
        writing = asyncio.create_task(desk.accept(received("ana", "me again")))
        await until_blocked(desk.database)
    [message] = await writing

    persons = {row[0]: row for row in (await desk.rows())["persons"]}
    assert persons[2][2] == message
    assert persons[1][2] != message


async def test_fact_never_overtakes_one_that_was_committed_while_the_message_waited(
    desk: Desk, database_url: str
) -> None:
    """Another process wrote of the same person; the relay is here, and has not numbered that."""
    await desk.accept(received("ana"))
    async with desk.database.writing_once() as work:
        await claim(work, 1)
        await number(work, 1, limit=100)
    desk.database.number_under(1)
    elsewhere = Database(database_url)
    async with elsewhere.transaction() as work:
        await work.driver.execute("select from persons for no key update")
        work.announce(Fact.CASE_CHANGED, person=1, ref=1)
        writing = asyncio.create_task(desk.accept(received("ana", "and")))
        await until_blocked(desk.database)
    await writing
    await elsewhere.close()

    async with desk.database.writing_once() as work:
        await number(work, 1, limit=100)
        rows = await work.driver.fetch("select kind from outbox order by position")
    assert [row["kind"] for row in rows][-2:] == ["case.changed", "message.created"]


async def test_many_writers_of_the_same_people_lose_and_double_nothing(desk: Desk) -> None:
    await desk.accept(*(received(f"p{n}") for n in range(5)))
    events = [received(f"p{n % 5}", str(n), key=f"k{n}") for n in range(60)]
    batches = [events[i : i + 6] for i in range(0, 60, 6)]

    await asyncio.gather(*(desk.accept(*reversed(batch)) for batch in batches for _ in range(2)))

    rows = await desk.rows()
    assert len(rows["messages"]) == 65
    newest = {
        person: max(row[0] for row in rows["messages"] if row[1] == person)
        for person in range(1, 6)
    }
    assert {row[0]: row[2] for row in rows["persons"]} == newest


async def test_merged_people_write_by_the_short_way_into_their_one_conversation(
    desk: Desk,
) -> None:
    await desk.accept(received("ana"), received("bob"))
    await merging.merge(desk.database, loser_id=1, winner_id=2, agent_id=None, reason="same")

    first, second = await desk.at_once(received("ana", "me"), received("bob", "and me"))

    rows = await desk.rows()
    said = {row[0]: (row[1], row[2]) for row in rows["messages"]}
    assert [said[first], said[second]] == [(1, 2), (2, 2)]
    persons = {row[0]: row for row in rows["persons"]}
    assert persons[2][2:4] == (second, second)
    assert max(persons[1][2:4]) < first
    told = {row[2]: row[1] for row in rows["outbox"] if row[0] == Fact.MESSAGE_CREATED}
    assert [told[first], told[second]] == [2, 2]


async def test_person_who_is_split_off_while_the_message_waits_has_it_alone(desk: Desk) -> None:
    await desk.accept(received("ana"), received("bob"))
    edge = await merging.merge(desk.database, loser_id=1, winner_id=2, agent_id=None, reason="same")
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons where id = 2 for no key update")
        writing = asyncio.create_task(desk.accept(received("ana", "me again")))
        await until_blocked(desk.database)
        parting = asyncio.create_task(
            merging.undo_merge(desk.database, merge_id=edge.id, agent_id=None, reason="two")
        )
        await asyncio.sleep(0)
    [message] = await writing
    await parting

    rows = await desk.rows()
    persons = {row[0]: row for row in rows["persons"]}
    assert persons[1][2] == message
    assert persons[2][2] < message
