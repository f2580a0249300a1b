"""A reply with copies: each is sent, refused, tried again and told of by itself."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities, Rates
from core.errors import OutcomeUnknown, RecipientGone, TransientError, Unsupported
from core.ids import RemoteId, RemotePlace
from core.messages import DeliveryReported, OutboundMessage, RemotePart, ReportedState, Sent
from router.services.errors import Refused
from router.services.outbound import Copy, decide
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, open_sending_desk

BEA = Copy(address=" Bea@people.example", name="Bea")
CY = Copy(address="cy@people.example", is_hidden=True)
MAIL = Capabilities(copies=True, subject=True, threads=True)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path, MAIL)


async def test_each_copy_is_a_delivery_and_a_hidden_one_is_named_to_nobody_else(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    async with desk.sending():
        await desk.answer(ann, copies=[BEA, CY])
        await desk.until_states("sent", "sent", "sent")
    calls = {call.copy_to.handle if call.copy_to else "": call for call in desk.connector.calls}
    assert sorted(calls) == ["", "bea@people.example", "cy@people.example"]
    for call in calls.values():
        assert [one.handle for one in call.copies] == ["bea@people.example"]
        assert call.recipient is not None
        assert call.recipient.handle == "ann"
    assert len({call.key for call in calls.values()}) == 3
    assert {one.copy_of for name, one in calls.items() if name} == {calls[""].key}


async def test_copy_that_is_refused_fails_alone(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.before_answer = _refuse("bea@people.example", RecipientGone("550 no"))
    async with desk.sending():
        await desk.answer(ann, copies=[BEA, CY])
        await desk.until_states("sent", "failed", "sent")
    assert await desk.value("select bool_and(is_reachable) from identities")


async def test_copy_that_is_told_to_wait_is_tried_again_and_the_others_are_not(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    desk.connector.before_answer = _refuse("bea@people.example", TransientError("450 later"), 1)
    async with desk.sending() as sender:
        await desk.answer(ann, copies=[BEA, CY])
        await desk.until_states("sent", "queued", "sent")
        await desk.value("update deliveries set due_at = queued_at")
        sender.wake()
        await desk.until_states("sent", "sent", "sent")
    reached = [call.copy_to.handle if call.copy_to else "" for call in desk.connector.calls]
    assert sorted(reached) == ["", *["bea@people.example"] * 2, "cy@people.example"]


async def test_copy_that_is_sent_again_is_still_that_copy(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    desk.connector.before_answer = _refuse("bea@people.example", OutcomeUnknown("lost"), 1)
    async with desk.sending():
        await desk.answer(ann, copies=[BEA])
        await desk.until_states("sent", "unknown")
        [_, unknown] = await desk.deliveries()
        await decide(desk.database, unknown["id"], "resend")
        await desk.until_states("sent", "cancelled", "sent")
    first, again = [call for call in desk.connector.calls if call.copy_to is not None]
    assert (first.key, first.copy_of, first.copy_to) == (again.key, again.copy_of, again.copy_to)


@pytest.mark.parametrize(("found", "sends"), [(Sent(), 1), (OutcomeUnknown("no trace"), 2)])
async def test_unknown_mail_is_looked_for_once_more_before_an_agents_resend(
    database: Database, tmp_path: Path, found: Sent | OutcomeUnknown, sends: int
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(find_sent=True))
    ann = await desk.hear("ann")
    desk.connector.says("Good day", OutcomeUnknown("lost"))
    desk.connector.found["Good day"].append(Unsupported("cannot tell now"))
    async with desk.sending():
        await desk.answer(ann)
        await desk.until_states("unknown")
        desk.connector.found["Good day"].append(found)
        [unknown] = await desk.deliveries()
        await decide(desk.database, unknown["id"], "resend")
        await desk.until_states("cancelled", "sent")
    assert len(desk.connector.calls) == sends


async def test_news_of_a_copy_is_not_taken_for_news_of_the_recipients_mail(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    desk.connector.says("Good day", *[_named("mail-1")] * 2)
    async with desk.sending():
        await desk.answer(ann, copies=[BEA])
        await desk.until_states("sent", "sent")
    for place, states in (
        ("bea@people.example", ["sent", "failed"]),
        ("ann", ["failed", "failed"]),
    ):
        await desk.take_in(
            DeliveryReported(
                event_key=f"report-{place}",
                state=ReportedState.FAILED,
                remote_place=RemotePlace(place),
                remote_id=RemoteId("mail-1"),
                recipient_is_gone=True,
            )
        )
        assert await desk.states() == states
        is_reachable = await desk.value("select bool_and(is_reachable) from identities")
        assert is_reachable is (states[0] == "sent")


async def test_recipient_and_repeated_addresses_get_no_second_copy(desk: SendingDesk) -> None:
    ann = await desk.hear("ann@people.example")
    both = Copy(address="bea@people.example", is_hidden=True)
    written = await desk.answer(ann, copies=[Copy(address="ann@people.example"), both, BEA])
    rows = await desk.deliveries(written.message_id)
    assert [row["copy_to"] for row in rows] == ["", "bea@people.example"]
    [message] = await desk.rows("select participants from messages where direction = 'out'")
    assert [one["role"] for one in message["participants"]] == ["cc"]


@pytest.mark.parametrize(
    ("copies", "capabilities", "code", "field"),
    [
        ([BEA], Capabilities(), "no_copies", "copies"),
        ([BEA, Copy(address="nobody")], MAIL, "bad_address", "copies[1].address"),
        ([BEA] * 51, MAIL, "too_many_copies", "copies"),
    ],
    ids=["no such channel", "no address", "too many"],
)
async def test_copies_that_cannot_be_are_refused_before_anything_is_stored(
    desk: SendingDesk, copies: list[Copy], capabilities: Capabilities, code: str, field: str
) -> None:
    desk.capabilities[desk.channel] = capabilities
    ann = await desk.hear("ann")
    with pytest.raises(Refused) as refusal:
        await desk.answer(ann, copies=copies)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert await desk.deliveries() == []


async def test_copy_to_somebody_who_was_erased_meanwhile_goes_to_nobody_else(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.answer(ann, copies=[BEA])
    await desk.value("update messages set participants = '[]' where direction = 'out'")
    async with desk.sending():
        await desk.until_states("sent", "sent")
    assert [call.copy_to is None for call in desk.connector.calls].count(True) == 1


async def test_agents_signature_goes_along_and_is_not_in_the_stored_text(
    desk: SendingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.value("update agents set signature = 'Ada, Support'")
    async with desk.sending():
        await desk.answer(ann, "Good day")
        await desk.until_states("sent")
    assert [(call.text, call.signature) for call in desk.connector.calls] == [
        ("Good day", "Ada, Support")
    ]
    assert await desk.value("select text from messages where direction = 'out'") == "Good day"


async def test_attempt_lasts_as_long_as_the_network_may_take(
    database: Database, tmp_path: Path
) -> None:
    quick = Capabilities(longest_send=timedelta(milliseconds=50))
    desk = await open_sending_desk(database, tmp_path, quick)
    desk.connector.is_open.clear()
    ann = await desk.hear("ann")
    async with desk.sending():
        await desk.answer(ann)
        await desk.until_states("unknown")


async def test_account_that_allows_less_at_once_gets_less(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(rates=Rates(in_flight=8)))
    narrow = type("Narrow", (type(desk.connector),), {"rates": Rates(in_flight=2)})
    connector = narrow(desk.connector.capabilities)
    for name in ("ann", "bob", "cy", "dan"):
        await desk.answer(await desk.hear(name))
    async with desk.sending(connector=connector):
        await desk.until_states("sent", "sent", "sent", "sent")
    assert connector.most_under_way <= 2


def _refuse(
    handle: str, error: Exception, times: int = 100
) -> Callable[[OutboundMessage], Awaitable[None]]:
    left = [times]

    async def refuse(message: OutboundMessage) -> None:
        if message.copy_to is not None and message.copy_to.handle == handle and left[0]:
            left[0] -= 1
            raise error

    return refuse


def _named(remote_id: str) -> Sent:
    return Sent(remote_parts=(RemotePart(remote_id=RemoteId(remote_id)),))
