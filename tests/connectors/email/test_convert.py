"""A raw mail as events: kinds, threads, places, people."""

from pathlib import Path

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.reading.placeholder import to_header_only, to_unreadable
from connectors.email.thread_keys import MESSAGE_ID, REPLY_TOKEN, message_id_for, reply_address
from core.messages import (
    DeliveryReported,
    MessageNature,
    MessageReceived,
    PlaceKind,
    ReportedState,
    ThreadKey,
    Unreadable,
)
from core.people import EvidenceKind, Level

DESK = "help@desk.example"
READING = Reading(own_address=DESK, authserv_ids=("mx.desk.example",))
SAMPLES = Path(__file__).parent / "samples"
TRUSTED = "Authentication-Results: mx.desk.example; dmarc=pass header.from={}\r\n"


def mail(*headers: str, body: str = "hi") -> bytes:
    given = {header.partition(":")[0].lower() for header in headers}
    lines = list(headers)
    if "from" not in given:
        lines.append("From: Ann Lee <Ann@People.example>")
    return ("\r\n".join(lines) + "\r\n\r\n" + body + "\r\n").encode()


def message(raw: bytes) -> MessageReceived:
    (event,) = to_events(raw, READING)
    assert isinstance(event, MessageReceived)
    return event


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def test_sender_and_place_are_the_canonical_address_and_the_source_is_kept() -> None:
    raw = mail("To: help@desk.example, Bob <BOB@people.example>")
    event = message(raw)
    assert (event.sender.realm, event.sender.handle) == ("email", "ann@people.example")
    assert event.sender.shown_as == "Ann Lee"
    assert (event.place.remote, event.place.kind) == ("ann@people.example", PlaceKind.MAIL_THREAD)
    assert [one.handle for one in event.participants] == ["bob@people.example"]
    assert event.raw == raw


@pytest.mark.parametrize(
    "name",
    ['"ceo@bank.example"', "=?utf-8?q?ceo=40bank.example?=", "ceo\uff20bank.example", ""],
)
def test_name_that_looks_like_somebody_elses_address_is_not_shown(name: str) -> None:
    event = message(mail(f"From: {name} <eve@evil.example>", "To: ops@desk.example"))

    assert event.sender.shown_as == "eve@evil.example"


def test_aligned_mail_is_attested_and_anything_else_a_claim_with_a_warning() -> None:
    attested = message(TRUSTED.format("people.example").encode() + mail())
    claimed = message(mail())
    assert attested.sender.evidence[0].kind is EvidenceKind.AUTHENTICATED_MAIL
    assert attested.warnings == ()
    assert claimed.sender.level is Level.CLAIMED
    assert claimed.warnings == (
        "The sender is not verified: the mail server said nothing about it.",
    )


def test_same_mail_has_the_same_key_and_one_that_copies_its_message_id_has_another() -> None:
    genuine = mail("Message-ID: <guessed@people.example>", body="genuine")
    forged = mail("Message-ID: <guessed@people.example>", "From: x@evil.example", body="forged")
    assert message(genuine).event_key == message(genuine).event_key
    assert message(forged).event_key != message(genuine).event_key
    assert message(forged).remote_parts != message(genuine).remote_parts


def test_answers_name_the_token_first_then_ids_newest_first() -> None:
    event = message(
        mail(
            "Delivered-To: help+AbC123.xyz@desk.example",
            "To: Desk <help@desk.example>",
            "In-Reply-To: <c@desk.example>",
            "References: <a@desk.example> <b@desk.example>\r\n <c@desk.example>",
        )
    )
    assert event.answers == (
        ThreadKey(REPLY_TOKEN, "AbC123.xyz"),
        ThreadKey(MESSAGE_ID, "c@desk.example"),
        ThreadKey(MESSAGE_ID, "b@desk.example"),
        ThreadKey(MESSAGE_ID, "a@desk.example"),
    )


def test_references_without_end_are_capped() -> None:
    event = message(mail("References: " + " ".join(f"<{n}@x.example>" for n in range(900))))
    assert len(event.answers) == 50
    assert event.answers[0] == ThreadKey(MESSAGE_ID, "899@x.example")


@pytest.mark.parametrize("to", ["helper+tok123@desk.example", "help+tok123@evil.example"])
def test_token_at_an_address_that_is_not_ours_is_none(to: str) -> None:
    assert message(mail(f"To: {to}")).answers == ()


def test_reply_address_brings_its_token_back() -> None:
    address = reply_address(DESK, "tok-EN.1_2")
    assert message(mail(f"To: {address}")).answers == (ThreadKey(REPLY_TOKEN, "tok-EN.1_2"),)


def test_reply_address_too_long_for_a_local_part_is_not_made() -> None:
    assert reply_address(DESK, "x" * 60) is None


