"""Forged authors: wherever two programs could read From differently, nobody is believed (A10)."""

import email.policy
import email.utils
import re
from email.parser import Parser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.reading.addresses import canonical_address
from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import Trust, authenticate
from connectors.email.trust.author import read_author, read_single
from core.people import Level
from tests.connectors.email.forged_authors import FORGERIES, PLAIN, B, E

OURS = "mx.desk.example"


def level_of(lines: str) -> Level:
    """Were our server to vouch for either domain."""
    best = Level.CLAIMED
    for domain in ("bank.example", "evil.example", "bank", "192.0.2.1"):
        line = f"Authentication-Results: {OURS}; dmarc=pass header.from={domain}\r\n"
        headers = read_headers((line + lines + "\r\n\r\nbody\r\n").encode())
        found = authenticate(headers, read_author(headers), Trust(authserv_ids=(OURS,)))
        best = max(best, found.level)
    return best


@pytest.mark.parametrize("lines", FORGERIES, ids=range(len(FORGERIES)))
def test_author_who_could_be_read_in_two_ways_is_never_believed(lines: str) -> None:
    assert level_of(lines) is Level.CLAIMED


def test_there_are_a_hundred_forgeries() -> None:
    assert len(set(FORGERIES)) >= 250


@pytest.mark.parametrize(("value", "address", "name"), PLAIN, ids=range(len(PLAIN)))
def test_plain_author_is_read_and_believed(value: str, address: str, name: str) -> None:
    headers = read_headers(f"From: {value}\r\n\r\n".encode())
    author = read_author(headers)
    assert author.is_single
    assert author.mailbox is not None
    assert (author.mailbox.address, author.mailbox.name) == (address, name)


def test_name_in_an_old_charset_leaves_the_address_beyond_doubt() -> None:
    found = read_single("张三 <a@bank.example>".encode("gb18030"))
    assert found is not None
    assert found.address == "a@bank.example"


@given(
    st.lists(
        st.sampled_from(
            [B, E, "<", ">", '"', "\\", "(", ")", ",", ";", ":", "@", " ", "x", "=?utf-8?q?",
             "?=", "=40", ".", "[", "]", "\t", "\u00fc"]
        ),
        max_size=9,
    )
)  # fmt: skip
def test_whoever_is_believed_is_whom_every_other_reader_sees(pieces: list[str]) -> None:
    """The standard library's two readers, and the guesses of naive programs."""
    value = "".join(pieces)
    found = read_single(value.encode())
    if found is None:
        return
    assert canonical_address(email.utils.parseaddr(value)[1]) == found.address
    message = Parser(policy=email.policy.default).parsestr(f"From: {value}\r\n\r\n")
    seen = [canonical_address(one.addr_spec) for one in message["From"].addresses]
    assert seen == [found.address]
    naive = {canonical_address(one) for one in re.findall(r"[\w.+=-]+@[\w.-]+\w", value)}
    assert naive == {found.address}
