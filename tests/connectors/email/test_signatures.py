"""Signatures and seals that are verified here: what they prove, and what they do not."""

import pytest

from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import (
    Authentication,
    Source,
    Trust,
    authenticate,
    names_to_look_up,
    read_author,
)
from connectors.email.trust.inspection import Zone
from connectors.email.trust.records import Records
from core.people import Level
from tests.connectors.email.signing_domain import (
    HEADERS,
    MAIL,
    key_pair,
    key_record,
    sealed,
    signed,
    zone_of,
)

OURS = "mx.desk.example"
VERIFYING = Trust(verifies_signatures=True)
FORWARDED = Trust(arc_sealers=("forwarder.example",))
SAID_PASS = (
    "forwarder.example; dkim=pass header.d=bank.example; dmarc=pass header.from=bank.example"
)
KEY_NAME = "s1._domainkey.bank.example"


def found(raw: bytes, records: Records, trust: Trust = VERIFYING) -> Authentication:
    headers = read_headers(raw)
    source = Source(raw=raw, records=records)
    return authenticate(headers, read_author(headers), trust, source)


def test_mail_signed_by_the_authors_domain_is_attested() -> None:
    proven = found(signed(), zone_of())
    assert proven.level is Level.ATTESTED
    assert (proven.dkim, proven.dmarc, proven.warning) == ("pass", "pass", None)
    assert proven.evidence.proof["signed_by"] == "bank.example"


@pytest.mark.parametrize(
    ("author", "domain"),
    [
        ("用户@例子.公司", "xn--fsqu00a.xn--55qx5d"),
        ("用户@post.例子.公司", "xn--fsqu00a.xn--55qx5d"),
        ("clerk@bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_signature_is_aligned_by_the_ascii_form_of_an_authors_domain(
    author: str, domain: str
) -> None:
    """RFC 8616, 4 and 5: `d=` and the names in DNS are A-labels, From is UTF-8 (RFC 6532)."""
    mail = MAIL.replace(b"clerk@bank.example", author.encode())
    proven = found(signed(mail, domain), zone_of(domain))
    assert (proven.level, proven.dkim, proven.dmarc) == (Level.ATTESTED, "pass", "pass")
    assert proven.evidence.proof["signed_by"] == domain
    other = "xn--fsqu00a.example"
    assert found(signed(mail, other), zone_of(domain) | zone_of(other)).level is Level.CLAIMED


def test_without_a_policy_the_very_domain_is_believed_and_a_relative_is_not() -> None:
    assert found(signed(), zone_of(dmarc="")).level is Level.ATTESTED
    mail = MAIL.replace(b"clerk@bank.example", b"clerk@mail.bank.example")
    zone = zone_of(dmarc="")
    assert found(signed(mail), zone).level is Level.CLAIMED
    zone["_dmarc.bank.example"] = ("v=DMARC1; p=none",)
    assert found(signed(mail), zone).level is Level.ATTESTED
    zone["_dmarc.bank.example"] = ("v=DMARC1; p=none; adkim=s",)
    assert found(signed(mail), zone).level is Level.CLAIMED


def test_closer_policy_of_a_subdomain_counts_before_that_of_its_organisation() -> None:
    mail = MAIL.replace(b"clerk@bank.example", b"clerk@mail.bank.example")
    zone = zone_of(dmarc="v=DMARC1; p=none")
    zone["_dmarc.mail.bank.example"] = ("v=DMARC1; p=none; adkim=s",)
    assert found(signed(mail), zone).level is Level.CLAIMED


def test_two_customers_of_one_hoster_are_two_organisations() -> None:
    mail = MAIL.replace(b"clerk@bank.example", b"clerk@ann.github.io")
    zone = zone_of("eve.github.io")
    zone["_dmarc.github.io"] = zone["_dmarc.ann.github.io"] = ("v=DMARC1; p=none",)
    assert found(signed(mail, "eve.github.io"), zone).level is Level.CLAIMED


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(MAIL, id="no signature"),
        pytest.param(signed().replace(b"look at", b"pay for"), id="a changed body"),
        pytest.param(signed().replace(b"Your account", b"Your money"), id="a changed subject"),
        pytest.param(signed().replace(b"clerk@bank", b"chief@bank"), id="a changed author"),
        pytest.param(signed() + b"One more line.\r\n", id="an appended line"),
        pytest.param(signed(length=True), id="a length that covers all (l=)"),
        pytest.param(signed(length=True) + b"appended\r\n", id="text behind the length (l=)"),
        pytest.param(signed(domain="evil.example"), id="another domain's signature"),
        pytest.param(signed(domain="bank.example.evil.example"), id="a domain that begins alike"),
        pytest.param(signed(domain="example"), id="a public suffix signs"),
        pytest.param(b"Subject: Pay now\r\n" + signed(), id="a second subject above"),
        pytest.param(b"From: chief@bank.example\r\n" + signed(), id="a second author above"),
        pytest.param(b"To: eve@evil.example\r\n" + signed(), id="a second recipient above"),
        pytest.param(
            b"Content-Type: text/html\r\n"
            + signed(b"Content-Type: text/plain\r\n" + MAIL, headers=(*HEADERS, b"content-type")),
            id="a second content type above",
        ),
        pytest.param(
            signed(headers=[name for name in HEADERS if name != b"subject"]),
            id="a subject that is not covered",
        ),
        pytest.param(signed(algorithm=b"rsa-sha1"), id="a digest that is broken"),
        pytest.param(
            signed().replace(b"h=from :", b"h=", 1).replace(b"h=from:", b"h=", 1),
            id="an author that is not covered",
        ),
        pytest.param(
            signed().replace(b"From: Clerk <clerk@bank.example>", b"Sender: clerk@bank.example"),
            id="no author",
        ),
        pytest.param(b"\r\n" + MAIL, id="a blank line first"),
        pytest.param(signed().replace(b"d=bank.example", b"d=\xff\xfe"), id="a broken domain"),
        pytest.param(b"DKIM-Signature: v=1\r\n" + MAIL, id="a signature without tags"),
        pytest.param(b"DKIM-Signature: " + b"d=bank.example;" * 900 + b"\r\n" + MAIL, id="tags"),
    ],
)
def test_nothing_else_is_believed(raw: bytes) -> None:
    zone = zone_of()
    for domain in ("evil.example", "bank.example.evil.example", "example"):
        zone |= zone_of(domain)
    assert found(raw, zone).level is Level.CLAIMED


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (KEY_NAME, ()),
        (KEY_NAME, None),
        (KEY_NAME, ("v=DKIM1; p=",)),
        (KEY_NAME, (key_record(), key_record())),
        (KEY_NAME, (key_record(more="t=y; "),)),
        (KEY_NAME, (key_record(more="h=sha1; "),)),
        (KEY_NAME, (f"v=DKIM2; p={key_pair(1024)[1]}",)),
        (KEY_NAME, ("v=DKIM1; k=rsa; p=bm90IGEga2V5",)),
        ("_dmarc.bank.example", None),
    ],
)
def test_a_key_that_is_gone_weak_or_unknown_proves_nothing(
    name: str, texts: tuple[str, ...] | None
) -> None:
    zone = zone_of()
    zone[name] = texts
    assert found(signed(), zone).level is Level.CLAIMED


