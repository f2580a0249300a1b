"""What becomes of mail that no person wrote: which deliveries it settles, and what is shown."""

import time
from pathlib import Path
from typing import Any

import pytest

from connectors.email.convert import to_events
from connectors.email.kinds.kinds import MailKind, kind_of
from connectors.email.kinds.reports import ReportSource, read_bounces
from connectors.email.kinds.status import status_of
from connectors.email.reading.envelope import Reading
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.mail import Body, Mail
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    MessageNature,
    MessageReceived,
    ReportedState,
)

DESK = "help@desk.example"
OURS = "onethread.0123456789abcdef0123456789abcdef01234567@desk.example"
SAMPLES = Path(__file__).parent / "samples"
LONGEST_S = 1.0


def events(raw: bytes, own_address: str = DESK, **settings: Any) -> list[AnyInboundEvent]:
    return list(to_events(raw, Reading(own_address=own_address, **settings)))


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def kind(*headers: str, body: str = "hi") -> MailKind:
    raw = "\r\n".join(("From: ann@people.example", *headers, "", body)).encode()
    return kind_of(Mail(headers=read_headers(raw)), body, DESK).kind


def test_each_recipient_of_a_report_has_an_outcome_and_a_key_of_their_own() -> None:
    raw = sample("bounce_qmail_old_no_code")
    first, second = events(raw)
    assert isinstance(first, DeliveryReported)
    assert isinstance(second, DeliveryReported)
    assert (first.remote_place, first.code, first.recipient_is_gone) == (
        "ann@people.example",
        "5.1.1",
        True,
    )
    assert (second.remote_place, second.code, second.recipient_is_gone) == (
        "bob@people.example",
        "4.4.1",
        False,
    )
    assert first.event_key != second.event_key
    assert {first.sent_to, second.sent_to} == {"ann@people.example"}


def test_report_without_an_id_is_shown_and_settles_by_its_recipient_without_blocking_them() -> None:
    message, settled = events(sample("bounce_notes"))
    assert isinstance(message, MessageReceived)
    assert isinstance(settled, DeliveryReported)
    assert message.nature is MessageNature.BOUNCE
    assert (settled.remote_id, settled.remote_place) == (None, "ann@people.example")
    assert (settled.state, settled.code) == (ReportedState.FAILED, "5.1.1")
    assert not settled.recipient_is_gone


def test_report_about_a_mail_that_is_not_ours_settles_nothing() -> None:
    raw = sample("bounce_exim").replace(OURS.encode(), b"spam@botnet.example")
    [message] = events(raw)
    assert isinstance(message, MessageReceived)
    assert message.nature is MessageNature.BOUNCE


def test_report_about_a_mail_whose_id_carries_its_token_settles_it() -> None:
    tokened = OURS.replace("@", ".c42.6wehpp6xtyowjvi5bz3u@")
    [settled] = events(sample("bounce_exim").replace(OURS.encode(), tokened.encode()))
    assert isinstance(settled, DeliveryReported)
    assert settled.remote_id == tokened


def test_report_that_comes_to_a_second_mailbox_is_for_any_account_and_shown() -> None:
    message, settled = events(sample("bounce_exim"), "sales@other.example")
    assert isinstance(message, MessageReceived)
    assert isinstance(settled, DeliveryReported)
    assert settled.is_for_any_account
    [alone] = events(sample("bounce_exim"))
    assert isinstance(alone, DeliveryReported)
    assert alone.is_for_any_account


def test_id_that_a_relay_replaced_is_known_by_our_mark_in_the_returned_header() -> None:
    [settled] = events(sample("bounce_ses"))
    assert isinstance(settled, DeliveryReported)
    assert settled.remote_id == OURS


def test_report_of_success_and_a_read_receipt_settle_what_they_name() -> None:
    [delivered] = events(sample("report_of_success"))
    [read] = events(sample("read_receipt_mdn"))
    [deleted] = events(sample("read_receipt_deleted"))
    states = [one.state for one in (delivered, read, deleted) if isinstance(one, DeliveryReported)]
    assert states == [ReportedState.DELIVERED, ReportedState.READ, ReportedState.DELIVERED]


def test_read_receipt_for_something_else_is_a_quiet_message() -> None:
    [message] = events(sample("read_receipt_mdn").replace(OURS.encode(), b"other@x.example"))
    assert isinstance(message, MessageReceived)
    assert message.nature is MessageNature.AUTO_REPLY


def test_complaint_is_shown_with_what_it_is_about_and_settles_nothing() -> None:
    [message] = events(sample("complaint_arf"))
    assert isinstance(message, MessageReceived)
    assert message.nature is MessageNature.BOUNCE
    assert (
        "The mail provider of ann@people.example reports one of our mails: abuse."
        in message.warnings
    )


