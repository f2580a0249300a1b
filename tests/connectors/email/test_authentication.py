"""Nobody is believed on a forged word: Authentication-Results and From under attack."""

import pytest

from connectors.email.reading.headers import read_headers
from connectors.email.trust.authentication import Trust, authenticate, read_author
from connectors.email.trust.results import read_results
from core.people import Level

OURS = "mx.desk.example"
PASS = f"Authentication-Results: {OURS}; dmarc=pass header.from=bank.example\r\n"
FROM = "From: Clerk <clerk@bank.example>\r\n"


def level_of(header: str, *trusted: str) -> Level:
    headers = read_headers((header + "\r\nbody\r\n").encode())
    return authenticate(headers, read_author(headers), Trust(authserv_ids=trusted or (OURS,))).level


@pytest.mark.parametrize(
    "results",
    [
        f"{OURS}; dmarc=pass header.from=bank.example",
        f"{OURS} 1; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=bank.example",
        f"{OURS};\r\n\tdkim=pass header.i=@bank.example;\r\n\tdmarc=pass header.from=bank.example",
        f"{OURS.upper()}.; DMARC=Pass action=none header.from=Bank.Example",
        f'{OURS}; spf=pass smtp.mailfrom=<x@bank.example>; dmarc=pass header.from="bank.example"',
        f"{OURS}; dmarc = pass header.from = bank.example",
    ],
)
def test_sender_whose_domain_passed_at_our_server_is_attested(results: str) -> None:
    assert level_of(f"Authentication-Results: {results}\r\n{FROM}") is Level.ATTESTED


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(FROM, id="no results at all"),
        pytest.param(PASS.replace(OURS, "mx.evil.example") + FROM, id="another server's word"),
        pytest.param(
            f"Authentication-Results: {OURS}; dmarc=fail header.from=bank.example\r\n{PASS}{FROM}",
            id="a forged pass below our fail",
        ),
        pytest.param(
            f"Authentication-Results: mx.other.example; dmarc=none\r\n{PASS}{FROM}",
            id="a pass in our name below another server's",
        ),
        pytest.param(PASS.replace("pass", "fail") + FROM, id="failed"),
        pytest.param(PASS.replace("pass", "none") + FROM, id="no policy"),
        pytest.param(PASS.replace("pass", "temperror") + FROM, id="could not be checked"),
        pytest.param(PASS.replace("pass", "passed") + FROM, id="no verdict that exists"),
        pytest.param(PASS.replace("bank.example", "evil.example") + FROM, id="another domain"),
        pytest.param(PASS.replace("bank.example", "a.bank.example") + FROM, id="a subdomain"),
        pytest.param(PASS.replace(" header.from=bank.example", "") + FROM, id="no domain named"),
        pytest.param(
            f"Authentication-Results: {OURS}; dmarc=none; dmarc=pass header.from=bank.example\r\n"
            + FROM,
            id="two verdicts",
        ),
        pytest.param(
            f"Authentication-Results: {OURS}; spf=pass "
            'smtp.mailfrom="x; dmarc=pass header.from=bank.example"@evil.example\r\n' + FROM,
            id="a verdict inside a quoted local part",
        ),
        pytest.param(
            f"Authentication-Results: {OURS}; spf=pass "
            f"smtp.mailfrom=<x; dmarc=pass header.from=bank.example>\r\n{FROM}",
            id="a verdict inside angle brackets",
        ),
        pytest.param(
            f"Authentication-Results: {OURS}; none (; dmarc=pass header.from=bank.example)\r\n"
            + FROM,
            id="a verdict inside a comment",
        ),
        pytest.param(
            f'Authentication-Results: {OURS}; "dmarc=pass" header.from=bank.example\r\n{FROM}',
            id="a quoted verdict",
        ),
        pytest.param(
            f"Authentication-Results: dmarc=pass header.from=bank.example\r\n{FROM}",
            id="nobody signs for it",
        ),
        pytest.param(
            f"X-Authentication-Results: {OURS}; dmarc=pass header.from=bank.example\r\n{FROM}",
            id="another header",
        ),
        pytest.param(PASS + FROM + "From: thief@evil.example\r\n", id="two From headers"),
        pytest.param(PASS + "From: a@bank.example, b@bank.example\r\n", id="two addresses"),
        pytest.param(PASS + "From: a@bank.example <b@evil.example>\r\n", id="address as the name"),
        pytest.param(PASS + "From: <a@bank.example> <b@evil.example>\r\n", id="two in brackets"),
        pytest.param(PASS + "From: x:a@bank.example;\r\n", id="a group"),
        pytest.param(PASS + "From: a@bank.example@evil.example\r\n", id="two at signs"),
        pytest.param(PASS + "From: <@evil.example:a@bank.example>\r\n", id="a source route"),
        pytest.param(PASS + 'From: "a@bank.example, " <b@evil.example>\r\n', id="a comma quoted"),
        pytest.param(PASS + "From: a@bank.example\x00.evil.example\r\n", id="a NUL"),
        pytest.param(PASS + "From: a@bank\u200b.example\r\n", id="an invisible character"),
        pytest.param(PASS + "From: a@b\u0430nk.example\r\n", id="a letter that looks alike"),
        pytest.param(PASS + "Sender: a@bank.example\r\n", id="no From"),
        pytest.param(PASS + "From: (a@bank.example\r\n", id="an unclosed comment"),
        pytest.param(PASS + 'From: "a@bank.example\r\n', id="an unclosed quote"),
    ],
)
def test_nothing_else_is_believed(header: str) -> None:
    assert level_of(header) is Level.CLAIMED


