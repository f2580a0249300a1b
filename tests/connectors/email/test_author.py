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

OURS = "mx.desk.example"
B, E = "a@bank.example", "e@evil.example"

ONE_HEADER = [
    # Several mailboxes, groups, routes, literals.
    f"{B}, {E}",
    f"{E}, {B}",
    f"{B},",
    f",{B}",
    f"{B};",
    f"<{B}>, <{E}>",
    f"<{B}> <{E}>",
    f"<{B}><{E}>",
    f"<<{B}>>",
    f"<{B}> {E}",
    f"{B} <{E}>",
    f"{E} <{B}>",
    f"{B} {E}",
    f"Clerk <{B}> Chief <{E}>",
    f"x: {B};",
    f"x: {B}, {E};",
    f"x: <{B}>; <{E}>",
    f"undisclosed:;{B}",
    f"<@evil.example:{B}>",
    f"<@evil.example,@x.example:{B}>",
    f"@evil.example:{B}",
    "a@[192.0.2.1]",
    "Clerk <a@[IPv6:::1]>",
    # What the local part may hold in one grammar and not in another.
    f'"{E}"@bank.example',
    f'"{E}\\"@bank.example',
    '"a@evil.example> "@bank.example',
    '"a b"@bank.example',
    '"a,b"@bank.example',
    '"a"@bank.example',
    'a."b".c@bank.example',
    "a@evil.example@bank.example",
    f"{B}@evil.example",
    "a..b@bank.example",
    ".a@bank.example",
    "a.@bank.example",
    "a b@bank.example",
    "a\\@bank.example@evil.example",
    "a(x)@bank.example",
    "a@(x)bank.example",
    "a@bank.example(.evil.example)",
    "a @bank.example",
    "a@ bank.example",
    "a@bank .example",
    "a@bank.example .evil.example",
    "a@bank.example\t.evil.example",
    "a:b@bank.example",
    "evil.example!a@bank.example",
    "e%evil.example@bank.example",
    "?a@bank.example",
    "a;b@bank.example",
    "@bank.example",
    "a@",
    "a",
    "",
    # Domains with two spellings.
    "a@bank.example.",
    "a@bank..example",
    "a@.bank.example",
    "a@-bank.example",
    "a@bank_evil.example",
    "a@bank.example/evil.example",
    "a@bank.example\\evil.example",
    "a@bank.example?evil.example",
    "a@bank.example#evil.example",
    "a@bank.example%evil.example",
    "a@bank",
    "a@192.0.2.1",
    "a@bank\u3002example",
    "a@bank\uff0eexample",
    "a@bank\uff61example",
    "a\uff20bank.example",
    "a@\uff42ank.example",
    "a@b\u200bank.example",
    "a@bank.exam\u00adple",
    "a@bank.example\u202e",
    "a\u200b@bank.example",
    "\u0430@bank.example",
    "a@bank.example\x7f",
    # Comments.
    f"({B}) {E}",
    f"{E} ({B})",
    f"({E}){B}",
    f"{B} (x",
    f"{B} x)",
    f"{B} (x) (y)",
    f"{B} ((x))",
    f"{B} (<{E}>)",
    f"{B} (x\\) <{E}>",
    f"(x) <{B}>",
    f"Clerk (x) <{B}>",
    f"<{B}> (x)",
    f"<(x){B}>",
    f"<{B}(x)>",
    # Names that hold another address, openly or encoded.
    f'"{E}" <{B}>',
    f'"{E} (Chief)" <{B}>',
    f'"Chief <{E}>" <{B}>',
    f"'{E}' <{B}>",
    f'"{E}, " <{B}>',
    f'"{E}>" <{B}>',
    f'"x\\" <{E}>" <{B}>',
    f'"x" <{E}> "y" <{B}>',
    f"=?utf-8?q?e=40evil.example?= <{B}>",
    f"=?utf-8?b?ZUBldmlsLmV4YW1wbGU=?= <{B}>",
    f"=?utf-8?q?=3Ce=40evil.example=3E?= <{B}>",
    f"=?utf-8?q?Chief_=3Ce=40evil.example=3E=2C?= <{B}>",
    f"=?utf-8?q?e=EF=BC=A0evil.example?= <{B}>",
    f"=?utf-8?q?=00?= <{B}> =?utf-8?q?x?=",
    f'"=?utf-8?q?e=40evil.example?=" <{B}>',
    "=?utf-8?q?a=40bank.example?=",
    "=?utf-8?q?<a=40bank.example>?=",
    "<=?utf-8?q?a=40bank.example?=>",
    "=?utf-8?q?a?=@bank.example",
    f"{E} =?utf-8?q?x?= <{B}>",
    # Names that are no phrase.
    f"Chief, Clerk <{B}>",
    f"Chief; <{B}>",
    f"Chief: <{B}>",
    f"Chief [x] <{B}>",
    f"Chief \\x <{B}>",
    f'"Chief <{B}>',
    f'Chief" <{B}>',
    f"Chief> <{B}>",
    f"<> <{B}>",
    f"<{B}",
    f"{B}>",
    f"\u202e<{B}>",
    f"Chief\u2028 <{B}>",
    f"Chief\u200b <{B}>",
]
SEVERAL_LINES = [
    f"From: {B}\r\nFrom: {E}",
    f"From: {E}\r\nFrom: {B}",
    f"From: {B}\r\nfrom: {E}",
    f"From: {B}\r\nFrom : {E}",
    f"From : {B}\r\nFROM: {E}",
    f"From: {B}\r\nFrom\t: {E}",
    f"From: {B}\r\nFrom:",
    f"From:\r\nFrom: {B}",
    f"From: {B}\r\n\xa0From: {E}",
    f"From: {B}\rFrom: {E}",
    f"From: {B}\r\x00From: {E}",
    f"From: {B}\x00.evil.example",
    f"From: {B}\nFrom: {E}",
    f"Subject: x\rFrom: {E}\r\nFrom: {B}",
    f"From: {B}\r\n , {E}",
    f"From: {B}\r\n {E}",
    "From: a@\r\n bank.example",
    f"From: <{B}>\r\n\t<{E}>",
    f"no header at all\r\nFrom: {B}",
    f"From: {B}\r\nno header at all\r\nFrom: {E}",
    f"Sender: {B}",
    f"Resent-From: {B}",
    f"X-From: {B}",
    f"Reply-To: {B}\r\nSubject: x",
    "From: x",
    f"From: {'x' * 20_000} <{B}>",
]
FORGERIES = [*(f"From: {value}" for value in ONE_HEADER), *SEVERAL_LINES]