@pytest.mark.parametrize(
    "own", ["support@desk.example", "Support@Desk.example", "support.desk.example"]
)
def test_mail_through_a_group_of_ones_own_is_a_persons(own: str) -> None:
    raw = (
        b"From: ann@people.example\r\nList-Id: <support.desk.example>\r\n"
        b"List-Post: <mailto:support@desk.example>\r\nPrecedence: list\r\n\r\nhi\r\n"
    )
    [through_group] = events(raw, own_lists=(own,))
    [through_list] = events(raw)
    assert isinstance(through_group, MessageReceived)
    assert isinstance(through_list, MessageReceived)
    assert through_group.nature is MessageNature.HUMAN
    assert through_list.nature is MessageNature.LIST


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("Return-Path: <>",), MailKind.HUMAN),
        (("From: postmaster@people.example",), MailKind.HUMAN),
        (("Return-Path: <>", "Auto-Submitted: auto-replied"), MailKind.AUTO_REPLY),
        (("Auto-Submitted: auto-notified; owner=x",), MailKind.AUTO_REPLY),
        (("Auto-Submitted: no (yes)",), MailKind.HUMAN),
        (("X-Autoreply: no",), MailKind.HUMAN),
        (("X-Auto-Response-Suppress: All",), MailKind.HUMAN),
        (("X-Auto-Response-Suppress: All", "Subject: out of office"), MailKind.AUTO_REPLY),
        (("Subject: out of office",), MailKind.HUMAN),
        (("Subject: RE: Automatic reply: order",), MailKind.HUMAN),
        (("Subject: AW: Automatische Antwort: Bestellung",), MailKind.HUMAN),
        (("Precedence: bulk", "Subject: on vacation"), MailKind.AUTO_REPLY),
        (("Precedence: bulk", "X-Autoreply: yes"), MailKind.AUTO_REPLY),
        (("Precedence: first-class",), MailKind.HUMAN),
        (("List-Unsubscribe: <https://x.example>",), MailKind.LIST),
        (("List-Id: <a.b>", "Subject: vacation"), MailKind.LIST),
        (("List-Id: <a.b>", "Auto-Submitted: auto-generated"), MailKind.AUTO_REPLY),
        ((f"Message-ID: <{OURS}>", "Auto-Submitted: auto-replied"), MailKind.OWN),
    ],
)
def test_kind_is_decided_in_its_order_and_by_no_single_weak_mark(
    headers: tuple[str, ...], expected: MailKind
) -> None:
    assert kind(*headers) is expected


@pytest.mark.parametrize(
    ("text", "action", "status"),
    [
        ("550 5.1.1 User unknown", "failed", "5.1.1"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", "failed", "5.1.1"),
        ("550 User unknown", "failed", "5.1.1"),
        ("552 mailbox full", "failed", "5.2.2"),
        ("host 192.0.2.1 said: 554 blocked", "failed", "5.7.1"),
        ("Exim 4.96.2 at 5.1.2.3 port 5.10.1", "failed", "5.0.0"),
        ("it did not work", "failed", "5.0.0"),
        ("it takes longer", "delayed", "4.0.0"),
        ("450 4.2.0 greylisted", "delayed", "4.2.0"),
        ("421 try again later", "failed", "4.0.0"),
        ("250 2.1.5 ok", "delivered", "2.1.5"),
        ("", "delivered", "2.0.0"),
        ("250 2.0.0 ok then 550 5.7.1 no", "failed", "5.7.1"),
    ],
)
def test_status_is_what_is_said_or_what_the_words_mean(text: str, action: str, status: str) -> None:
    assert status_of(text, action=action) == status


FLOODS = {
    "addresses": "<a@b.example>:\n",
    "one long line": "x@" * 3,
    "blanks": " " * 50 + "\n",
    "quote marks": "> > > >\n",
    "headers": "Received: from a by b\n",
    "colons": "a: b\n",
    "dashes": "-----\n",
    "separators": "--- Below this line is a copy of the message\n",
    "words": "user mailbox address account recipient ",
    "unknown": "unknown user host domain ",
    "codes": "550 5.1.1.1 4.4.4.4 ",
    "brackets": "<<<<(((([[[[",
    "Chinese": "收件人原邮件退信",
    "to": "to to to:",
}


@pytest.mark.parametrize("flood", sorted(FLOODS))
def test_report_is_read_in_time_whatever_it_is_filled_with(flood: str) -> None:
    text = FLOODS[flood] * (400_000 // len(FLOODS[flood]))
    mail = Mail(
        headers=read_headers(b"From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\n"),
        bodies=(Body(plain=text),),
    )
    started = time.process_time()
    found = kind_of(mail, "Hi. This is the qmail-send program\n" + text)
    read_bounces(ReportSource(headers=Headers(), blocks=(), text=text[:256_000], attached=None))
    assert time.process_time() - started < LONGEST_S
    assert found.kind is MailKind.REPORT
