"""A10: nobody is believed whom two programs would read differently.

Each forged mail of the collection is vouched for in every way that there is (our server's word for
each domain in it, a valid signature of each), and read by seven readers that are not ours.
"""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import Source, Trust, authenticate, read_author
from connectors.email.trust.inspection import Zone
from tests.connectors.email.forged_authors import FORGERIES, PLAIN, B, E
from tests.connectors.email.hand_signing import Style, hand_signed
from tests.connectors.email.readers import READERS, Reading, readings_of
from tests.connectors.email.signing_domain import zone_of

OURS = "mx.desk.example"
DOMAINS = (
    "bank.example",
    "evil.example",
    "mail.bank.example",
    "xn--bcher-kva.example",
    "xn--fsqu00a.xn--0zwm56d",
)
REST = "Subject: x\r\n\r\nbody\r\n"


@cache
def _zone() -> Zone:
    records = Zone()
    for domain in DOMAINS:
        records |= zone_of(domain)
    return Zone(records)


def believed(
    mail: bytes, domains: Sequence[str] = DOMAINS[:2], *, signs: bool = True
) -> frozenset[str]:
    """The addresses that get L1, whichever of these domains vouches for the mail."""
    found = set()
    for domain in domains:
        line = f"Authentication-Results: {OURS}; dmarc=pass header.from={domain}\r\n"
        vouched = [(line.encode() + mail, Trust(authserv_ids=(OURS,)))]
        if signs:
            style = Style(domain=domain, covered=("From", "Subject"))
            vouched.append((hand_signed(mail, style), Trust(verifies_signatures=True)))
        for raw, trust in vouched:
            headers = read_headers(raw)
            author = read_author(headers)
            proven = authenticate(headers, author, trust, Source(raw=raw, records=_zone()))
            if proven.level > 0:
                assert author.mailbox is not None
                found.add(author.mailbox.address)
    return frozenset(found)


def is_agreed(readings: dict[str, Reading]) -> bool:
    return len(set(readings.values())) == 1


def test_no_forgery_is_believed_and_the_readers_disagree_about_most_of_them() -> None:
    """The table's numbers: >= 100 that parsers disagree about, 0 of them at L1."""
    mails = [f"{lines}\r\n{REST}".encode() for lines in FORGERIES]

    disagreed = [mail for mail in mails if not is_agreed(readings_of(mail))]
    granted = [mail for mail in mails if believed(mail)]

    assert len(disagreed) >= 150
    assert granted == []


@pytest.mark.parametrize("value", [value for value, _, _ in PLAIN])
def test_plain_author_is_believed_and_is_whom_all_readers_see(value: str) -> None:
    mail = f"From: {value}\r\n{REST}".encode()

    [address] = believed(mail, DOMAINS)

    assert set(readings_of(mail).values()) == {frozenset({address})}


_PIECES = ["From: ", "From:", "from : ", "Sender: ", B, E, f"<{B}>", f"<{E}>", "\r\n", "\r\n ",
           "\n", "\r", "\x00", " ", ",", ";", ":", '"', "\\", "(", ")", "<", ">", "@", "x",
           "=?utf-8?q?", "?=", "=40", "\u00fc", "\u200b", "\u2028"]  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.sampled_from(_PIECES), max_size=8), st.sampled_from(["", f"From: {B}\r\n"]))
def test_whoever_is_believed_of_any_header_block_is_whom_all_readers_see(
    pieces: list[str], first: str
) -> None:
    mail = f"{first}From: {''.join(pieces)}\r\n{REST}".encode()

    for address in believed(mail, signs=False):
        assert set(readings_of(mail).values()) == {frozenset({address})}


def test_each_reader_reads_a_plain_author() -> None:
    mail = f"From: Ann Lee <{B}>\r\n{REST}".encode()
    assert [reader(mail) for reader in READERS] == [frozenset({B})] * 7
