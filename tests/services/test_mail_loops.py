"""Machines that answer each other: two desks, and the partners that the field knows (A23)."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.reading.headers import read_headers
from connectors.email.sending.compose import Desk, compose
from connectors.email.thread_keys import MESSAGE_ID
from core.clock import FakeClock
from core.ids import RemotePlace
from core.messages import (
    IdentityAddress,
    MessageNature,
    MessageReceived,
    OutboundMessage,
    OutboundNature,
    Place,
    ThreadKey,
)
from router.services.inbound.loops import MOST_ANSWERS, NOTICE
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account, received

LEFT, RIGHT = "help@left.example", "help@right.example"
MOST_MAILS = 50

_numbers = count(1)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


def automatic(by: str, to: str, answered: str | None) -> bytes:
    """As an automatic answer of ours leaves a mailbox."""
    keys = (ThreadKey(MESSAGE_ID, answered),) if answered else ()
    message = OutboundMessage(
        key=f"auto-{next(_numbers)}",
        place=Place(remote=RemotePlace(to)),
        recipient=IdentityAddress(realm="email", handle=to),
        text="We have received your mail.",
        subject="Re: hello",
        in_reply_to=keys,
        nature=OutboundNature.AUTO_REPLY,
        queued_at=FakeClock().now(),
    )
    return compose(message, Desk(address=by)).raw


def without(raw: bytes, *names: bytes) -> bytes:
    """What a partner leaves of a mail that loses headers on its way."""
    lines = raw.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(names))


Answers = Callable[[MessageReceived], bool]


def polite(event: MessageReceived) -> bool:
    return event.nature is MessageNature.HUMAN


def blind(event: MessageReceived) -> bool:
    return True


async def exchange(
    desk: AnsweringDesk, answers: Answers, *, lost: tuple[bytes, ...] = ()
) -> tuple[int, int]:
    """Left is written to by a person called right; how many mails each of them then sends."""
    accounts = {
        LEFT: await make_account(desk.database),
        RIGHT: await make_account(desk.database),
    }
    sent = {LEFT: 0, RIGHT: 0}
    raw = f"From: {RIGHT}\r\nTo: {LEFT}\r\nMessage-ID: <first@right.example>\r\n\r\nhello\r\n"
    mail, receiver, author = raw.encode(), LEFT, RIGHT
    while sum(sent.values()) < MOST_MAILS:
        [event] = to_events(mail, Reading(own_address=receiver))
        assert isinstance(event, MessageReceived)
        stored = await desk.take_in(event, account=accounts[receiver])
        if stored is None or not answers(event):
            break
        answered = read_headers(mail).first("message-id").strip("<>")
        mail = without(automatic(receiver, author, answered), *lost)
        sent[receiver] += 1
        receiver, author = author, receiver
    return sent[LEFT], sent[RIGHT]


async def test_two_of_our_desks_exchange_one_automatic_mail(desk: AnsweringDesk) -> None:
    assert await exchange(desk, polite) == (1, 0)


async def test_two_desks_that_answer_whatever_comes_stop_after_three_each(
    desk: AnsweringDesk,
) -> None:
    left, right = await exchange(desk, blind)
    assert (left, right) == (MOST_ANSWERS + 1, MOST_ANSWERS)
    assert await desk.value("select count(*) from messages") == 2 * MOST_ANSWERS + 1
    # The first answer of left was to a person's mail; all others are of the loop.
    assert (
        await desk.value(
            "select count(*) from messages where warnings::text like $1", f"%{NOTICE}%"
        )
        == 2
    )


async def test_partner_that_loses_our_loop_header_is_still_known_as_a_machine(
    desk: AnsweringDesk,
) -> None:
    lost = (b"x-onethread-loop", b"x-auto-response-suppress")
    assert await exchange(desk, polite, lost=lost) == (1, 0)


@pytest.mark.parametrize("name", ["auto_gmail_vacation", "auto_exchange_oof", "bounce_qmail",
                                  "bounce_notes", "delay_exim", "list_mailman", "complaint_arf",
                                  "auto_ticket_system", "read_receipt_mdn"])  # fmt: skip
def test_no_machine_is_taken_for_a_person_who_might_be_answered(name: str) -> None:
    samples = Path(__file__).parents[1] / "connectors" / "email" / "samples"
    raw = (samples / f"{name}.eml").read_bytes()
    for event in to_events(raw, Reading(own_address="help@desk.example")):
        assert not isinstance(event, MessageReceived) or not polite(event)


async def test_budget_is_of_one_sender_at_one_mailbox_within_one_day(desk: AnsweringDesk) -> None:
    clock = desk.database.clock
    assert isinstance(clock, FakeClock)
    other = await make_account(desk.database)
    key = (ThreadKey(MESSAGE_ID, "ours@desk"),)

    async def robot(by: str = "robot", *, account: int | None = None, **given: Any) -> bool:
        fields: dict[str, Any] = {"nature": MessageNature.AUTO_REPLY, "answers": key, **given}
        return await desk.take_in(received(by, **fields), account=account) is not None

    assert [await robot() for _ in range(5)] == [True, True, True, False, False]
    assert await robot("another robot")
    assert await robot(account=other)
    assert await robot(nature=MessageNature.HUMAN)
    assert await robot(answers=()), "a notice that answers nothing is no loop"
    clock.advance(timedelta(days=1, seconds=1))
    assert await robot()
