"""From the bytes of a report to the delivery that it settles: connector and router together."""

from pathlib import Path

import pytest

from connectors.email.convert import to_events
from connectors.email.envelope_id import write_envelope_id
from connectors.email.reading.envelope import Reading
from connectors.email.sending.compose import Desk, Outgoing, compose
from core.ids import RemoteId, RemotePlace
from core.messages import IdentityAddress, OutboundMessage, Place
from router.storage import remote_refs
from router.storage.engine import Database
from router.storage.remote_refs import RemoteRef
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account, sender

DESK, ANN = "help@desk.example", "ann@people.example"

QMAIL = """From: MAILER-DAEMON@mx.people.example
To: help@desk.example
Subject: failure notice

Hi. This is the qmail-send program at mx.people.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{recipient}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{returned}"""
DELAY = """From: Mail Delivery System <MAILER-DAEMON@mx.people.example>
To: help@desk.example
Subject: Warning: message delayed 4 hours
X-Failed-Recipients: {recipient}

This message was created automatically by mail delivery software.
It has not yet been delivered: 450 4.2.0 greylisted. Delivery attempts will continue.

------ This is a copy of the message's headers. ------

{returned}"""


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def sent_to_ann(desk: AnsweringDesk, *, reply_token: str = "") -> Outgoing:
    """An answer that the network took, with the id that it has there."""
    person = await desk.hear(sender(ANN), place=ANN)
    written = await desk.answer(person)
    [row] = await desk.deliveries()
    mail = compose(
        OutboundMessage(
            key=row["send_key"],
            place=Place(remote=RemotePlace(ANN)),
            recipient=IdentityAddress(realm="email", handle=ANN),
            text="Good day",
            queued_at=row["queued_at"],
            reply_token=reply_token,
        ),
        Desk(address=DESK),
    )
    async with desk.database.transaction() as work:
        await work.driver.execute("update deliveries set state = 'sent', state_at = $1", work.now())
        ref = RemoteRef(
            account_id=desk.account,
            remote_place=ANN,
            remote_id=RemoteId(mail.message_id),
            part=0,
            message_id=written.message_id,
        )
        await remote_refs.insert_refs(work, [ref])
    return mail


async def take_in(
    desk: AnsweringDesk, form: str, returned: str, *, recipient: str = ANN, account: int = 0
) -> None:
    raw = form.format(recipient=recipient, returned=returned).replace("\n", "\r\n").encode()
    own_address = "sales@other.example" if account else DESK
    for event in to_events(raw, Reading(own_address=own_address)):
        await desk.take_in(event, account=account or None)


def header_of(mail: Outgoing) -> str:
    return mail.raw.decode().partition("\r\n\r\n")[0].replace("\r\n", "\n") + "\n"


async def test_report_in_no_standard_form_settles_the_delivery_and_is_no_message(
    desk: AnsweringDesk,
) -> None:
    mail = await sent_to_ann(desk)
    await take_in(desk, QMAIL, header_of(mail))

    [row] = await desk.deliveries()
    assert (row["state"], row["code"]) == ("failed", "5.1.1")
    assert await desk.value("select is_reachable from identities where handle = $1", ANN) is False
    assert await desk.value("select count(*) from messages where direction = 'in'") == 1


async def test_report_on_a_mail_whose_id_a_relay_replaced_settles_it_too(
    desk: AnsweringDesk,
) -> None:
    """As Amazon SES does. Our mark in the header is the id, with the token that we signed."""
    mail = await sent_to_ann(desk, reply_token="tok-EN.12")
    replaced = header_of(mail).replace(mail.message_id, "0100018f-aa@email.amazonses.com")
    await take_in(desk, QMAIL, replaced)

    [row] = await desk.deliveries()
    assert (row["state"], row["code"]) == ("failed", "5.1.1")
    assert await desk.value("select is_reachable from identities where handle = $1", ANN) is False
    assert await desk.value("select count(*) from messages where direction = 'in'") == 1


async def test_report_with_a_mark_that_was_made_up_settles_nothing(desk: AnsweringDesk) -> None:
    mail = await sent_to_ann(desk, reply_token="tok-EN.12")
    mark, _, _ = mail.message_id.partition("@")
    for forged in (mark.replace("tok-EN.12", "tok-EN.13"), f"onethread.{'0' * 40}.tok-EN.12"):
        await take_in(desk, QMAIL, f"From: {DESK}\nTo: {ANN}\nX-Onethread-Loop: {forged}\n")

    assert await desk.states() == ["sent"]


RELAYED = """From: MAILER-DAEMON@relay.example
To: help@desk.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
{returned}

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
--b
Content-Type: text/rfc822-headers

From: help@desk.example
To: {recipient}
Message-ID: <0100018f-aa@relay.example>
--b--
"""


@pytest.mark.parametrize("token", ["", "tok-EN.12", "t" * 45])
async def test_report_that_returns_only_a_relays_id_settles_what_its_envelope_names(
    desk: AnsweringDesk, token: str
) -> None:
    mail = await sent_to_ann(desk, reply_token=token)
    await take_in(desk, RELAYED, "X-Nothing: said")
    await take_in(desk, RELAYED, f"Original-Envelope-Id: onethread.{'0' * 40}@desk.example")
    assert await desk.states() == ["sent"]

    await take_in(desk, RELAYED, f"Original-Envelope-Id: {write_envelope_id(mail.message_id)}")

    [row] = await desk.deliveries()
    assert (row["state"], row["code"]) == ("failed", "5.1.1")
    assert await desk.value("select is_reachable from identities where handle = $1", ANN) is False


async def test_delay_leaves_it_sent_and_says_why(desk: AnsweringDesk) -> None:
    mail = await sent_to_ann(desk)
    await take_in(desk, DELAY, header_of(mail))

    [row] = await desk.deliveries()
    assert (row["state"], row["code"]) == ("sent", "4.2.0")
    assert "greylisted" in row["reason"]


async def test_report_in_another_mailbox_about_a_forwarding_address_settles_it_too(
    desk: AnsweringDesk,
) -> None:
    mail = await sent_to_ann(desk)
    second = await make_account(desk.database, channel=desk.channel)
    await take_in(desk, QMAIL, header_of(mail), recipient="ann@home.example", account=second)

    assert await desk.states() == ["failed"]


async def test_forged_report_without_our_id_blocks_nobody_and_one_with_a_strangers_does_nothing(
    desk: AnsweringDesk,
) -> None:
    await sent_to_ann(desk)
    await take_in(desk, QMAIL, f"To: {ANN}\nMessage-ID: <spam@botnet.example>\n")
    assert await desk.states() == ["sent"]

    await take_in(desk, QMAIL, f"To: {ANN}\n")
    assert await desk.states() == ["failed"]
    assert await desk.value("select is_reachable from identities where handle = $1", ANN)
    assert await desk.rows("select state, count(*) as n from cases group by state order by 1") == [
        {"state": "solved", "n": 1},
        {"state": "waiting", "n": 1},
    ]
