"""Addresses with letters outside ASCII: read, believed, answered and matched as one."""

import unicodedata
from pathlib import Path

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.addresses import canonical_address
from connectors.email.reading.envelope import Reading
from connectors.email.reading.headers import read_headers
from connectors.email.sending.compose import Desk, compose
from connectors.email.thread_keys import read_reply_tokens
from connectors.email.trust.author import read_author, read_single
from core.messages import DeliveryReported, IdentityAddress, MessageReceived, ThreadKey
from core.people import Level
from core.sandbox import SandboxLine
from core.testing.builders import answer_to, outbound_message
from tests.connectors.email.test_sandbox import message, reading, sandbox

OURS = "help@desk.example"
READING = Reading(own_address=OURS, authserv_ids=("mx.desk.example",))
CHINESE = "用户@xn--fsqu00a.xn--55qx5d"


def received(lines: str, *, reading: Reading = READING) -> MessageReceived:
    raw = f"{lines}\r\nTo: {OURS}\r\nMessage-ID: <1@people.example>\r\n\r\nHello.\r\n"
    [event] = to_events(raw.replace("\r\n", "\n").replace("\n", "\r\n").encode(), reading)
    assert isinstance(event, MessageReceived)
    return event


def vouched(domain: str) -> str:
    return f"Authentication-Results: mx.desk.example; dmarc=pass header.from={domain}\r\n"


@pytest.mark.parametrize("said", ["例子.公司", "xn--fsqu00a.xn--55qx5d", "XN--FSQU00A.xn--55QX5D"])
@pytest.mark.parametrize("written", ["用户@例子.公司", "用户@xn--fsqu00a.xn--55qx5d"])
def test_sender_is_proven_and_known_by_one_spelling(written: str, said: str) -> None:
    event = received(f"{vouched(said)}From: 王 <{written}>")
    assert event.sender.handle == CHINESE
    assert event.sender.evidence[0].level is Level.ATTESTED


def test_sender_without_a_name_is_shown_as_people_write_the_address() -> None:
    event = received(f"{vouched('例子.公司')}From: {CHINESE}")
    assert event.sender.shown_as == "用户@例子.公司"
    assert event.place.remote == CHINESE
    assert event.place.title == "用户@例子.公司"


def test_sender_whose_address_looks_like_another_is_shown_so_that_it_is_seen() -> None:
    event = received(f"{vouched('bank.example')}From: p\u0430ypal@bank.example")
    assert event.sender.shown_as == "p[U+0430]ypal@bank.example"
    event = received(f"{vouched('bank.example')}From: help@désk.example")
    assert event.sender.shown_as == "help@xn--dsk-bma.example"


def test_reason_for_a_failed_sender_names_the_address_as_it_is_shown() -> None:
    failed = vouched("例子.公司").replace("pass", "fail")
    event = received(f"{failed}From: {CHINESE}")
    assert any("用户@例子.公司" in warning for warning in event.warnings)
    assert event.sender.evidence[0].level is Level.CLAIMED


@pytest.mark.parametrize(
    "local",
    [
        "mu\u0308ller",  # not composed: a provider may hold it for another mailbox
        "\uff41nn",  # becomes ASCII when it is composed by compatibility
        "ann\u2024lee",  # a dot that is none
        "ann\u3000",
        "ann\u00ad",
        "ann\u202elee",
        "\u3164",
        "ann\ue000",
        "用" * 22,  # 66 bytes
        "\U0001f600",
        "p\u0430ypal",
        "\u0430",
        "\u043e\u0440",
    ],
)
def test_local_part_that_could_be_read_in_two_ways_is_never_believed(local: str) -> None:
    author = read_author(read_headers(f"From: <{local}@bank.example>\r\n\r\n".encode()))
    assert not author.is_single


@pytest.mark.parametrize(
    "local", ["ann\u061clee", "ann\u00adlee", "ann\u034f", "\u3164", "a\u180e"]
)
def test_characters_that_nobody_sees_are_in_no_address(local: str) -> None:
    assert canonical_address(f"{local}@bank.example") is None


@pytest.mark.parametrize("hidden", "\u00ad\u034f\u061c\u115f\u17b4\u180e\u202e\u2067\u3164\ufff9")
def test_name_is_shown_without_what_nobody_sees_or_turns_it_around(hidden: str) -> None:
    found = read_author(read_headers(f'From: "Su{hidden}pport" <a@b.example>\r\n\r\n'.encode()))
    assert found.mailbox is not None
    assert found.mailbox.name in ("Su pport", "Support")


