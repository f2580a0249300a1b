"""A11: no forged, borrowed, stale or stretched proof gives a mail L1.

Through the whole conversion, with everything switched on that may be believed: our server's word, a
trusted forwarder's seal, signatures that are verified here. Each attack says the same author.
"""

from collections.abc import Callable
from itertools import product

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.trust.inspection import Zone
from core.messages import MessageReceived
from tests.connectors.email.hand_signing import COVERED, WEAK_RECORD, Style, hand_signed
from tests.connectors.email.signing_domain import (
    HEADERS,
    MAIL,
    SELECTOR,
    key_pair,
    key_record,
    sealed,
    zone_of,
)

OURS = "mx.desk.example"
READING = Reading(
    own_address="help@desk.example",
    authserv_ids=(OURS,),
    arc_sealers=("forwarder.example",),
    verifies_signatures=True,
)
FORWARDER_SAYS = "forwarder.example; dmarc=pass header.from=bank.example"
SAYS = "Authentication-Results: {}; dmarc=pass header.from=bank.example\r\n"
TAKEN = f"Received: from mail.evil.example (mail.evil.example [192.0.2.9]) by {OURS}; x\r\n"
KEY_NAME = f"{SELECTOR}._domainkey.bank.example"
STRANGERS = (
    "evil.example",
    "bank.example.evil.example",
    "example",
    "bank-example.example",
    "list.example",
    "sub.bank.example",
    "xn--bnk-5cd.example",
)


def zone(key: str | None = None) -> Zone:
    records = Zone(zone_of(dmarc="v=DMARC1; p=reject; adkim=s"))
    for domain in (*STRANGERS, "forwarder.example"):
        records |= zone_of(domain)
    if key is not None:
        records[KEY_NAME] = (key,)
    return Zone(records)


def read(raw: bytes, records: Zone | None = None) -> MessageReceived:
    [event] = to_events(raw, READING, zone() if records is None else records)
    assert isinstance(event, MessageReceived)
    return event


def signed(mail: bytes = MAIL, **style: object) -> bytes:
    return hand_signed(mail, Style(**style))  # type: ignore[arg-type]  # a test names real fields


def vouched(mail: bytes = MAIL) -> bytes:
    return SAYS.format(OURS).encode() + mail


def forwarded(mail: bytes = MAIL) -> bytes:
    return sealed(mail, "forwarder.example", FORWARDER_SAYS)


@pytest.mark.parametrize("prove", [signed, vouched, forwarded])
def test_each_way_of_proving_works_before_it_is_attacked(prove: Callable[[], bytes]) -> None:
    assert read(prove()).sender.level == 1


FORGED_RESULTS = {
    "a name that begins alike": SAYS.format(f"{OURS}.evil.example"),
    "a name that ends alike": SAYS.format(f"evil-{OURS}"),
    "a subdomain of our name": SAYS.format(f"a.{OURS}"),
    "our domain and not our server": SAYS.format("desk.example"),
    "another server": SAYS.format("mx.evil.example"),
    "no name": SAYS.format("").replace("Results: ;", "Results:"),
    "our name in a comment": SAYS.format(f"mx.evil.example ({OURS})"),
    "our name in quotes and more": SAYS.format(f'"{OURS}" x').replace(";", " ;", 1)[:-2] + "x\r\n",
    "our name behind another": SAYS.format(f"mx.evil.example;{OURS}"),
    "a letter that looks alike": SAYS.format("m\u0445.desk.example"),
    "below the line of another server": "Authentication-Results: mx.other.example; none\r\n"
    + SAYS.format(OURS),
    "below our server's line": f"Authentication-Results: {OURS}; none\r\n" + SAYS.format(OURS),
    "below a second server's Received": TAKEN
    + "Received: from a.evil.example by mail.evil.example; x\r\n"
    + SAYS.format(OURS),
    "an old line": SAYS.format(OURS).replace("Authentication", "X-Old-Authentication"),
    "a blank before the colon of another": "Authentication-Results : none\r\n" + SAYS.format(OURS),
    "folded into another": "X-A: x\r\n " + SAYS.format(OURS),
    "behind a lone CR": "X-A: x\r" + SAYS.format(OURS),
    "another domain": SAYS.format(OURS).replace("from=bank", "from=evil"),
    "a domain that ends alike": SAYS.format(OURS).replace("from=bank", "from=a-bank"),
    "an address at another": SAYS.format(OURS).replace("bank.example", "bank.example@evil.example"),
    "two verdicts": SAYS.format(OURS)[:-2] + "; dmarc=fail header.from=bank.example\r\n",
    "two domains": SAYS.format(OURS).replace("header.from", "header.from=evil.example header.from"),
    "only SPF": f"Authentication-Results: {OURS}; spf=pass smtp.mailfrom=bank.example\r\n",
    "a signature of another": f"Authentication-Results: {OURS}; "
    "dkim=pass header.d=evil.example\r\n",
    "a signature for part of the name": f"Authentication-Results: {OURS}; dkim=pass "
    "header.i=@bank.example.evil.example\r\n",
    "a signature that failed": f"Authentication-Results: {OURS}; "
    "dkim=fail header.d=bank.example\r\n",
    "only ARC": f"Authentication-Results: {OURS}; arc=pass\r\n",
    "a property instead of a method": f"Authentication-Results: {OURS}; "
    "spf=fail dmarc=pass header.from=bank.example\r\n",
    "a verdict in the reason": f"Authentication-Results: {OURS}; spf=fail "
    'reason="; dmarc=pass header.from=bank.example"\r\n',
    "a verdict in an unclosed comment": f"Authentication-Results: {OURS}; spf=fail (; dmarc=pass "
    "header.from=bank.example\r\n",
    "Microsoft's mark without Microsoft": "X-MS-Exchange-Organization-AuthAs: Internal\r\n"
    "Received: from a.outlook.com by b.outlook.com; x\r\n",
}


