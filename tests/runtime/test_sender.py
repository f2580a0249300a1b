"""The sender: order within a lane, one attempt told truthfully, and nothing blindly resent."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities, FileLimits, TextLimit
from core.clock import FakeClock
from core.errors import (
    AuthRefused,
    ContentRejected,
    OutcomeUnknown,
    RecipientGone,
    TransientError,
)
from core.ids import RemoteId, RemotePlace
from core.messages import (
    DeliveryReported,
    OutboundMessage,
    RemotePart,
    ReportedState,
    Sent,
    ThreadKey,
)
from router.services.outbound import reply_token
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, open_sending_desk
from tests.services.builders import received, sender

DEDUPLICATED = Capabilities(send_is_deduplicated=True)
ASKABLE = Capabilities(find_sent=True)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path)


async def test_queued_reply_is_sent_and_its_network_ids_are_kept(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    keys = (ThreadKey("message_id", "abc@desk"),)
    parts = (RemotePart(remote_id=RemoteId("42")), RemotePart(remote_id=RemoteId("43")))
    desk.connector.says("Hello", Sent(remote_parts=parts, thread_keys=keys))

    async with desk.sending():
        written = await desk.answer(ann, "Hello")
        await desk.until_states("sent")

    [call] = desk.connector.calls
    [row] = await desk.deliveries()
    assert (call.key, call.place.remote, call.author_name) == (row["send_key"], "ann", "Ada")
    assert call.recipient is not None
    assert call.recipient.handle == "ann"
    refs = await desk.rows(
        "select remote_place, remote_id, part from remote_refs where message_id = $1"
        " order by remote_id",
        written.message_id,
    )
    assert [tuple(ref.values()) for ref in refs] == [("ann", "42", 0), ("ann", "43", 0)]
    kept = await desk.row("select key, message_id from thread_keys where kind = 'message_id'")
    assert kept == {"key": "abc@desk", "message_id": written.message_id}
    tried = await desk.row("select * from delivery_attempts")
    assert (tried["attempt"], tried["outcome"]) == (1, "sent")
    assert tried["finished_at"] is not None
    assert (row["attempt"], row["claim"]) == (1, None)


async def test_attempt_is_committed_before_the_connector_is_called(desk: SendingDesk) -> None:
    seen: list[tuple[str, int]] = []

    async def look(_: OutboundMessage) -> None:
        [row] = await desk.deliveries()
        tries = await desk.value("select count(*) from delivery_attempts")
        seen.append((row["state"], tries))

    ann = await desk.hear("ann")
    desk.connector.before_answer = look
    async with desk.sending():
        await desk.answer(ann)
        await desk.until_states("sent")

    assert seen == [("sending", 1)]


async def test_every_change_of_state_is_announced(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    async with desk.sending():
        await desk.answer(ann)
        before = await desk.newest_fact()
        await desk.until_states("sent")
        [row] = await desk.deliveries()
    facts = await desk.facts()
    assert facts.count(("delivery.changed", ann, row["id"])) == 2
    assert before


async def test_later_reply_never_overtakes_one_that_backs_off(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    desk.connector.says("one", TransientError("Busy."))
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")
    await desk.answer(bob, "to bob")

    async with desk.sending() as running:
        await desk.until_states("queued", "queued", "sent")
        [first, second, _] = await desk.deliveries()
        assert (first["attempt"], first["reason"], second["attempt"]) == (1, "Busy.", 0)
        clock.advance(timedelta(seconds=2))
        running.wake()
        await desk.until_states("sent", "sent", "sent")

    assert [text for text in desk.connector.texts if text != "to bob"] == ["one", "one", "two"]


async def test_held_reply_goes_out_when_its_time_comes_and_holds_up_its_lane(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    await desk.answer(ann, "held", hold=timedelta(seconds=10))
    await desk.answer(ann, "after")
    await desk.answer(bob, "to bob")

    async with desk.sending() as running:
        await desk.until_states("held", "queued", "sent")
        clock.advance(timedelta(seconds=10))
        running.wake()
        await desk.until_states("sent", "sent", "sent")

    assert desk.connector.texts == ["to bob", "held", "after"]


async def test_unknown_outcome_is_never_resent_and_frees_its_lane(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", OutcomeUnknown("No answer."))
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")

    async with desk.sending():
        await desk.until_states("unknown", "sent")

    assert desk.connector.texts == ["one", "two"]
    assert (await desk.deliveries())[0]["reason"] == "No answer."


async def test_unknown_outcome_is_resent_under_its_key_where_the_network_drops_the_second(
    database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    desk = await open_sending_desk(database, tmp_path, DEDUPLICATED)
    ann = await desk.hear("ann")
    desk.connector.says("one", OutcomeUnknown("No answer."))
    await desk.answer(ann, "one")

    async with desk.sending() as running:
        await desk.until_recorded(1)
        assert await desk.states() == ["queued"]
        clock.advance(timedelta(seconds=2))
        running.wake()
        await desk.until_states("sent")

    assert len({call.key for call in desk.connector.calls}) == 1
    assert len(desk.connector.calls) == 2


@pytest.mark.parametrize(
    ("answers", "state", "sends"),
    [
        ([OutcomeUnknown("Not yet."), Sent()], "sent", 1),
        ([None], "queued", 1),
        ([], "unknown", 1),
    ],
)
async def test_network_that_can_tell_is_asked_about_an_unknown_outcome(
    database: Database,
    tmp_path: Path,
    answers: list[Sent | BaseException | None],
    state: str,
    sends: int,
) -> None:
    desk = await open_sending_desk(database, tmp_path, ASKABLE)
    ann = await desk.hear("ann")
    desk.connector.says("one", OutcomeUnknown("No answer."))
    desk.connector.found["one"].extend(answers)
    await desk.answer(ann, "one")

    async with desk.sending():
        await desk.until_recorded(1)
        assert await desk.states() == [state]

    assert len(desk.connector.calls) == sends
    assert desk.connector.asked


@pytest.mark.parametrize("fault", [ValueError("odd"), TimeoutError(), ConnectionResetError()])
async def test_fault_of_the_connector_is_an_unknown_outcome(
    desk: SendingDesk, fault: Exception
) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", fault)
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")

    async with desk.sending():
        await desk.until_states("unknown", "sent")


async def test_reply_that_waited_days_for_its_account_is_still_tried_again(
    desk: SendingDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, "one")
    clock.advance(timedelta(days=3))
    desk.connector.says("one", TransientError("Busy."), TransientError("Busy."))

    async with desk.sending() as running:
        await desk.until_recorded(1)
        assert await desk.states() == ["queued"]
        clock.advance(timedelta(days=2))
        running.wake()
        await desk.until_states("failed")


async def test_permanent_refusal_fails_with_its_reason(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", ContentRejected("Too long."))
    await desk.answer(ann, "one")

    async with desk.sending():
        await desk.until_states("failed")

    [row] = await desk.deliveries()
    assert (row["reason"], row["code"]) == ("Too long.", "content_rejected")


async def test_recipient_who_is_gone_becomes_unreachable(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", RecipientGone("They blocked us."))
    await desk.answer(ann, "one")

    async with desk.sending():
        await desk.until_states("failed")

    row = await desk.row("select is_reachable, unreachable_reason from identities")
    assert row == {"is_reachable": False, "unreachable_reason": "They blocked us."}
    assert ("person.changed", ann, ann) in await desk.facts()


async def test_broken_account_is_paused_and_its_queue_waits(desk: SendingDesk) -> None:
    ann, bob = await desk.hear("ann"), await desk.hear("bob")
    desk.connector.says("one", AuthRefused("Wrong password."))
    await desk.answer(ann, "one")

    async with desk.sending() as running:
        await desk.until_recorded(1)
        await desk.answer(bob, "to bob")
        account = await desk.row("select state, paused_reason, paused_code from accounts")
        assert tuple(account.values()) == ("paused", "Wrong password.", "auth_refused")
        assert ("account.changed", None, desk.account) in await desk.facts()
        await desk.value("update accounts set state = 'active'")
        running.wake()
        await desk.until_states("sent", "sent")

    assert sorted(desk.connector.texts) == ["one", "one", "to bob"]


async def test_connector_gets_the_thread_the_token_and_the_places_context(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(subject=True, threads=True))
    own = (ThreadKey("message_id", "first"),)
    ann = await desk.hear("ann", subject="Order", thread_keys=own, context={"via": "old"})
    await desk.hear("ann", thread_keys=(ThreadKey("message_id", "second"),), context={"via": "new"})

    async with desk.sending():
        await desk.answer(ann)
        await desk.until_states("sent")

    [call] = desk.connector.calls
    case = await desk.value("select id from cases")
    assert [key.key for key in call.in_reply_to] == ["second", "first"]
    assert call.reply_token == reply_token(desk.keyring, case)
    assert call.context == {"via": "new"}


async def test_files_go_with_the_last_part(database: Database, tmp_path: Path) -> None:
    desk = await open_sending_desk(
        database,
        tmp_path,
        Capabilities(text=TextLimit(length=6), files=FileLimits(max_count=1, max_size=1000)),
    )
    ann = await desk.hear("ann")
    file = await desk.upload()
    await desk.answer(ann, "First. Last.", attachment_ids=[file])

    async with desk.sending():
        await desk.until_states("sent", "sent")

    assert [len(call.attachments) for call in desk.connector.calls] == [0, 1]
    assert [(call.part, call.part_count) for call in desk.connector.calls] == [(0, 2), (1, 2)]


async def test_place_that_sending_moved_is_known_by_its_new_name(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.says(
        "one",
        Sent(
            remote_place=RemotePlace("moved"), remote_parts=(RemotePart(remote_id=RemoteId("9")),)
        ),
    )

    async with desk.sending():
        await desk.answer(ann, "one")
        await desk.until_states("sent")

    assert await desk.value("select remote_place from places") == "moved"
    assert await desk.value("select remote_place from remote_refs where remote_id = '9'") == "moved"


async def test_recipients_that_were_not_taken_are_named(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("one", Sent(refused={"bo@example.com": "no such mailbox"}))

    async with desk.sending():
        await desk.answer(ann, "one")
        await desk.until_states("sent")

    assert (await desk.deliveries())[0]["reason"] == (
        "Not taken for bo@example.com: no such mailbox"
    )


async def test_ids_that_cannot_be_stored_do_not_hide_that_it_was_sent(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    too_long = ThreadKey("message_id", "x" * 9000)  # past what a unique index takes
    desk.connector.says("one", Sent(thread_keys=(ThreadKey("a", _noise(9000)), too_long)))
    await desk.answer(ann, "one")
    await desk.answer(ann, "two")

    async with desk.sending():
        await desk.until_states("sent", "sent")

    assert desk.connector.texts == ["one", "two"]


def _noise(length: int) -> str:
    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


async def test_message_of_the_next_moment_is_sent_without_waiting_for_a_poll(
    desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.runtime.sender.POLL_SECONDS", 600.0)
    ann = await desk.hear("ann")
    async with desk.sending():
        for number in range(5):
            await desk.answer(ann, f"{number}")
            await desk.connector.until_called(number + 1)


async def test_receipt_that_overtakes_the_outcome_is_not_lost(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")

    async def deliver(message: OutboundMessage) -> None:
        await desk.take_in(
            DeliveryReported(event_key="d", state=ReportedState.READ, send_key=message.key)
        )

    desk.connector.before_answer = deliver
    async with desk.sending():
        await desk.answer(ann, "one")
        await desk.until_states("read")


async def test_sender_and_path_in_do_not_disturb_each_other(desk: SendingDesk) -> None:
    people = [await desk.hear(f"person{number}") for number in range(4)]
    async with desk.sending():
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                person = people[number % 4]
                group.create_task(desk.answer(person, f"{number}"))
                group.create_task(desk.take_in(received(sender(f"person{number % 4}"))))
        await desk.until_states(*["sent"] * 40)

    rows = await desk.deliveries()
    order = {row["text"]: row["id"] for row in rows}
    for lane in {row["lane"] for row in rows}:
        own = {row["text"] for row in rows if row["lane"] == lane}
        sent = [order[text] for text in desk.connector.texts if text in own]
        assert sent == sorted(sent)