@pytest.mark.parametrize(
    "raw",
    [
        b"m\xfcller@bank.example",
        b"M <m\xfcller@bank.example>",
        b"a@b\xfccher.example",
        b"a@b\xfc (x)",
    ],
)
def test_address_in_an_old_charset_is_never_believed(raw: bytes) -> None:
    assert read_single(raw) is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_or_not_it_is_one_address(form: str) -> None:
    written = unicodedata.normalize(form, "Müller@Bücher.example")  # type: ignore[arg-type]  # a form
    assert canonical_address(written) == "müller@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "written", ["ПОЧТА+tok.en1@ПОЧТА.рф", "почта+tok.en1@xn--80a1acny.xn--p1ai"]
)
def test_reply_token_is_found_behind_our_own_address_however_it_is_written(written: str) -> None:
    own = canonical_address("почта@почта.рф")
    assert own is not None
    headers = read_headers(f"To: {written}\r\n\r\n".encode())
    assert read_reply_tokens(headers, own) == ["tok.en1"]


@pytest.mark.parametrize(
    "recipient",
    [
        "utf-8; 用户@例子.公司",
        r"utf-8; \x{7528}\x{6237}@例子.公司",
        "rfc822; 用户@xn--fsqu00a.xn--55qx5d",
    ],
)
@pytest.mark.parametrize("kind", ["message/delivery-status", "message/global-delivery-status"])
def test_report_settles_the_mail_whatever_spelling_it_uses(recipient: str, kind: str) -> None:
    """RFC 6533, 3 and 4."""
    report = f"""From: MAILER-DAEMON@mx.example
To: {OURS}
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain; charset=utf-8

No such mailbox.
--b
Content-Type: {kind}

Reporting-MTA: dns; mx.example

Final-Recipient: {recipient}
Action: failed
Status: 5.1.1

--b
Content-Type: message/global-headers

Message-ID: <onethread.{"a1" * 20}@desk.example>
To: 用户@例子.公司

--b--
"""
    events = to_events(report.replace("\n", "\r\n").encode(), READING)
    settled = [one for one in events if isinstance(one, DeliveryReported)]
    assert [(one.state, one.remote_place) for one in settled] == [("failed", CHINESE)]


@pytest.mark.parametrize(
    ("address", "handle"),
    [("用户@例子.公司", CHINESE), ("ann@bücher.example", "ann@xn--bcher-kva.example")],
)
async def test_they_are_answered_in_their_thread_and_their_answer_comes_back_to_it(
    tmp_path: Path, address: str, handle: str
) -> None:
    """Over SMTP with SMTPUTF8 (RFC 6531) and IMAP, both on loopback."""
    async with sandbox(tmp_path) as made, reading(made) as (connector, sink):
        await made.say(SandboxLine(person="王", address=address, text="hello", subject="Hi"))
        asked = await message(sink, "hello")
        assert (asked.sender.handle, asked.sender.level) == (handle, Level.ATTESTED)
        await connector.send(answer_to(asked, "good day", reply_token="tok-EN.12"))
        (heard,) = await made.heard(address)
        assert heard.text == "good day"
        await made.say(SandboxLine(person="王", address=address, text="thank you"))
        thanks = await message(sink, "thank you")
        assert (thanks.sender.handle, thanks.place.remote) == (handle, handle)
        assert thanks.answers[0].key == "tok-EN.12"


def test_id_outside_ascii_is_answered_where_the_whole_mail_may_have_such_letters() -> None:
    ids = (ThreadKey("message_id", "1@例子.公司"), ThreadKey("message_id", "0@people.example"))
    theirs = IdentityAddress(realm="email", handle=CHINESE)
    outgoing = compose(outbound_message("x", recipient=theirs, in_reply_to=ids), Desk(address=OURS))
    assert "\r\nIn-Reply-To: <1@例子.公司>\r\n" in outgoing.raw.decode()
    ascii_only = IdentityAddress(realm="email", handle="ann@people.example")
    plain = compose(
        outbound_message("x", recipient=ascii_only, in_reply_to=ids), Desk(address=OURS)
    )
    assert "\r\nIn-Reply-To: <0@people.example>\r\n" in plain.raw.decode("ascii")