@pytest.mark.parametrize(
    ("header", "nature"),
    [
        ("Auto-Submitted: auto-replied", MessageNature.AUTO_REPLY),
        ("Auto-Submitted: auto-generated; x=y", MessageNature.AUTO_REPLY),
        ("X-Autoreply: yes", MessageNature.AUTO_REPLY),
        ("Precedence: auto_reply", MessageNature.AUTO_REPLY),
        ("X-Onethread-Loop: copied", MessageNature.AUTO_REPLY),
        ("List-Id: <a.b.example>", MessageNature.LIST),
        ("Precedence: bulk", MessageNature.LIST),
        ("Auto-Submitted: no", MessageNature.HUMAN),
        ("Return-Path: <>", MessageNature.HUMAN),
        ("From: postmaster@people.example", MessageNature.HUMAN),
    ],
)
def test_nature_is_what_the_header_says(header: str, nature: MessageNature) -> None:
    assert message(mail(header)).nature is nature


def test_our_own_mail_that_comes_back_is_no_message() -> None:
    own_id = message_id_for("key-1", DESK)
    assert to_events(mail(f"Message-ID: <{own_id}>"), READING) == ()
    assert to_events(mail(f"From: {DESK}", "X-Onethread-Loop: x"), READING) == ()


def test_bounce_of_our_mail_settles_its_delivery() -> None:
    (event,) = to_events(sample("bounce_of_ours"), READING)
    assert isinstance(event, DeliveryReported)
    assert event.state is ReportedState.FAILED
    assert event.remote_id == "onethread." + "0123456789abcdef" * 2 + "01234567@desk.example"
    assert event.remote_place == "ann@people.example"
    assert (event.code, event.recipient_is_gone) == ("5.1.1", True)
    assert event.reason == "550 5.1.1 No such user"


def test_delay_of_our_mail_is_told_and_settles_nothing() -> None:
    (event,) = to_events(sample("delay_of_ours"), READING)
    assert isinstance(event, DeliveryReported)
    assert event.state is ReportedState.DELAYED
    assert event.code.startswith("4.")


def test_bounce_of_a_mail_that_is_not_ours_is_shown_as_a_bounce() -> None:
    assert message(sample("bounce_of_a_stranger")).nature is MessageNature.BOUNCE


def test_colleague_writing_from_another_program_stands_in_the_persons_place() -> None:
    headers = (f"From: {DESK}", f"To: Ann <ann@people.example>, {DESK}")
    ours = message(TRUSTED.format("desk.example").encode() + mail(*headers))
    forged = message(mail(*headers))
    assert (ours.is_from_desk, ours.place.remote) == (True, "ann@people.example")
    assert (forged.is_from_desk, forged.place.remote) == (False, DESK)


def test_placeholder_stands_where_its_sender_writes_and_keeps_the_source() -> None:
    raw = mail("Date: Mon, 05 Jan 2026 10:00:00 +0000")
    event = to_unreadable(raw, "It hangs.", READING)
    assert isinstance(event, Unreadable)
    assert event.sender is not None
    assert event.place is not None
    assert event.place.remote == "ann@people.example"
    assert event.raw == raw
    assert event.event_key == message(raw).event_key


def test_mail_too_large_is_its_header_with_a_notice() -> None:
    event = to_header_only(mail("Subject: film", body=""), 99 * 1024 * 1024, None, READING)
    assert isinstance(event, MessageReceived)
    assert event.subject == "film"
    assert event.text == "This mail has 99.0 MiB, more than this mailbox takes."


@pytest.mark.parametrize("date", ["never", "Mon, 99 Jan 2026 10:00:00", "", "1" * 500])
def test_date_that_is_none_is_left_out(date: str) -> None:
    assert message(mail(f"Date: {date}")).sent_at is None


@pytest.mark.parametrize(
    ("covered", "more", "is_ours"),
    [
        ("from:to:cc:message-id", (), True),
        ("From : To : Cc : Message-ID", (), True),
        ("from:subject:date:message-id", (), False),
        ("from:to:cc", (), False),
        ("from:to:message-id", ("Cc: eve@evil.example",), False),
        ("from:to:to:cc:message-id", ("To: eve@evil.example",), False),
    ],
)
def test_colleagues_mail_whose_recipients_are_not_signed_could_be_sent_on_by_them(
    covered: str, more: tuple[str, ...], is_ours: bool
) -> None:
    """A12: what the desk's domain signed tells with whom it talks only if that is signed too."""
    signature = f"DKIM-Signature: v=1; d=desk.example; s=s1; h={covered}; b=eA=="
    headers = (signature, f"From: {DESK}", "To: ann@people.example", "Message-ID: <1@x.example>")
    raw = TRUSTED.format("desk.example").encode() + mail(*more, *headers)
    event = message(raw)
    assert event.is_from_desk is is_ours
    assert (event.place.remote == "ann@people.example") is is_ours
    assert any("sent it on" in one for one in event.warnings) is not is_ours


def test_colleagues_mail_is_one_event_whatever_way_it_came() -> None:
    headers = (f"From: {DESK}", "To: ann@people.example", "Message-ID: <1@desk.example>")
    ours = TRUSTED.format("desk.example").encode() + mail(*headers)
    again = message(b"X-Way: 2\r\n" + ours)
    assert message(ours).event_key == again.event_key
    stranger = TRUSTED.format("people.example").encode() + mail(
        "From: ann@people.example", headers[2]
    )
    assert message(stranger).event_key != message(b"X-Way: 2\r\n" + stranger).event_key
