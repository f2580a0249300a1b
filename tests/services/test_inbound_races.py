"""The short way in while others change what it has looked at: never in a wrong place."""

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from core.ids import RemoteId, RemotePlace
from core.messages import MessageEdited, Place
from router.blobs.disk import DiskBlobs
from router.services import cases
from router.services.cases import CaseChange
from router.services.identity import merging
from router.storage import cases as stored_cases
from router.storage.engine import Database
from router.storage.outbox_numbering import claim, number
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork
from tests.services.builders import make_account, received
from tests.services.test_inbound_steady import Desk
from tests.stage import Stage
from tests.waiting import is_blocked, until, until_blocked


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


async def test_person_who_is_split_off_while_the_message_waits_opens_a_case_of_their_own(
    desk: Desk,
) -> None:
    """The newest case of the common conversation belongs to the other one."""
    await desk.accept(received("ana"))
    await desk.run("update cases set state = 'solved', solved_at = now()")
    await desk.accept(received("bob"))
    merge = await merging.merge(
        desk.database, loser_id=2, winner_id=1, agent_id=None, reason="same"
    )
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons where id = 1 for no key update")
        splitting = asyncio.create_task(
            merging.undo_merge(desk.database, merge_id=merge.id, agent_id=None, reason="not so")
        )
        await until_blocked(desk.database)
        writing = asyncio.create_task(desk.accept(received("ana", "me alone")))
        await until_blocked(desk.database, 2)
    await splitting
    [message] = await writing

    rows = await desk.rows()
    person_of_case = {row[0]: row[1] for row in rows["cases"]}
    [(person, case)] = [row[1:3] for row in rows["messages"] if row[0] == message]
    assert (person, person_of_case[case]) == (1, 1)


async def test_message_goes_into_the_case_that_a_merge_brought_while_it_waited(
    desk: Desk,
) -> None:
    await desk.accept(received("ana"), received("bob"))
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons where id = 1 for no key update")
        joining = asyncio.create_task(
            merging.merge(desk.database, loser_id=2, winner_id=1, agent_id=None, reason="same")
        )
        await until_blocked(desk.database)
        writing = asyncio.create_task(desk.accept(received("ana", "and")))
        await until_blocked(desk.database, 2)
    await joining
    [message] = await writing

    rows = await desk.rows()
    assert [row[2] for row in rows["messages"] if row[0] == message] == [2]


async def test_short_way_never_waits_for_whoever_notes_that_the_sender_was_seen(
    desk: Desk,
) -> None:
    """The long way notes that first, and then wants the person whom the short way holds."""
    await desk.accept(received("ana"))
    await desk.run("update identities set seen_at = seen_at - interval '1 hour'")
    async with desk.database.transaction() as work:
        await work.driver.execute("update identities set seen_at = now()")
        writing = asyncio.create_task(desk.at_once(received("ana", "quick")))

        async def is_done_or_waits() -> bool:
            return writing.done() or await is_blocked(desk.database)

        await until(is_done_or_waits)
        await work.driver.execute("select from persons for no key update")

    assert len(await writing) == 1


async def test_positions_go_on_behind_those_that_were_given_while_the_message_waited(
    desk: Desk,
) -> None:
    await desk.accept(received("ana"))
    async with desk.database.writing_once() as work:
        await claim(work, 1)
        before, _ = await number(work, 1, limit=100)
    desk.database.number_under(1)
    async with desk.database.transaction() as holding:
        await holding.driver.execute("select from persons for no key update")
        writing = asyncio.create_task(desk.at_once(received("ana", "late")))
        await until_blocked(desk.database)
        for account in (1, 2, 3):
            async with desk.database.transaction() as work:
                work.announce(Fact.ACCOUNT_CHANGED, ref=account)
    await writing

    async with desk.database.reading_once() as work:
        rows = await work.driver.fetch("select position, kind from outbox order by id")
        newest = await work.driver.fetchval("select position from relay_state")
    assert [row["position"] for row in rows] == list(range(1, before + 5))
    assert rows[-1]["kind"] == "message.created"
    assert newest == before + 4


async def test_case_that_is_split_off_while_its_change_waits_is_changed_under_its_own_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its facts could be numbered out of order, and a message slip in unseen."""
    await desk.accept(received("ana"), received("bob"))
    merge = await merging.merge(
        desk.database, loser_id=2, winner_id=1, agent_id=None, reason="same"
    )
    load_cases, free = stored_cases.load_cases, list[int]()

    async def look_who_is_free(work: UnitOfWork, ids: Collection[int]) -> list[Record]:
        async with desk.database.transaction() as other:
            rows = await other.driver.fetch("select id from persons for no key update skip locked")
        free.extend(row["id"] for row in rows)
        return await load_cases(work, ids)

    monkeypatch.setattr(stored_cases, "load_cases", look_who_is_free)
    agent = await Stage(desk.database, desk.blobs, desk.account).agent()
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons where id = 1 for no key update")
        splitting = asyncio.create_task(
            merging.undo_merge(desk.database, merge_id=merge.id, agent_id=None, reason="not so")
        )
        await until_blocked(desk.database)
        changing = asyncio.create_task(
            cases.change_case(desk.database, agent, 2, CaseChange(state="solved"))
        )
        await until_blocked(desk.database, 2)
    await splitting
    await changing

    assert 2 not in free


async def test_edit_waits_for_whoever_holds_the_conversation(desk: Desk) -> None:
    """Else what is told of one person could be numbered out of order."""
    await desk.accept(received("ana", key="first"))
    edit = MessageEdited(
        event_key="edit",
        place=Place(remote=RemotePlace("ana")),
        remote_id=RemoteId("first"),
        text="edited",
    )
    async with desk.database.transaction() as work:
        await work.driver.execute("select from persons for no key update")
        editing = asyncio.create_task(desk.accept(edit))
        await until_blocked(desk.database)
        assert await work.driver.fetchval("select text from messages") == "Hello"
    await editing

    assert [row[11] for row in (await desk.rows())["messages"]] == ["edited"]
