"""What an agent may do about a delivery, and what the network says of it later."""

import asyncio
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from core.capabilities import Capabilities, TextLimit
from core.delivery import DeliveryState
from core.ids import RemoteId, RemotePlace
from core.messages import DeliveryReported, ReportedState
from router.services.errors import Conflict, NotFound
from router.services.outbound import Action, decide, report
from router.storage import remote_refs
from router.storage.engine import Database
from router.storage.remote_refs import RemoteRef
from tests.services.answering_desk import AnsweringDesk, open_desk

_STATES = [state.value for state in DeliveryState]


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def _one_in(desk: AnsweringDesk, state: str) -> int:
    """A delivery in this state."""
    ann = await desk.hear("ann")
    await desk.answer(ann)
    return int(await desk.value("update deliveries set state = $1 returning id", state))


def _reported(state: ReportedState, **fields: object) -> DeliveryReported:
    return DeliveryReported(event_key="r", state=state, **fields)  # type: ignore[arg-type]  # a test names real fields


async def _report(desk: AnsweringDesk, event: DeliveryReported) -> bool:
    async with desk.database.transaction() as work:
        return await report(work, desk.account, event)


async def test_recalled_reply_never_goes_out_and_is_announced(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=6))
    ann = await desk.hear("ann")
    await desk.answer(ann, "First. Last.", hold=timedelta(seconds=10))
    [first, second] = await desk.deliveries()
    before = await desk.newest_fact()

    row = await decide(desk.database, first["id"], "recall")

    assert row.state is DeliveryState.CANCELLED
    assert await desk.states() == ["cancelled", "cancelled"]
    assert sorted(await desk.facts(before)) == [
        ("delivery.changed", ann, first["id"]),
        ("delivery.changed", ann, second["id"]),
    ]


async def test_reply_that_waits_in_the_queue_can_be_recalled_too(desk: AnsweringDesk) -> None:
    delivery = await _one_in(desk, "queued")

    assert (await decide(desk.database, delivery, "recall")).state is DeliveryState.CANCELLED


async def test_recalled_reply_that_an_earlier_attempt_may_have_brought_there_is_unknown(
    desk: AnsweringDesk,
) -> None:
    delivery = await _one_in(desk, "queued")
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "insert into delivery_attempts"
            " (delivery_id, attempt, claim, started_at, outcome, reason)"
            " values ($1, 1, 1, now(), 'outcome_unknown', 'No answer came.')",
            delivery,
        )

    row = await decide(desk.database, delivery, "recall")

    assert (row.state, row.code) == (DeliveryState.UNKNOWN, "outcome_unknown")
    assert row.reason == "No answer came."


@pytest.mark.parametrize("state", sorted(set(_STATES) - {"held", "queued"}))
async def test_what_is_on_its_way_or_settled_cannot_be_recalled(
    desk: AnsweringDesk, state: str
) -> None:
    delivery = await _one_in(desk, state)

    with pytest.raises(Conflict) as refusal:
        await decide(desk.database, delivery, "recall")

    assert (refusal.value.code, refusal.value.facts) == ("too_late", {"state": state})
    assert await desk.states() == [state]


@pytest.mark.parametrize(
    ("action", "state"),
    [
        (action, state)
        for action in ("resend", "drop", "mark_sent")
        for state in sorted(set(_STATES) - {"failed", "unknown"})
    ],
)
async def test_only_what_failed_or_is_unknown_is_decided(
    desk: AnsweringDesk, action: Action, state: str
) -> None:
    delivery = await _one_in(desk, state)

    with pytest.raises(Conflict):
        await decide(desk.database, delivery, action)

    assert await desk.states() == [state]


@pytest.mark.parametrize(("action", "state"), [("drop", "cancelled"), ("mark_sent", "sent")])
@pytest.mark.parametrize("before", ["failed", "unknown"])
async def test_dropped_or_marked_delivery_changes_state_and_is_announced(
    desk: AnsweringDesk, action: Action, state: str, before: str
) -> None:
    delivery = await _one_in(desk, before)
    fact = await desk.newest_fact()

    row = await decide(desk.database, delivery, action)

    assert row.state.value == state
    assert [kind for kind, _, _ in await desk.facts(fact)] == ["delivery.changed"]


@pytest.mark.parametrize(("before", "keeps_key"), [("failed", False), ("unknown", True)])
async def test_resent_part_is_a_new_delivery_at_the_lanes_tail(
    desk: AnsweringDesk, before: str, keeps_key: bool
) -> None:
    old = await _one_in(desk, before)
    [first] = await desk.deliveries()
    await desk.answer(first["person_id"], "later")
    fact = await desk.newest_fact()

    row = await decide(desk.database, old, "resend")

    rows = await desk.deliveries()
    assert [one["state"] for one in rows] == ["cancelled", "queued", "queued"]
    assert rows[-1]["id"] == row.id
    assert (row.message_id, row.part, row.text, row.lane) == (
        first["message_id"],
        first["part"],
        first["text"],
        first["lane"],
    )
    assert (row.send_key == first["send_key"]) is keeps_key
    assert len({one["send_key"] for one in rows}) == 3
    changed = {ref for kind, _, ref in await desk.facts(fact) if kind == "delivery.changed"}
    assert changed == {old, row.id}


