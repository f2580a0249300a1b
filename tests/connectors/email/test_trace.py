"""Whose Authentication-Results counts: forged lines, wrong names, providers' forms (A11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import (
    Authentication,
    Source,
    Trust,
    authenticate,
    names_to_look_up,
    read_author,
)
from connectors.email.trust.trace import said_by_topmost
from core.people import Level

OURS = "mx.desk.example"
FROM = "From: clerk@bank.example\r\n"
FORGED = f"Authentication-Results: {OURS}; dmarc=pass header.from=bank.example\r\n"
TAKEN = f"Received: from mail.evil.example (mail.evil.example [192.0.2.9]) by {OURS}; x\r\n"
INNER = "Received: from mx.desk.example by store.desk.example with LMTP; x\r\n"

GOOGLE = (
    "Delivered-To: help@desk.example\r\n"
    "Received: by 2002:a05:6f02:1d:b0:61:2:3 with SMTP id x; Mon, 5 Jan 2026 02:00:00 -0800\r\n"
    "X-Received: by 2002:a17:907:1c:b0:a0:1:2 with SMTP id y; Mon, 5 Jan 2026 02:00:00 -0800\r\n"
    "Return-Path: <clerk@bank.example>\r\n"
    "Received: from mail.bank.example (mail.bank.example. [192.0.2.1])\r\n"
    "        by mx.google.com with ESMTPS id z; Mon, 5 Jan 2026 02:00:00 -0800 (PST)\r\n"
    "Received-SPF: pass (google.com: domain of clerk@bank.example designates 192.0.2.1)\r\n"
    "Authentication-Results: mx.google.com;\r\n"
    "       dkim=pass header.i=@bank.example header.s=s1 header.b=abcd;\r\n"
    "       spf=pass (google.com: domain of clerk@bank.example designates 192.0.2.1\r\n"
    "       as permitted sender) smtp.mailfrom=clerk@bank.example;\r\n"
    "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=bank.example\r\n"
)
MICROSOFT = (
    "Received: from A.eurprd04.prod.outlook.com (2603:10a6:1::1) by\r\n"
    " B.eurprd04.prod.outlook.com with HTTPS; Mon, 5 Jan 2026 10:00:02 +0000\r\n"
    "Received: from DB5EUR03FT012.eop-EUR03.prod.protection.outlook.com\r\n"
    " (2603:10a6:2::2) by A.outlook.office365.com (2603:10a6:1::1) with Microsoft SMTP\r\n"
    " Server; Mon, 5 Jan 2026 10:00:01 +0000\r\n"
    "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n"
    " smtp.mailfrom=bank.example; dkim=pass (signature was verified)\r\n"
    " header.d=bank.example;dmarc=pass action=none\r\n"
    " header.from=bank.example;compauth=pass reason=100\r\n"
    "Received-SPF: Pass (protection.outlook.com: domain of bank.example designates)\r\n"
    "Received: from mail.bank.example (192.0.2.1) by\r\n"
    " DB5EUR03FT012.mail.protection.outlook.com (10.152.20.172) with Microsoft SMTP\r\n"
    " Server; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
)
AUTH_AS = "X-MS-Exchange-Organization-AuthAs: {}\r\n"
YANDEX = (
    "Received: from mxfront1q.mail.yandex.net (localhost [127.0.0.1])\r\n"
    "\tby mxfront1q.mail.yandex.net with LMTP id x; Mon, 5 Jan 2026 13:00:00 +0300\r\n"
    "Received: from mail.bank.example (mail.bank.example [192.0.2.1])\r\n"
    "\tby mxfront1q.mail.yandex.net (mxfront/Yandex) with ESMTPS id y; Mon, 5 Jan 2026\r\n"
    "Return-Path: clerk@bank.example\r\n"
    "Authentication-Results: mxfront1q.mail.yandex.net; spf=pass (mxfront1q.mail.yandex.net:\r\n"
    "\tdomain of bank.example designates 192.0.2.1) smtp.mail=clerk@bank.example;\r\n"
    "\tdkim=pass header.i=@bank.example\r\n"
)
QQ = (
    "Received: from mail.bank.example (unknown [192.0.2.1])\r\n"
    "\tby newxmmxszc5-0.qq.com (NewMX) with SMTP id 1; Mon, 05 Jan 2026 18:00:00 +0800\r\n"
    "Authentication-Results: mx.qq.com; spf=pass smtp.mailfrom=<clerk@bank.example>;\r\n"
    " dkim=pass header.d=bank.example; dmarc=pass(permit) header.from=bank.example\r\n"
)
NETEASE = (
    "Received: from mail.bank.example (unknown [192.0.2.1])\r\n"
    "\tby gzga-mx-mtada-g1-0 (Coremail) with SMTP id x; Mon, 05 Jan 2026 18:00:00 +0800\r\n"
    "Authentication-Results: gzga-mx-mtada-g1-0; spf=pass smtp.mail=clerk@b\r\n"
    "\tank.example; dkim=pass header.i=@bank.example\r\n"
)
FASTMAIL = (
    "Received: from compute1.internal (compute1.nyi.internal [10.202.2.41])\r\n"
    "\t by sloti1d1t01 (Cyrus 3.9) with LMTPA; Mon, 05 Jan 2026 05:00:00 -0500\r\n"
    "Received: from mx4 ([10.202.2.203])\r\n"
    "  by compute1.internal (MEProxy); Mon, 05 Jan 2026 05:00:00 -0500\r\n"
    "Authentication-Results: mx4.messagingengine.com;\r\n"
    "    arc=none (no signatures found);\r\n"
    "    bimi=skipped (DMARC Policy is not at enforcement);\r\n"
    "    dkim=pass (2048-bit rsa key sha256) header.d=bank.example header.i=@bank.example\r\n"
    "    header.b=abc header.a=rsa-sha256 header.s=s1 x-bits=2048;\r\n"
    "    dmarc=pass policy.published-domain-policy=reject\r\n"
    "    policy.applied-disposition=none (p=reject) header.from=bank.example;\r\n"
    "    spf=pass smtp.mailfrom=clerk@bank.example smtp.helo=mail.bank.example\r\n"
)
PROTON = (
    "Authentication-Results: mailin009.protonmail.ch; dmarc=pass (p=reject dis=none)\r\n"
    " header.from=bank.example\r\n"
    "Authentication-Results: mailin009.protonmail.ch; spf=pass smtp.mailfrom=bank.example\r\n"
    "Authentication-Results: mailin009.protonmail.ch; dkim=pass (2048-bit key)\r\n"
    " header.d=bank.example\r\n"
    "Received: from mail.bank.example (mail.bank.example [192.0.2.1])\r\n"
    "\tby mailin009.protonmail.ch\r\n"
)


def judged(lines: str, *ids: str) -> Authentication:
    headers = read_headers((lines + FROM + "\r\nbody\r\n").encode())
    trust = Trust(authserv_ids=ids or (OURS,), own_domain="desk.example")
    return authenticate(headers, read_author(headers), trust)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (GOOGLE, "mx.google.com"),
        (MICROSOFT + AUTH_AS.format("Anonymous"), "microsoft365"),
        (YANDEX, "*.mail.yandex.net"),
        (QQ, "mx.qq.com"),
        (NETEASE, "gzga-mx-*"),
        (FASTMAIL, "*.messagingengine.com"),
        (PROTON, "mailin*.protonmail.ch"),
        (FORGED, OURS),
        (INNER + FORGED, OURS),
        (INNER + TAKEN + FORGED, OURS),
    ],
)
def test_verdict_of_ones_own_provider_is_read_in_its_form(lines: str, name: str) -> None:
    assert judged(lines, name).level is Level.ATTESTED
    assert judged(lines, "mx.other.example").level is Level.CLAIMED


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(TAKEN + "Received: from x by y.evil.example; x\r\n" + FORGED, id="below"),
        pytest.param(TAKEN + f"Received: from x by {OURS}; x\r\n" + FORGED, id="below our name"),
        pytest.param(TAKEN + TAKEN + FORGED, id="below a copy of our line"),
        pytest.param(FORGED.replace(OURS, OURS + ".evil.example"), id="a name that begins alike"),
        pytest.param(FORGED.replace(OURS, "x" + OURS), id="a name that ends alike"),
        pytest.param(FORGED.replace(OURS, f"evil.example; {OURS}"), id="our name second"),
        pytest.param(FORGED.replace(OURS, f"evil.example ({OURS})"), id="our name in a comment"),
        pytest.param(FORGED.replace("pass ", "fail ") + FORGED, id="below our refusal"),
        pytest.param(FORGED.replace("dmarc=pass", "spf=pass") + FORGED, id="below our silence"),
        pytest.param(FORGED.replace("Authentication", "X-Authentication"), id="another header"),
        pytest.param(FORGED.replace("Authentication", "ARC-Authentication"), id="an ARC header"),
        pytest.param(FORGED.replace("dmarc", "x-dmarc"), id="another method"),
        pytest.param(FORGED.replace("dmarc=pass", "dmarc=pass; dmarc=pass"), id="two verdicts"),
        pytest.param(FORGED.replace("header.from", "header.d"), id="another property"),
        pytest.param(FORGED.replace("bank.example", "mail.bank.example"), id="a subdomain"),
        pytest.param(
            FORGED.replace("dmarc=pass", "dkim=pass header.d=evil.example; dmarc=none"),
            id="a stranger's signature",
        ),
        pytest.param(
            FORGED.replace("dmarc=pass", "spf=pass smtp.mailfrom=bank.example; dmarc=none"),
            id="an envelope alone",
        ),
        pytest.param(
            "Received: from mx.desk.example (mail.evil.example [192.0.2.9])\r\n"
            " by mx.desk.example; x\r\nReceived: from a by b; x\r\n" + FORGED,
            id="a greeting in our name",
        ),
    ],
)
def test_forged_line_in_our_name_is_not_believed(lines: str) -> None:
    assert judged(lines).level is Level.CLAIMED


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(MICROSOFT, id="AuthAs is missing"),
        pytest.param(MICROSOFT + AUTH_AS.format("Anonymous") * 2, id="AuthAs twice"),
        pytest.param(MICROSOFT + AUTH_AS.format("Partner"), id="another way in"),
        pytest.param(TAKEN + MICROSOFT + AUTH_AS.format("Anonymous"), id="another server on top"),
        pytest.param(
            MICROSOFT.partition("Received: from mail.bank")[0].partition("Authentication")[1]
            + MICROSOFT.partition("Authentication")[2]
            + AUTH_AS.format("Anonymous"),
            id="no machine of theirs above",
        ),
        pytest.param(
            MICROSOFT.replace("Authentication-Results: spf", "X-Was: spf").replace(
                "Received-SPF",
                "Received: from x by mail.evil.example; x\r\n"
                "Authentication-Results: dmarc=pass header.from=bank.example\r\nX-SPF",
            )
            + AUTH_AS.format("Anonymous"),
            id="below another server",
        ),
        pytest.param(
            MICROSOFT.replace("outlook.com", "outlook.com.evil.example")
            + AUTH_AS.format("Anonymous"),
            id="hosts that begin alike",
        ),
        pytest.param(
            MICROSOFT.replace("spf=pass (sender", "mx.evil.example; spf=pass (sender")
            + AUTH_AS.format("Anonymous"),
            id="a line that has a name",
        ),
        pytest.param(
            MICROSOFT.replace("dmarc=pass", "dmarc=fail") + AUTH_AS.format("Anonymous"),
            id="refused",
        ),
    ],
)
def test_microsofts_nameless_line_is_believed_only_as_microsoft_writes_it(lines: str) -> None:
    assert judged(lines, "microsoft365").level is Level.CLAIMED


def test_colleague_who_logged_in_to_ones_own_microsoft_365_is_believed_for_ones_own_domain() -> (
    None
):
    lines = MICROSOFT.replace("dmarc=pass", "dmarc=none").replace("dkim=pass", "dkim=none")
    lines += AUTH_AS.format("Internal")
    headers = read_headers((lines + "From: help@desk.example\r\n\r\nbody\r\n").encode())
    for own_domain, level in (("desk.example", Level.ATTESTED), ("x.example", Level.CLAIMED)):
        trust = Trust(authserv_ids=("microsoft365",), own_domain=own_domain)
        assert authenticate(headers, read_author(headers), trust).level is level


def test_what_is_shown_joins_the_lines_of_one_server_and_no_others() -> None:
    headers = read_headers((PROTON + FORGED).encode())
    assert said_by_topmost(headers) == (
        "mailin009.protonmail.ch",
        {"dmarc": "pass", "dkim": "pass", "spf": "pass"},
    )
    only_spf = read_headers(b"Received-SPF: Softfail (x) client-ip=192.0.2.1\r\n\r\n")
    assert said_by_topmost(only_spf)[1]["spf"] == "softfail"


NAMES = ("Authentication-Results", "ARC-Seal", "ARC-Message-Signature", "DKIM-Signature",
         "ARC-Authentication-Results", "Received", "Received-SPF", "From",
         "X-MS-Exchange-Organization-AuthAs")  # fmt: skip
PIECES = (
    *("i=1;", "i=2;", "d=bank.example;", "s=s1;", "a=rsa-sha256;", "b=", "bh=", "h=from:subject;"),
    *("c=relaxed/simple;", "cv=none;", "l=1;", "dmarc=pass", "header.from=bank.example", "(", ")"),
    *('"', "<", ">", "\\", ";", "=", "@", " by mx.desk.example", "from x", "\xe9", "\t"),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(PIECES), max_size=8)), max_size=8
    ),
    st.binary(max_size=40),
)
def test_nothing_in_a_header_makes_it_fail(lines: list[tuple[str, list[str]]], body: bytes) -> None:
    """Its verdicts are about what was not sealed or signed: whatever is said, it never raises."""
    text = "".join(f"{name}: {''.join(pieces)}\r\n" for name, pieces in lines)
    raw = text.encode("latin-1") + b"\r\n" + body
    headers = read_headers(raw)
    trust = Trust(
        authserv_ids=("mx.other.example", "microsoft365"),
        arc_sealers=("bank.example",),
        verifies_signatures=True,
    )
    records = dict.fromkeys(names_to_look_up(headers, trust), ("v=DKIM1; p=eA==",))
    said_by_topmost(headers)
    found = authenticate(headers, read_author(headers), trust, Source(raw=raw, records=records))
    assert found.level is Level.CLAIMED or found.evidence.proof["authserv_id"] == "microsoft365"
