"""Gaps that nothing can fill, and what the network says of places."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from core.ids import RemotePlace
from core.messages import AnyInboundEvent, HistoryGap, Place, PlaceChanged, PlaceKind
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage import gaps
from router.storage.engine import Database
from tests.services.builders import make_account, received
from tests.services.desk_rows import DeskRows

NOW = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the clock that the rows are made by."""
HOUR = timedelta(hours=1)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> DeskRows:
    return DeskRows(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


def gap(key: str = "gap-1", *, place: str | None = None, **changes: datetime) -> HistoryGap:
    at = changes.get("until", NOW)
    return HistoryGap(
        event_key=key,
        since=changes.get("since", at - 30 * HOUR),
        until=at,
        place=None if place is None else Place(remote=RemotePlace(place), kind=PlaceKind.GROUP),
        reason="The network keeps updates for 24 hours only.",
    )


async def test_gap_of_an_account_is_a_line_in_each_conversation_of_it_once(desk: DeskRows) -> None:
    other = await make_account(desk.database)
    await desk.accept(received("ana"), received("ana", place="second"), received("ben"))
    await desk.accept(received("eva"), account=other)

    await desk.accept(gap(), gap())
    await desk.accept(gap())

    assert await desk.rows(
        "select p.display_name, m.text, m.context ->> 'reason' from messages m"
        " join persons p on p.id = m.person_id where m.direction = 'event' order by 1"
    ) == [
        ("Ana", "history_gap", "The network keeps updates for 24 hours only."),
        ("Ben", "history_gap", "The network keeps updates for 24 hours only."),
    ]
    assert await desk.rows("select account_id, place_id from history_gaps") == [
        (desk.account, None)
    ]
    assert await desk.value("select count(*) from outbox where kind = 'account.changed'") == 1


async def test_gap_of_a_place_concerns_everybody_who_wrote_there(desk: DeskRows) -> None:
    await desk.accept(received("ana", place="team"), received("ben", place="team"))
    await desk.accept(received("eva", place="elsewhere"))

    await desk.accept(gap(place="team"))

    assert await desk.rows(
        "select p.display_name, l.remote_place from messages m join places l on l.id = m.place_id"
        " join persons p on p.id = m.person_id where m.direction = 'event' order by 1"
    ) == [("Ana", "team"), ("Ben", "team")]


async def test_gap_of_an_account_spares_who_has_been_silent_for_weeks(desk: DeskRows) -> None:
    await desk.accept(received("ana"))
    later = NOW + timedelta(days=60)

    await desk.accept(gap(until=later))

    assert await desk.value("select count(*) from messages where direction = 'event'") == 0
    assert await desk.value("select count(*) from history_gaps") == 1


async def test_gap_in_a_place_that_nobody_wrote_in_is_known_to_ops_alone(desk: DeskRows) -> None:
    await desk.accept(received("ana"))

    await desk.accept(gap(place="unknown"))

    assert await desk.rows(
        "select l.remote_place from history_gaps g join places l on l.id = g.place_id"
    ) == [("unknown",)]
    assert await desk.value("select count(*) from messages where direction = 'event'") == 0


async def test_gap_moves_no_pointer_and_is_told_to_the_feed(desk: DeskRows) -> None:
    [said] = await desk.accept(received("ana"))

    await desk.accept(gap())

    assert await desk.rows("select last_message_id, last_inbound_id from persons") == [(said, said)]
    line = await desk.value("select id from messages where direction = 'event'")
    assert await desk.value(
        "select count(*) from outbox where kind = 'message.created' and ref = $1", line
    )


async def test_gap_without_a_beginning_is_kept_so(desk: DeskRows) -> None:
    await desk.accept(received("ana"))
    until = datetime(1, 1, 2, tzinfo=UTC)

    await desk.accept(HistoryGap(event_key="g", until=until, reason="The session ended."))

    assert await desk.rows("select since, until from history_gaps") == [(None, until)]


async def _change(desk: DeskRows, key: str, **changes: object) -> None:
    place = Place(
        remote=RemotePlace("team"), kind=PlaceKind.GROUP, title=str(changes.pop("title", ""))
    )
    event: AnyInboundEvent = PlaceChanged(event_key=key, place=place, **changes)  # type: ignore[arg-type]  # a test names real fields
    await desk.accept(event)


async def test_place_that_was_renamed_and_closed_says_so(desk: DeskRows) -> None:
    await desk.accept(received("ana", place="team"))

    await _change(desk, "c1", title="The team")
    await _change(desk, "c2", is_reachable=False, reason="The bot was removed.")

    look = "select title, is_reachable, unreachable_reason from places"
    assert await desk.rows(look) == [("The team", False, "The bot was removed.")]
    await _change(desk, "c3", is_reachable=True)
    assert await desk.rows(look) == [("The team", True, "")]
    assert await desk.value("select count(*) from outbox where kind = 'person.changed'") == 3


async def test_places_below_one_close_and_open_with_it(desk: DeskRows) -> None:
    topic = Place(
        remote=RemotePlace("team/topic"), kind=PlaceKind.THREAD, parent=RemotePlace("team")
    )
    below = msgspec.structs.replace(received("ana"), place=topic)
    await desk.accept(below, received("bea", place="elsewhere"))
    look = (
        "select remote_place, is_reachable, unreachable_reason from places"
        " order by remote_place desc"
    )

    await _change(desk, "c1", is_reachable=False, reason="The bot was removed.")
    assert await desk.rows(look) == [
        ("team/topic", False, "The bot was removed."),
        ("elsewhere", True, ""),
    ]
    await _change(desk, "c2", is_reachable=True)
    assert await desk.rows(look) == [("team/topic", True, ""), ("elsewhere", True, "")]
    assert await desk.value("select count(*) from outbox where kind = 'person.changed'") == 2


async def test_change_of_a_place_that_says_nothing_new_tells_nobody(desk: DeskRows) -> None:
    await desk.accept(received("ana", place="team"))

    await _change(desk, "c1")
    await _change(desk, "c2", is_reachable=True, reason="Open.")

    assert await desk.value("select count(*) from outbox where kind = 'person.changed'") == 0


async def test_change_of_a_place_nobody_wrote_from_makes_none(desk: DeskRows) -> None:
    [result] = await accept(
        desk.database,
        desk.blobs,
        [
            Incoming(
                account_id=desk.account,
                fence=None,
                events=(
                    PlaceChanged(
                        event_key="c", place=Place(remote=RemotePlace("team"), title="The team")
                    ),
                ),
            )
        ],
    )

    assert result == [None]
    assert await desk.value("select count(*) from places") == 0


async def test_gaps_are_listed_newest_first_with_their_place(desk: DeskRows) -> None:
    await desk.accept(gap("one"), gap("two", place="team"))

    async with desk.database.reading() as work:
        newest, oldest = await gaps.list_gaps(work, before=2**63 - 1, limit=10)
        [before] = await gaps.list_gaps(work, before=newest.id, limit=10)

    assert (newest.event_key, newest.place_title) == ("two", "")
    assert (oldest.event_key, oldest.place_id) == ("one", None)
    assert before == oldest