def test_silent_dns_is_told_apart_from_a_signature_that_does_not_hold() -> None:
    zone = zone_of()
    zone[KEY_NAME] = None
    silent = found(signed(), zone)
    broken = found(signed() + b"more\r\n", zone_of())
    assert (silent.dkim, silent.warning) == (
        "temperror",
        "The sender could not be verified: the DNS did not answer.",
    )
    assert broken.dkim == "fail"


def test_key_for_its_domain_only_does_not_speak_for_a_subdomain() -> None:
    zone = zone_of()
    zone[KEY_NAME] = (key_record(more="t=s; "),)
    assert found(signed(), zone).level is Level.ATTESTED
    assert found(signed(identity="@mail.bank.example"), zone).level is Level.CLAIMED


def test_key_of_512_bits_proves_nothing() -> None:
    """Nobody makes one any more: the record alone says it (RFC 8301, 3.2)."""
    zone = zone_of()
    zone[KEY_NAME] = (
        "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALMvkuMdNCO0E9CCX6XxhFyJ9iA1GTfk"
        "YbB4oYkU0OdKQ3gzpUvHbqSDFTqyq7PU4q4R1o1YqDJXHHpD0P5HpRcCAwEAAQ==",
    )
    assert found(signed(), zone).level is Level.CLAIMED


def test_only_the_first_five_signatures_of_the_authors_organisation_are_looked_at() -> None:
    foreign = b"".join(b"DKIM-Signature: v=1; d=evil%d.example; s=a\r\n" % n for n in range(50))
    many = b"".join(b"DKIM-Signature: v=1; d=bank.example; s=x%d\r\n" % n for n in range(9))
    assert found(foreign + signed(), zone_of()).level is Level.ATTESTED
    assert found(many + signed(), zone_of()).level is Level.CLAIMED
    assert len(names_to_look_up(read_headers(foreign + many + MAIL), VERIFYING)) <= 7


