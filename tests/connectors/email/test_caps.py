"""Mails made to hang or crash a parser: each is cut before it, or refused, in little time."""

import struct
import time

import pytest

from connectors.email.convert import to_events
from connectors.email.html.depth import is_shallow
from connectors.email.html.safe import make_safe
from connectors.email.reading.envelope import Reading
from connectors.email.reading.headers import MAX_HEADER, MAX_HEADERS, read_headers
from connectors.email.reply_text.quoting import reply_of
from core.errors import UnreadableEvent
from core.messages import MessageReceived

READING = Reading(own_address="help@desk.example", authserv_ids=("mx.desk.example",))
FROM = b"From: Ann <ann@people.example>\r\n"
LONGEST_S = 4.0
"""Seconds of work. Measured: all under 1.6 on a quiet machine; a process is killed after 5."""


def tnef(packed: bytes) -> bytes:
    """With a body of compressed RTF."""
    head = struct.pack("<IIII", len(packed) + 12, 0xFFFFFFFF, 0x75465A4C, 0)
    rtf = head + packed
    properties = struct.pack("<IHHII", 1, 0x0102, 0x1009, 1, len(rtf)) + rtf
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + struct.pack("<BHHI", 1, 0x9003, 6, len(properties))
        + properties
        + b"\0\0"
    )


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return FROM + b"MIME-Version: 1.0\r\n" + head + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