@pytest.mark.parametrize("name", list(FORGED_RESULTS))
def test_forged_results_give_nothing(name: str) -> None:
    assert read(FORGED_RESULTS[name].encode() + MAIL).sender.level == 0


ADDED = {
    "a second author": b"From: chief@bank.example\r\n",
    "a second author with a blank": b"From : chief@bank.example\r\n",
    "a second subject": b"Subject: Pay now\r\n",
    "a second recipient": b"To: eve@evil.example\r\n",
    "a second date": b"Date: Tue, 06 Jan 2026 10:00:00 +0000\r\n",
    "a second id": b"Message-ID: <2@evil.example>\r\n",
    "a line that is no header": b"no header\r\n",
    "a lone CR": b"X: y\rFrom: chief@bank.example\r\n",
}
CHANGED = {
    "the author": (b"clerk@bank", b"chief@bank"),
    "the author's name": (b"Clerk", b"Chief"),
    "the subject": (b"Your account", b"Your money"),
    "the text": (b"look at", b"pay for"),
    "more text": (b"this.\r\n", b"this.\r\nPay now.\r\n"),
    "the signer": (b"d=bank.example", b"d=sub.bank.example"),
    "the sealer": (b"d=forwarder.example", b"d=evil.example"),
    "the covered headers": (b"h=", b"h=X-A:"),
    "the verdict": (b"header.from=bank", b"header.from=a.bank"),
}


def _named(one: object) -> str:
    return str(getattr(one, "__name__", one))[:40]


@pytest.mark.parametrize(("prove", "added"), list(product([signed, forwarded], ADDED)), ids=_named)
def test_header_added_afterwards_voids_the_proof(prove: Callable[[], bytes], added: str) -> None:
    assert read(ADDED[added] + prove()).sender.level == 0


@pytest.mark.parametrize(
    ("prove", "changed"), list(product([signed, forwarded], CHANGED)), ids=_named
)
def test_change_afterwards_voids_the_proof(prove: Callable[[], bytes], changed: str) -> None:
    before = prove()
    after = before.replace(*CHANGED[changed])
    if after != before:
        assert read(after).sender.level == 0


