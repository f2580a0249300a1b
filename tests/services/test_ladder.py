"""What certainly did not arrive goes on by another way of the same person, once."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from core.capabilities import FileLimits
from core.errors import (
    ConnectorError,
    ContentRejected,
    PlaceGone,
)
from core.ids import RemoteId, RemotePlace
from core.messages import DeliveryReported, ProfileChanged, ReportedState
from router.services.errors import Conflict
from router.services.ladder import take_step
from router.services.ladder.climbing import Stepped
from router.services.outbound import report
from router.services.outbound.decisions import Action, decide
from router.storage.engine import Database
from tests.services.builders import sender
from tests.services.climbing_desk import (
    BLOCKED,
    LETTERS,
    ClimbingDesk,
    Taken,
    open_climbing_desk,
)

SENTENCE = "We could not deliver this where you wrote before:"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


@pytest.mark.parametrize("error", [BLOCKED, PlaceGone("The chat is gone.")])
async def test_answer_that_certainly_did_not_arrive_goes_on_by_mail(
    desk: ClimbingDesk, error: ConnectorError
) -> None:
    written = await desk.answer(await desk.meet_ann(), "Good day")
    await desk.send(failing={"*": error})

    await desk.climb()
    await desk.send(desk.letters)

    assert desk.taken == [
        Taken("letters", "ann@people.example", f"{SENTENCE}\n\nGood day", "Your message to us")
    ]
    assert await desk.way(written.message_id) == [
        ("sample", "cancelled", "moved_on"),
        ("letters", "sent", ""),
    ]
    [old, _] = await desk.deliveries(written.message_id)
    assert old["reason"] == str(error)


async def test_message_is_of_its_new_place_and_a_line_says_where_it_came_from(
    desk: ClimbingDesk,
) -> None:
    message = await desk.miss_ann()
    before = await desk.row("select place_id, case_id from messages where id = $1", message)

    await desk.climb()

    moved = await desk.row(
        "select m.place_id, m.account_id, l.remote_place, o.root_id from messages m"
        " join places l on l.id = m.place_id join persons o on o.id = m.person_id"
        " where m.id = $1",
        message,
    )
    step = await desk.step(message)
    assert moved["remote_place"] == "ann@people.example"
    assert moved["account_id"] == desk.letters
    assert (step["state"], step["to_place_id"]) == ("moved", moved["place_id"])
    assert await desk.events("moved_on") == [
        {
            "event": "moved_on",
            "case_id": before["case_id"],
            "message_id": message,
            "account_id": desk.account,
            "place_id": before["place_id"],
            "identity_id": await desk.identity("ann"),
            "to_account_id": desk.letters,
            "to_place_id": moved["place_id"],
            "to_identity_id": await desk.identity("ann@people.example"),
            "left_out": 0,
        }
    ]


async def test_answer_by_mail_to_what_went_on_joins_the_same_case(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()

    await desk.climb()

    case = await desk.value("select case_id from messages where id = $1", message)
    keys = await desk.rows("select kind, case_id, account_id from thread_keys")
    assert keys == [{"kind": "reply_token", "case_id": case, "account_id": desk.letters}]


async def test_hard_bounce_that_comes_later_lets_it_go_on(desk: ClimbingDesk) -> None:
    ann = await desk.meet_ann()
    place = await desk.value("select id from places where remote_place = 'ann@people.example'")
    written = await desk.answer(ann, "By letter", place_id=place)
    await desk.send(desk.letters)
    [sent] = await desk.deliveries(written.message_id)
    bounce = DeliveryReported(
        event_key="b",
        state=ReportedState.FAILED,
        send_key=sent["send_key"],
        recipient_is_gone=True,
        reason="No such mailbox.",
        code="5.1.1",
    )
    async with desk.database.transaction() as work:
        await report(work, desk.letters, bounce)

    await desk.climb()
    await desk.send()

    assert [one.text for one in desk.taken] == ["By letter", f"{SENTENCE}\n\nBy letter"]
    assert await desk.way(written.message_id) == [
        ("letters", "cancelled", "moved_on"),
        ("sample", "sent", ""),
    ]


async def test_second_report_of_the_old_way_says_nothing_of_the_new_one(
    desk: ClimbingDesk,
) -> None:
    message = await desk.miss_ann()
    await desk.climb()
    await desk.send(desk.letters)
    [old, _] = await desk.deliveries(message)
    late = DeliveryReported(
        event_key="b", state=ReportedState.FAILED, send_key=old["send_key"], recipient_is_gone=True
    )

    async with desk.database.transaction() as work:
        await report(work, desk.account, late)

    assert await desk.climb() == []
    assert [state for _, state, _ in await desk.way(message)] == ["cancelled", "sent"]


async def test_second_report_by_the_networks_id_finds_the_way_that_it_names(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear(sender("old@people.example", realm="letters"), account=desk.letters)
    await desk.known_as(ann, "new@people.example")
    place = await desk.value("select id from places where remote_place = 'old@people.example'")
    written = await desk.answer(ann, place_id=place)
    await desk.send(desk.letters)
    [sent] = await desk.deliveries(written.message_id)
    bounce = DeliveryReported(
        event_key="b",
        state=ReportedState.FAILED,
        remote_place=RemotePlace("old@people.example"),
        remote_id=RemoteId(f"id-{sent['send_key']}"),
        recipient_is_gone=True,
        is_for_any_account=True,
    )
    for _ in range(2):
        async with desk.database.transaction() as work:
            await report(work, desk.letters, bounce)
        await desk.climb()
        await desk.send(desk.letters)

    assert [one.place for one in desk.taken] == ["old@people.example", "new@people.example"]
    assert await desk.way(written.message_id) == [
        ("letters", "cancelled", "moved_on"),
        ("letters", "sent", ""),
    ]


async def test_what_waits_for_somebody_who_is_told_to_be_gone_goes_on(desk: ClimbingDesk) -> None:
    written = await desk.answer(await desk.meet_ann())
    gone = ProfileChanged(event_key="gone", sender=sender("ann"), is_reachable=False, reason="Left")
    await desk.take_in(gone)

    [result] = await desk.climb()
    await desk.send()
    await desk.send(desk.letters)

    assert result.what is Stepped.MOVED
    assert [one.channel for one in desk.taken] == ["letters"]
    assert [code for _, _, code in await desk.way(written.message_id)] == ["moved_on", ""]


async def test_several_answers_go_on_in_the_order_in_which_they_were_said(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.meet_ann()
    for text in ("One", "Two", "Three"):
        await desk.answer(ann, text)
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.send(desk.letters)

    assert [one.text.split("\n\n")[1] for one in desk.taken] == ["One", "Two", "Three"]


async def test_first_way_cannot_be_sent_again_and_the_second_can(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()
    await desk.climb()
    await desk.send(desk.letters, failing={"*": ContentRejected("No.")})
    first, second = await desk.deliveries(message)

    with pytest.raises(Conflict) as refused:
        await decide(desk.database, first["id"], "resend")
    again = await decide(desk.database, second["id"], "resend")

    assert refused.value.code == "moved_on"
    assert again.account_id == desk.letters


async def test_agent_who_decided_first_is_heeded(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()
    [failed] = await desk.deliveries(message)

    await decide(desk.database, failed["id"], "drop")

    assert await desk.climb() == []
    assert [code for _, _, code in await desk.way(message)] == ["dropped"]


async def test_resent_and_failed_again_it_goes_on(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()
    [failed] = await desk.deliveries(message)
    await decide(desk.database, failed["id"], "resend")
    assert await desk.climb() == []

    await desk.send(failing={"*": BLOCKED})
    await desk.climb()
    await desk.send(desk.letters)

    assert [one.channel for one in desk.taken] == ["letters"]


async def copy_of(desk: ClimbingDesk, message: int, state: str) -> int:
    """A copy of it went to somebody else too."""
    return int(
        await desk.value(
            "insert into deliveries (message_id, person_id, account_id, place_id, identity_id,"
            " copy_to, part, part_count, lane, send_key, state, due_at, queued_at, state_at)"
            " select message_id, person_id, account_id, place_id, identity_id,"
            " 'cc@people.example', part, part_count, lane, 'cc', $2, due_at, queued_at, state_at"
            " from deliveries where message_id = $1 returning id",
            message,
            state,
        )
    )


@pytest.mark.parametrize("action", ["drop", "mark_sent"])
async def test_decision_on_a_copy_says_nothing_of_whom_it_was_for(
    desk: ClimbingDesk, action: Action
) -> None:
    message = await desk.miss_ann()
    await decide(desk.database, await copy_of(desk, message, "failed"), action)

    assert [one.what for one in await desk.climb()] == [Stepped.MOVED]


async def test_message_that_is_recalled_by_its_copy_goes_nowhere(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()
    await decide(desk.database, await copy_of(desk, message, "queued"), "recall")

    assert await desk.climb() == []


async def test_two_loops_at_once_let_it_go_on_once(desk: ClimbingDesk) -> None:
    message = await desk.miss_ann()
    person = await desk.value("select person_id from messages where id = $1", message)

    results = await asyncio.gather(
        *(take_step(desk.database, desk.keyring, desk.networks, message, person) for _ in range(4))
    )
    await desk.send(desk.letters)

    assert sorted(one.what for one in results) == ["moved", "obsolete", "obsolete", "obsolete"]
    assert len(desk.taken) == 1


async def test_files_that_a_channel_does_not_take_are_named_and_stay_behind(
    desk: ClimbingDesk,
) -> None:
    limits = FileLimits(max_count=3, max_size=50)
    desk.capabilities["letters"] = msgspec.structs.replace(LETTERS, files=limits)
    large, small = await desk.upload(size=500), await desk.upload(size=10)
    written = await desk.answer(await desk.meet_ann(), attachment_ids=[large, small])
    await desk.send(failing={"*": BLOCKED})

    await desk.climb()
    await desk.send(desk.letters)

    [letter] = desk.taken
    assert letter.text.endswith("Good day\n\nThese files cannot be sent here: a.png")
    assert letter.files == (10,)
    assert (await desk.step(written.message_id))["left_out"] == [large]