@pytest.mark.parametrize("said", ["fa\u00df.example", "xn--fa-hia.example"])
def test_a_domain_that_only_sounds_alike_is_nobody_elses(said: str) -> None:
    """`faß.example` and `fass.example` have two owners since IDNA2008."""
    header = (
        f"Authentication-Results: {OURS}; dmarc=pass header.from={said}\r\n"
        "From: clerk@fa\u00df.example\r\n"
    )

    headers = read_headers((header + "\r\nbody\r\n").encode())
    author = read_author(headers)

    assert author.mailbox is not None
    assert author.mailbox.address == "clerk@xn--fa-hia.example"
    assert authenticate(headers, author, Trust(authserv_ids=(OURS,))).level is Level.ATTESTED


def test_without_a_configured_server_nobody_is_believed() -> None:
    headers = read_headers((PASS + FROM + "\r\n").encode())
    assert authenticate(headers, read_author(headers), Trust()).level is Level.CLAIMED


def test_a_claim_says_why_in_a_sentence_and_keeps_the_verdicts_as_proof() -> None:
    headers = read_headers((PASS.replace("pass", "fail") + FROM + "\r\n").encode())
    found = authenticate(headers, read_author(headers), Trust(authserv_ids=(OURS,)))
    assert found.warning == (
        "The sender failed verification: this may not come from clerk@bank.example."
    )
    assert found.evidence.proof["dmarc"] == "fail"


def test_comment_in_from_does_not_move_the_address() -> None:
    headers = read_headers(b"From: clerk@bank.example (evil@evil.example)\r\n\r\n")
    author = read_author(headers)
    assert author.mailbox is not None
    assert author.mailbox.address == "clerk@bank.example"


@pytest.mark.parametrize(
    ("text", "method", "verdict"),
    [
        (
            "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=pass (signature was "
            "verified) header.d=a.example;dmarc=pass action=none header.from=a.example;"
            "compauth=pass reason=100",
            "dmarc",
            "pass",
        ),
        ("mx.google.com; dkim=pass header.i=@a.example header.s=s1 header.b=abc", "dkim", "pass"),
        ("iva1-x.qloud-c.yandex.net; dkim=pass header.i=@a.example", "dkim", "pass"),
        ("mx.a.example; dkim=neutral (body hash did not verify)", "dkim", "neutral"),
    ],
)
def test_dialects_of_the_large_providers_are_read(text: str, method: str, verdict: str) -> None:
    _, results = read_results(text)
    assert verdict in [result.verdict for result in results if result.method == method]