UNSIGNED_SUBJECT = tuple(name for name in COVERED if name != "Subject")
STRETCHED = {
    "a length of nothing": signed(length=0),
    "a length and more": signed(length=7) + b"Pay now.\r\n",
    "a length that covers all": signed(length=10_000),
    "an empty length": signed(more="l="),
    "no author": signed(covered=("Subject", "To")),
    "no subject": signed(covered=UNSIGNED_SUBJECT),
    "expired": signed(more="x=1500000000"),
    "signed tomorrow": signed(more="t=4102444800"),
    "expired before it was signed": signed(more="t=1767607200; x=1767607100"),
    "for another address": signed(more="i=@evil.example"),
    "another algorithm's name": signed(algorithm="rsa-sha1"),
    "an unknown algorithm": signed(algorithm="rsa-sha512"),
    "another version": signed().replace(b"v=1", b"v=2", 1),
    "no version": signed().replace(b"v=1; ", b"", 1),
    "another way to ask": signed(more="q=http"),
    "a selector with a NUL": signed(selector="s1\x00"),
    "a selector that leads elsewhere": signed(selector="s1._domainkey.evil.example.\x00.x"),
    "a selector with a bracket": signed(selector="s1(.evil.example"),
    "a domain with a bracket": signed(domain="bank.example(.evil.example"),
    "a domain with a quote": signed(domain="bank.example'.evil.example"),
    "a domain with a comma": signed(domain="bank.example,evil.example"),
    "two domains": signed(more="d=evil.example"),
    "the author twice, once more above": ADDED["a second author"]
    + signed(covered=("From", *COVERED)),
    "covered but not there": b"Reply-To: eve@evil.example\r\nReply-To: eve@evil.example\r\n"
    + signed(covered=(*COVERED, "Reply-To")),
    "signed twice, both by others": signed(signed(domain="evil.example"), domain="list.example"),
    "ours broken, another's whole": signed(signed() + b"more\r\n", domain="evil.example"),
    "another's whole below a broken one": signed(signed(domain="evil.example"), bits=2048),
    "ours copied from another mail": signed(MAIL.replace(b"look at", b"pay for")).split(b"\r\n")[0]
    + b"\r\n"
    + MAIL,
}


@pytest.mark.parametrize("name", list(STRETCHED))
def test_stretched_signature_gives_nothing(name: str) -> None:
    assert read(STRETCHED[name]).sender.level == 0


@pytest.mark.parametrize("domain", STRANGERS)
def test_valid_signature_of_somebody_else_gives_nothing(domain: str) -> None:
    assert read(signed(domain=domain)).sender.level == 0


KEYS = {
    "revoked": "v=DKIM1; k=rsa; p=",
    "on trial": key_record(more="t=y; "),
    "on trial and strict": key_record(more="t=y:s; "),
    "for other digests": key_record(more="h=sha1; "),
    "for another service": key_record(more="s=web; "),
    "of another version": f"v=DKIM2; p={key_pair(1024)[1]}",
    "of another kind": f"v=DKIM1; k=ed25519; p={key_pair(1024)[1]}",
    "of another length": key_record(bits=2048),
    "that is none": "v=DKIM1; p=bm90IGEga2V5",
    "twice in one record": f"v=DKIM1; p={key_pair(1024)[1]}; p={key_pair(1024)[1]}",
}


@pytest.mark.parametrize("name", list(KEYS))
def test_key_that_must_not_be_used_gives_nothing(name: str) -> None:
    assert read(signed(), zone(KEYS[name])).sender.level == 0


def test_key_of_768_bits_gives_nothing_though_its_signature_is_valid() -> None:
    """RFC 8301, 3.2: such a key can be found by whoever wants to forge."""
    raw = hand_signed(MAIL, Style(is_weak=True))
    assert read(raw, zone(WEAK_RECORD)).sender.level == 0


def test_forwarder_that_is_not_trusted_or_saw_nothing_gives_nothing() -> None:
    for sealer, said in (
        ("evil.example", FORWARDER_SAYS),
        ("list.example", FORWARDER_SAYS),
        ("forwarder.example", FORWARDER_SAYS.replace("pass", "fail")),
        ("forwarder.example", FORWARDER_SAYS.replace("bank", "evil")),
        ("forwarder.example", "forwarder.example; spf=pass smtp.mailfrom=bank.example"),
        ("forwarder.example", "forwarder.example; none"),
    ):
        assert read(sealed(MAIL, sealer, said)).sender.level == 0
    broken = sealed(forwarded(), "evil.example", FORWARDER_SAYS, instance=2, chain="pass")
    assert read(broken).sender.level == 0
    below = sealed(
        sealed(MAIL, "evil.example", FORWARDER_SAYS),
        "forwarder.example",
        "forwarder.example; arc=pass; dmarc=fail header.from=bank.example",
        instance=2,
        chain="pass",
    )
    assert read(below).sender.level == 0


def test_proof_that_held_gives_no_other_mail_anything() -> None:
    """The very headers of a proven mail, in front of somebody else's words."""
    other = b"\r\n\r\n" + b"Send the money to this account.\r\n"
    for prove in (signed, forwarded):
        assert read(prove().partition(b"\r\n\r\n")[0] + other).sender.level == 0


def test_table_of_attacks_is_as_long_as_promised() -> None:
    tampered = 2 * (len(ADDED) + len(CHANGED))
    assert len(FORGED_RESULTS) + tampered + len(STRETCHED) + len(STRANGERS) + len(KEYS) >= 100
    assert len(HEADERS) == len(COVERED)
