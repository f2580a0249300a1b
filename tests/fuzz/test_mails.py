"""Mails cut, joined and damaged, and parts of them made up: every promise holds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.email.reading.addresses import read_addresses
from connectors.email.reading.calendar import read_invitation
from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.dates import read_date
from connectors.email.reading.file_names import clean_name
from connectors.email.reading.parameters import read_parameters
from connectors.email.reading.rich_text import enriched_to_text, rtf_to_text
from connectors.email.reading.rtf_compressed import decompress_rtf
from connectors.email.reading.tnef import read_tnef
from connectors.email.reading.transfer import decode_transfer, find_uuencoded
from connectors.email.reading.words import decode_words
from tests.connectors import email as email_tests
from tests.fuzz.promises import check, check_name, check_text

SAMPLES = sorted((Path(email_tests.__path__[0]) / "samples").glob("*.eml"))
RAWS = [sample.read_bytes() for sample in SAMPLES]

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

TOKENS = [
    *(b"\r\n", b"\n", b"\r", b"\x00", b"\xff", b"\x1b$B", b"=?utf-8?Q?", b"?=", b"=?gbk?B?"),
    *(b"--b", b"--", b'"', b"<", b">", b"(", b")", b";", b":", b",", b"@", b"=", b"%", b"'", b" "),
    *(b"\\", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"charset="),
    *(b"filename*0*=", b"name=", b"Content-Transfer-Encoding: base64", b"message/rfc822", b"<div>"),
    *(b"\xc4\xe3\xba", b"begin 644 a\n", b"\nend\n", b"> ", b"wrote:", b"From: "),
    *(b"\xe2\x80\xae", b"\xf0\x9f\x98\x80"),
]

Changes = list[tuple[float, int, bytes]]
damage = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(TOKENS) | st.binary(max_size=6)),
    max_size=8,
)
soup = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=40).map(b"".join)


def damaged(raw: bytes, changes: Changes) -> bytes:
    for where, cut, put in changes:
        position = int(where * len(raw))
        raw = raw[:position] + put + raw[position + cut :]
    return raw


@given(raw=st.sampled_from(RAWS), changes=damage)
@settings(quick, max_examples=250)
def test_damaged_mail_keeps_every_promise(raw: bytes, changes: Changes) -> None:
    check(damaged(raw, changes))


@given(head=st.sampled_from(RAWS), tail=st.sampled_from(RAWS), where=st.floats(0, 1))
@quick
def test_mails_joined_anywhere_keep_every_promise(head: bytes, tail: bytes, where: float) -> None:
    check(head[: int(where * len(head))] + tail[int(where * len(tail)) :])


@given(raw=soup | st.binary(max_size=400))
@quick
def test_bytes_that_are_no_mail_keep_every_promise(raw: bytes) -> None:
    check(raw)


@given(
    raw=soup,
    charset=st.sampled_from(
        [
            "utf-8",
            "gb2312",
            "utf-7",
            "utf-16",
            "iso-2022-jp",
            "hz",
            "iso-2022-kr",
            "big5",
            "x-none",
            "idna",
            "hex",
            "",
        ]
    ),
)
@quick
def test_text_is_clean_whatever_charset_it_claims(raw: bytes, charset: str) -> None:
    text = decode_bytes(raw, charset)
    check_text(text)
    assert not any(ord(one) < 32 and one not in "\t\n\r" for one in text)


@given(name=st.text(max_size=300) | soup.map(lambda raw: raw.decode("latin-1")))
@quick
def test_file_name_is_safe_whatever_it_was(name: str) -> None:
    check_name(clean_name(name, "application/pdf", 0))


READERS: dict[str, Callable[[bytes], object]] = {
    "words": decode_words,
    "parameters": read_parameters,
    "addresses": read_addresses,
    "dates": lambda raw: read_date(raw.decode("latin-1")),
    "calendar": lambda raw: read_invitation("BEGIN:VEVENT\n" + raw.decode("latin-1")),
    "rtf": lambda raw: rtf_to_text("{\\rtf1" + raw.decode("latin-1")),
    "enriched": lambda raw: enriched_to_text(raw.decode("latin-1")),
    "compressed rtf": lambda raw: decompress_rtf(raw.ljust(8, b"\0")[:8] + b"LZFu" + raw),
    "tnef": lambda raw: read_tnef(b"\x78\x9f\x3e\x22\x01\x00" + raw),
    "base64": lambda raw: decode_transfer(raw, "base64"),
    "quoted-printable": lambda raw: decode_transfer(raw, "quoted-printable"),
    "uuencode": lambda raw: find_uuencoded(b"begin 644 a\n" + raw),
}


@pytest.mark.parametrize("reader", sorted(READERS))
@given(raw=soup | st.binary(max_size=300))
@quick
def test_reader_never_fails(reader: str, raw: bytes) -> None:
    READERS[reader](raw)
