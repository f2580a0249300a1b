"""Places in which several people write: whose message is whose, and what becomes of a place."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.ids import RemotePlace
from core.messages import ChatRekeyed, MessageReceived, Place, PlaceKind, ThreadKey
from router.blobs.disk import DiskBlobs
from router.storage.engine import Database
from tests.services.builders import make_account, received
from tests.services.desk_rows import DeskRows


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> DeskRows:
    return DeskRows(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


def shared(by: str, text: str = "Hello", *, key: str = "", **fields: Any) -> MessageReceived:
    """A message in the group "team"; `key` is its thread key."""
    title, parent = fields.pop("title", ""), fields.pop("parent", None)
    place = Place(
        remote=RemotePlace(fields.pop("place", "team")),
        kind=PlaceKind.GROUP,
        title=title,
        parent=parent,
    )
    if key:
        fields["thread_keys"] = (ThreadKey("message_id", key),)
    return msgspec.structs.replace(received(by, text, **fields), place=place)


async def test_each_who_writes_in_a_group_has_a_conversation_of_their_own(desk: DeskRows) -> None:
    await desk.accept(shared("ana", "a1"), shared("ben", "b1"), shared("ana", "a2"))

    assert await desk.rows(
        "select p.display_name, string_agg(m.text, ' ' order by m.id), count(distinct m.place_id)"
        " from messages m join persons p on p.id = m.person_id group by 1 order by 1"
    ) == [("Ana", "a1 a2", 1), ("Ben", "b1", 1)]
    assert await desk.value("select count(distinct place_id) from messages") == 1


async def test_title_and_parent_of_a_place_are_those_last_told(desk: DeskRows) -> None:
    await desk.accept(shared("ana", title="Team"))
    await desk.accept(shared("ana", title="The team", parent=RemotePlace("guild")))
    await desk.accept(shared("ana"))

    assert await desk.rows("select title, parent from places") == [("The team", "guild")]


async def test_closed_place_is_open_once_somebody_is_heard_there(desk: DeskRows) -> None:
    await desk.accept(shared("ana"))
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "update places set is_reachable = false, unreachable_reason = 'Gone.'"
        )

    await desk.accept(shared("ana"))

    assert await desk.rows("select is_reachable, unreachable_reason from places") == [(True, "")]


async def test_our_word_on_the_network_belongs_to_whom_it_answers(desk: DeskRows) -> None:
    await desk.accept(shared("ana", key="k-ana"), shared("ben", key="k-ben"))

    answer = ThreadKey("message_id", "k-ana")
    await desk.accept(
        shared("colleague", "to Ana", is_from_desk=True, answers=(answer,)),
        shared("colleague", "to the newest", is_from_desk=True),
    )

    assert await desk.rows(
        "select m.text, p.display_name from messages m join persons p on p.id = m.person_id"
        " where m.direction = 'out' order by m.id"
    ) == [("to Ana", "Ana"), ("to the newest", "Ben")]


async def test_our_word_that_answers_another_place_belongs_to_the_newest_here(
    desk: DeskRows,
) -> None:
    await desk.accept(shared("ana", key="k-ana", place="elsewhere"), shared("ben"))

    answer = ThreadKey("message_id", "k-ana")
    await desk.accept(shared("colleague", "here", is_from_desk=True, answers=(answer,)))

    assert await desk.rows(
        "select p.display_name from messages m join persons p on p.id = m.person_id"
        " where m.direction = 'out'"
    ) == [("Ben",)]


async def test_who_answers_somebody_else_in_a_group_keeps_a_case_of_their_own(
    desk: DeskRows,
) -> None:
    await desk.accept(shared("ana", key="k-ana"))

    await desk.accept(shared("ben", "same here", answers=(ThreadKey("message_id", "k-ana"),)))

    assert await desk.rows(
        "select p.display_name, m.warnings::text, c.person_id = m.person_id from messages m"
        " join persons p on p.id = m.person_id join cases c on c.id = m.case_id order by m.id"
    ) == [("Ana", "[]", True), ("Ben", "[]", True)]


def rekeyed(key: str = "r1", old: str = "team", new: str = "big team") -> ChatRekeyed:
    return ChatRekeyed(event_key=key, old=RemotePlace(old), new=RemotePlace(new))


async def test_place_goes_on_under_its_new_id(desk: DeskRows) -> None:
    await desk.accept(shared("ana"), shared("eva", place="topic", parent=RemotePlace("team")))

    await desk.accept(rekeyed())
    await desk.accept(shared("ana", place="big team"), rekeyed(), rekeyed("r2"))

    assert await desk.rows("select remote_place, parent from places order by id") == [
        ("big team", None),
        ("topic", "big team"),
    ]
    assert await desk.value("select count(distinct place_id) from messages") == 2


async def test_place_that_was_heard_under_its_new_id_first_is_one_place(desk: DeskRows) -> None:
    await desk.accept(shared("ana"), shared("ben"))
    await desk.accept(shared("ana", place="big team"))

    await desk.accept(rekeyed())

    assert await desk.rows(
        "select l.remote_place, count(*) from messages m join places l on l.id = m.place_id"
        " group by 1"
    ) == [("big team", 3)]


async def test_answers_that_wait_go_to_the_place_under_its_new_id(desk: DeskRows) -> None:
    [ana] = await desk.accept(shared("ana"))
    await desk.accept(shared("ana", place="big team"))
    async with desk.database.transaction() as work:
        for state in ("queued", "sent", "sending"):
            await work.driver.execute(
                """
                insert into deliveries (message_id, person_id, account_id, place_id, lane, part,
                    send_key, state, due_at, queued_at, state_at)
                select id, person_id, account_id, place_id, place_id || ':' || person_id, $3,
                    $2, $2, received_at, received_at, received_at from messages where id = $1
                """,
                ana,
                state,
                len(state),
            )

    await desk.accept(rekeyed())

    old, new = (row[0] for row in await desk.rows("select id from places order by id"))
    person = await desk.value("select person_id from messages where id = $1", ana)
    assert await desk.rows("select state, place_id, lane from deliveries order by id") == [
        ("queued", new, f"{new}:{person}"),
        ("sent", new, f"{old}:{person}"),
        ("sending", new, f"{old}:{person}"),
    ]