async def test_resend_can_be_repeated_if_it_fails_again(desk: AnsweringDesk) -> None:
    delivery = await _one_in(desk, "unknown")
    second = await decide(desk.database, delivery, "resend")
    await desk.value("update deliveries set state = 'unknown' where id = $1", second.id)

    third = await decide(desk.database, second.id, "resend")

    assert (third.revision, await desk.states()) == (2, ["cancelled", "cancelled", "queued"])


async def test_two_agents_who_resend_at_once_send_one(desk: AnsweringDesk) -> None:
    delivery = await _one_in(desk, "failed")

    results = await asyncio.gather(
        *(decide(desk.database, delivery, "resend") for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in results) == ["Conflict", "DeliveryRow"]
    assert await desk.states() == ["cancelled", "queued"]


async def test_unknown_delivery_is_not_found(desk: AnsweringDesk) -> None:
    with pytest.raises(NotFound):
        await decide(desk.database, 404, "drop")


async def test_receipt_is_found_by_our_key_and_announced(desk: AnsweringDesk) -> None:
    await _one_in(desk, "sent")
    [row] = await desk.deliveries()
    before = await desk.newest_fact()

    assert await _report(desk, _reported(ReportedState.DELIVERED, send_key=row["send_key"]))

    assert await desk.states() == ["delivered"]
    assert await desk.facts(before) == [("delivery.changed", row["person_id"], row["id"])]


@pytest.mark.parametrize("place", [RemotePlace("ann"), None])
async def test_receipt_is_found_by_the_networks_id(
    desk: AnsweringDesk, place: RemotePlace | None
) -> None:
    await _one_in(desk, "sent")
    [row] = await desk.deliveries()
    ref = RemoteRef(
        account_id=desk.account,
        remote_place="ann",
        remote_id="42",
        part=0,
        message_id=row["message_id"],
    )
    async with desk.database.transaction() as work:
        await remote_refs.insert_refs(work, [ref])

    found = await _report(
        desk, _reported(ReportedState.READ, remote_place=place, remote_id=RemoteId("42"))
    )

    assert found
    assert await desk.states() == ["read"]


async def test_receipt_of_another_account_or_of_nothing_changes_nothing(
    desk: AnsweringDesk,
) -> None:
    await _one_in(desk, "sent")
    [row] = await desk.deliveries()

    async with desk.database.transaction() as work:
        other = await report(
            work, desk.account + 1, _reported(ReportedState.READ, send_key=row["send_key"])
        )

    assert not other
    assert not await _report(desk, _reported(ReportedState.READ, remote_id=RemoteId("404")))
    assert not await _report(desk, _reported(ReportedState.READ))
    assert await desk.states() == ["sent"]


@pytest.mark.parametrize(
    "order",
    list(permutations([ReportedState.SENT, ReportedState.DELIVERED, ReportedState.READ])),
)
async def test_receipts_in_any_order_end_in_the_furthest_state(
    desk: AnsweringDesk, order: tuple[ReportedState, ...]
) -> None:
    await _one_in(desk, "unknown")
    [row] = await desk.deliveries()

    for state in (*order, *order):
        await _report(desk, _reported(state, send_key=row["send_key"]))

    assert await desk.states() == ["read"]


async def test_bounce_marks_the_delivery_and_the_identity(desk: AnsweringDesk) -> None:
    await _one_in(desk, "sent")
    [row] = await desk.deliveries()

    await _report(
        desk,
        _reported(
            ReportedState.FAILED,
            send_key=row["send_key"],
            reason="No such mailbox.",
            code="5.1.1",
            recipient_is_gone=True,
        ),
    )

    [after] = await desk.deliveries()
    assert (after["state"], after["reason"], after["code"]) == (
        "failed",
        "No such mailbox.",
        "5.1.1",
    )
    identity = await desk.row("select is_reachable, unreachable_reason from identities")
    assert identity == {"is_reachable": False, "unreachable_reason": "No such mailbox."}


async def test_receipt_for_what_waits_to_be_tried_again_keeps_it_from_being_sent_twice(
    desk: AnsweringDesk,
) -> None:
    await _one_in(desk, "queued")
    [row] = await desk.deliveries()

    await _report(desk, _reported(ReportedState.DELIVERED, send_key=row["send_key"]))

    assert await desk.states() == ["delivered"]


@pytest.mark.parametrize("state", ["queued", "cancelled"])
async def test_bounce_of_what_waits_or_was_dropped_changes_nothing(
    desk: AnsweringDesk, state: str
) -> None:
    await _one_in(desk, state)
    [row] = await desk.deliveries()

    await _report(desk, _reported(ReportedState.FAILED, send_key=row["send_key"]))

    assert await desk.states() == [state]