def test_no_name_is_looked_up_where_the_answer_changes_nothing() -> None:
    ours = Trust(authserv_ids=(OURS,), verifies_signatures=True)
    passed = f"Authentication-Results: {OURS}; dmarc=pass header.from=bank.example\r\n".encode()
    assert names_to_look_up(read_headers(signed()), ours) == (KEY_NAME, "_dmarc.bank.example")
    for raw, trust in (
        (signed(), Trust()),
        (MAIL, ours),
        (passed + signed(), ours),
        (passed.replace(b"pass", b"fail") + signed(), ours),
        (b"From: b@bank.example\r\n" + signed(), ours),
    ):
        assert names_to_look_up(read_headers(raw), trust) == ()


def test_refusal_of_our_own_server_is_final() -> None:
    ours = Trust(authserv_ids=(OURS,), verifies_signatures=True)
    line = f"Authentication-Results: {OURS}; dmarc={{}} header.from=bank.example\r\n"
    assert found(line.format("fail").encode() + signed(), zone_of(), ours).level is Level.CLAIMED
    assert found(line.format("none").encode() + signed(), zone_of(), ours).level is Level.ATTESTED


def test_author_whom_a_trusted_forwarder_saw_proven_is_attested() -> None:
    raw = sealed(MAIL, "forwarder.example", SAID_PASS)
    proven = found(raw, zone_of("forwarder.example"), FORWARDED)
    assert proven.level is Level.ATTESTED
    assert proven.evidence.proof["authserv_id"] == "arc:forwarder.example"
    assert names_to_look_up(read_headers(raw), FORWARDED) == ("s1._domainkey.forwarder.example",)


def test_two_trusted_forwarders_in_a_row_are_believed() -> None:
    first = sealed(MAIL, "list.example", SAID_PASS)
    said = "forwarder.example; arc=pass; dmarc=fail header.from=bank.example"
    both = sealed(first, "forwarder.example", said, instance=2, chain="pass")
    zone = zone_of("forwarder.example") | zone_of("list.example")
    records = Zone(zone)
    trust = Trust(arc_sealers=("forwarder.example", "list.example"))
    assert found(both, records, trust).level is Level.ATTESTED
    assert found(both, records, FORWARDED).level is Level.CLAIMED


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(sealed(MAIL, "evil.example", SAID_PASS), id="an unknown sealer"),
        pytest.param(
            sealed(MAIL, "forwarder.example", SAID_PASS.replace("dmarc=pass", "dmarc=fail")),
            id="the forwarder saw it fail",
        ),
        pytest.param(
            sealed(MAIL, "forwarder.example", SAID_PASS.replace("from=bank", "from=evil")),
            id="another author was proven",
        ),
        pytest.param(
            sealed(
                MAIL, "forwarder.example", SAID_PASS.replace("dmarc=pass", "dmarc=fail")
            ).replace(b"dmarc=fail", b"dmarc=pass"),
            id="changed results",
        ),
        pytest.param(
            sealed(MAIL, "forwarder.example", SAID_PASS).replace(b"look at", b"pay for"),
            id="a changed body",
        ),
        pytest.param(
            sealed(MAIL, "forwarder.example", SAID_PASS).replace(b"clerk@", b"chief@"),
            id="a changed author",
        ),
        pytest.param(
            sealed(sealed(MAIL, "forwarder.example", SAID_PASS), "forwarder.example", SAID_PASS),
            id="one instance twice",
        ),
        pytest.param(
            sealed(
                sealed(MAIL, "evil.example", SAID_PASS),
                "forwarder.example",
                "forwarder.example; arc=fail; dmarc=fail header.from=bank.example",
                instance=2,
                chain="pass",
            ),
            id="an unknown sealer below a trusted one",
        ),
        pytest.param(
            sealed(
                sealed(MAIL, "forwarder.example", SAID_PASS),
                "forwarder.example",
                SAID_PASS,
                instance=2,
                chain="fail",
            ),
            id="a chain that was broken before",
        ),
        pytest.param(
            b"ARC-Seal: i=1; cv=none; a=rsa-sha256; d=forwarder.example; s=s1; b=eA==\r\n"
            + f"ARC-Authentication-Results: i=1; {SAID_PASS}\r\n".encode()
            + MAIL,
            id="no signature in the set",
        ),
        pytest.param(
            b"ARC-Authentication-Results: i=1; " + SAID_PASS.encode() + b"\r\n" + MAIL,
            id="results that nobody sealed",
        ),
        pytest.param(
            b"Subject: Pay now\r\n" + sealed(MAIL, "forwarder.example", SAID_PASS),
            id="a second subject above",
        ),
    ],
)
def test_no_other_chain_is_believed(raw: bytes) -> None:
    zone = Zone(zone_of("forwarder.example") | zone_of("evil.example"))
    assert found(raw, zone, FORWARDED).level is Level.CLAIMED