BOMBS = {
    "500,000 words of subject": FROM + b"Subject: " + b"word " * 500_000 + b"\r\n\r\nhi\r\n",
    "20,000 encoded words": FROM + b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nhi\r\n",
    "20,000 addresses": FROM + b"To: " + b"a@b.example, " * 20_000 + b"\r\n\r\nhi\r\n",
    "a local part of 195 KiB": FROM + b"To: " + b"a" * 195_000 + b"@b.example\r\n\r\nhi\r\n",
    "19 KiB of < in Message-ID": FROM + b"Message-ID: " + b"<" * 19_000 + b"\r\n\r\nhi\r\n",
    "100,000 headers": FROM + b"X: y\r\n" * 100_000 + b"\r\nhi\r\n",
    "a header of 10 MB": FROM + b"X: " + b"y" * 10_000_000 + b"\r\n\r\nhi\r\n",
    "no end of header": FROM + b"y" * 5_000_000,
    "20,000 parameters": FROM + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nhi\r\n",
    "19 levels": nested(19),
    "50 levels": nested(50),
    "30,000 divs deep": FROM + b"Content-Type: text/html\r\n\r\nhi" + b"<div>" * 30_000 + b"\r\n",
    "divs hidden in comments": FROM
    + b"Content-Type: text/html\r\n\r\nhi"
    + b"<div><!-- </div> -->" * 20_000
    + b"\r\n",
    "a million quote marks": FROM + b"\r\nhi\r\n" + b"> \r\n" * 250_000,
    "quotes and answers": FROM + b"\r\nhi\r\n" + b"> q\r\na\r\n" * 60_000,
    "100,000 parts": FROM
    + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\n" * 100_000,
    "3,000 levels": nested(3000),
    "a header of one part of 5 MB": FROM
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: "
    + b"y" * 5_000_000
    + b"\r\n\r\nhi\r\n--b--\r\n",
    "a million almost boundaries": FROM
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
    + b"--bb\r\n" * 500_000,
    "uuencoded again and again": FROM + b"\r\n" + b"begin 644 a\r\nM" * 100_000,
    "compressed RTF": FROM
    + b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    + tnef(b"\x00\x10\x10\x00" * 400_000),
    "attributes of TNEF without end": FROM
    + b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n"
    + struct.pack("<IH", 0x223E9F78, 1)
    + struct.pack("<BHHIH", 2, 0x9002, 6, 0, 0) * 400_000,
    "an RTF of braces": FROM + b"Content-Type: text/rtf\r\n\r\n{\\rtf1" + b"{\\b" * 300_000,
    "enriched text of brackets": FROM + b"Content-Type: text/enriched\r\n\r\n" + b"<" * 900_000,
    "a calendar of folds": FROM
    + b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY:x"
    + b"\r\n x" * 400_000,
    "ISO-2022-JP escapes": FROM + b"\r\n" + b"\x1b$B" * 300_000,
    "8-bit junk": FROM
    + b"Subject: "
    + bytes(range(128, 256)) * 100
    + b"\r\n\r\n"
    + bytes(range(128, 256)) * 20_000,
    "a million dashes": FROM + b"\r\nhi\r\n" + b"-" * 1_000_000 + b"\r\n",
    "a million line ends": FROM + b"\r\nhi\r\n" + b"\r\n" * 500_000 + b"ho\r\n",
}
REFUSED = {
    "900 brackets in From": b"From: " + b"(" * 900 + b" <a@b.example>\r\n\r\nhi\r\n",
    "nobody wrote it": b"Subject: x\r\n\r\nhi\r\n",
    "nothing": b"",
    "no header": b"\xff\x00\xfe" * 100,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_read_in_time(bomb: str) -> None:
    started = time.process_time()
    events = to_events(BOMBS[bomb], READING)
    assert time.process_time() - started < LONGEST_S
    assert [type(event) for event in events] == [MessageReceived]


@pytest.mark.parametrize("bomb", REFUSED)
def test_hopeless_mail_is_refused_with_a_sentence(bomb: str) -> None:
    started = time.process_time()
    with pytest.raises(UnreadableEvent, match=r"^The mail .*\.$"):
        to_events(REFUSED[bomb], READING)
    assert time.process_time() - started < LONGEST_S


def test_header_is_cut_at_its_cap_and_it_is_said() -> None:
    headers = read_headers(FROM + b"Subject: " + b"x" * 100_000 + b"\r\n\r\n")
    assert len(headers.raw_all("subject")[0]) <= MAX_HEADER
    assert headers.problems == (f"header Subject was cut at {MAX_HEADER} bytes",)


def test_header_block_is_cut_at_its_cap() -> None:
    headers = read_headers(FROM + b"X-A: " + b"x" * 10_000 + b"\r\n" + b"X-B: y\r\n" * 20_000)
    assert sum(len(name) + len(value) for name, value in headers.fields) <= MAX_HEADERS
    assert "the header is too long: the rest of it was left out" in headers.problems


def test_body_behind_a_huge_header_is_still_found() -> None:
    (event,) = to_events(BOMBS["a header of 10 MB"], READING)
    assert isinstance(event, MessageReceived)
    assert event.text == "hi"


def test_parts_nested_too_deep_are_left_out_and_it_is_said() -> None:
    (shallow,) = to_events(BOMBS["19 levels"], READING)
    (deep,) = to_events(BOMBS["50 levels"], READING)
    assert isinstance(shallow, MessageReceived)
    assert isinstance(deep, MessageReceived)
    assert (shallow.text, deep.text) == ("deep", "")
    (many,) = to_events(BOMBS["100,000 parts"], READING)
    assert isinstance(many, MessageReceived)
    assert any("too many" in one for one in many.warnings)
    assert any("nested too deep" in one for one in deep.warnings)


def test_depth_is_not_fooled_by_closing_tags_in_comments() -> None:
    assert not is_shallow("<div><!-- </div> -->" * 300)
    assert is_shallow("<div></div>" * 300 + "<p>" * 300)
    assert make_safe("<div>" * 300) is None


@pytest.mark.parametrize(
    "line",
    ["On 2026-01-05 10:00 a@b.example ", "From: ", "-----", "> ", ": ", "_" * 30, "a@", "wrote:"],
)
def test_time_of_the_quote_scanner_grows_no_faster_than_the_text(line: str) -> None:
    def seconds(count: int) -> float:
        text = (line + "\n") * count + (line * (count // 10))
        started = time.process_time()
        reply_of(text)
        return time.process_time() - started

    small, large = min(seconds(4000) for _ in range(3)), min(seconds(16000) for _ in range(3))
    assert large < max(small * 4 * 2.5, 0.1)