PLAIN = [
    (B, "a@bank.example", ""),
    (f"<{B}>", "a@bank.example", ""),
    (f"  {B}  ", "a@bank.example", ""),
    ("A@Bank.EXAMPLE", "a@bank.example", ""),
    (f"Ann Lee <{B}>", "a@bank.example", "Ann Lee"),
    (f"Dr. A. O'Neil-Lee <{B}>", "a@bank.example", "Dr. A. O'Neil-Lee"),
    (f'"Lee, Ann" <{B}>', "a@bank.example", "Lee, Ann"),
    (f'"Ann \\"Al\\" Lee" <{B}>', "a@bank.example", 'Ann "Al" Lee'),
    (f'"{B}" <{B}>', "a@bank.example", "a@bank.example"),
    (f"=?utf-8?b?5byg5LiJ?= <{B}>", "a@bank.example", "张三"),
    (f"=?utf-8?q?Lee=2C_Ann?= <{B}>", "a@bank.example", "Lee, Ann"),
    (f"=?utf-8?q?M=C3=BC?=\r\n =?utf-8?q?ller?= <{B}>", "a@bank.example", "Müller"),
    (f"张三 <{B}>", "a@bank.example", "张三"),
    (f"Ann \u2764\ufe0f <{B}>", "a@bank.example", "Ann \u2764\ufe0f"),
    (f"{B} (Ann Lee)", "a@bank.example", "Ann Lee"),
    ("a+b@bank.example", "a+b@bank.example", ""),
    ("o'neil_x@mail.bank.example", "o'neil_x@mail.bank.example", ""),
    ("Ann <a@b\u00fccher.example>", "a@xn--bcher-kva.example", "Ann"),
    ("Ann <a@\u4f8b\u5b50.\u6d4b\u8bd5>", "a@xn--fsqu00a.xn--0zwm56d", "Ann"),
]


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
    assert len(set(FORGERIES)) >= 130


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
