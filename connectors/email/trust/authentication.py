"""What our own mail server found out about the sender, from its Authentication-Results (RFC 8601).

Only the topmost such header counts, and only if a configured server wrote it: anybody can put more
of them below. Read tolerantly, since Microsoft 365, Yandex and QQ each write their own dialect.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from connectors.email.reading.addresses import Mailbox, canonical_domain, domain_of, read_addresses
from connectors.email.reading.headers import Headers
from core.people import Evidence, EvidenceKind, Level

HEADER = "authentication-results"
_RESULT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")
_VERDICT = re.compile(
    r"none|pass|fail|policy|neutral|temperror|permerror|softfail|hardfail|bestguesspass"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One `method=verdict` with its properties, names in lower case."""

    method: str
    verdict: str
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How far the sender of one mail is proven, and the sentence that says why."""

    level: Level
    evidence: Evidence
    warning: str | None = None
    dmarc: str = "none"
    dkim: str = "none"
    spf: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorReading:
    """Who a mail says it is from."""

    mailbox: Mailbox | None
    is_single: bool
    """Exactly one From header with exactly one well-formed address."""


def read_author(headers: Headers) -> AuthorReading:
    """Without a readable From, Sender and Reply-To name somebody, but only as a claim."""
    froms = headers.raw_all("from")
    if len(froms) == 1:
        read = read_addresses(froms[0])
        if len(read.mailboxes) == 1 and read.is_exact and not read.has_group:
            return AuthorReading(mailbox=read.mailboxes[0], is_single=True)
    for value in (
        *froms,
        *headers.raw_all("sender"),
        *headers.raw_all("reply-to"),
        *headers.raw_all("return-path"),
    ):
        for mailbox in read_addresses(value).mailboxes:
            return AuthorReading(mailbox=mailbox, is_single=False)
    return AuthorReading(mailbox=None, is_single=False)


def authenticate(
    headers: Headers, author: AuthorReading, trusted_ids: Collection[str]
) -> Authentication:
    """L1 only for one author whose own domain passed DMARC at a server that we trust."""
    if author.mailbox is None or not author.is_single:
        return _claim("The sender could not be read without doubt.", "from")
    if not trusted_ids:
        return _claim(
            "The sender is not verified: no authserv-id is configured for this mailbox.", "setup"
        )
    values = headers.raw_all(HEADER)
    if not values:
        return _claim("The sender is not verified: the mail server said nothing about it.", "none")
    trusted = {_fold(name) for name in trusted_ids}
    authserv_id, results = read_results(values[0].decode("utf-8", "replace"))
    if _fold(authserv_id) not in trusted:
        return _claim("The sender is not verified: no mail server that we trust vouches.", "none")
    return _judge(author.mailbox, authserv_id, results)


def said_by_topmost(headers: Headers) -> tuple[str, dict[str, str]]:
    """Who wrote the topmost header and its verdicts, to be shown; whether to believe it or not."""
    values = headers.raw_all(HEADER)
    authserv_id, results = (
        read_results(values[0].decode("utf-8", "replace")) if values else ("", [])
    )
    return authserv_id, {method: _best(results, method) for method in ("dmarc", "dkim", "spf")}


def _judge(author: Mailbox, authserv_id: str, results: list[Result]) -> Authentication:
    dmarc = [result for result in results if result.method == "dmarc"]
    verdicts = {
        "dmarc": dmarc[0].verdict if len(dmarc) == 1 else "none",
        "dkim": _best(results, "dkim"),
        "spf": _best(results, "spf"),
    }
    domain = domain_of(author.address)
    proof = {"authserv_id": authserv_id[:200], "from_domain": domain, **verdicts}
    if len(dmarc) > 1:
        reason = "The sender is not verified: the mail server's verdict is ambiguous."
    elif verdicts["dmarc"] == "none":
        reason = f"The sender is not verified: {domain} does not protect its addresses."
    elif verdicts["dmarc"] != "pass":
        reason = f"The sender failed verification: this may not come from {author.address}."
    elif _header_from(dmarc[0]) != domain:
        reason = "The sender is not verified: the verdict is about another domain."
    else:
        evidence = Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL, proof=proof)
        return Authentication(level=evidence.level, evidence=evidence, warning=None, **verdicts)
    evidence = Evidence(kind=EvidenceKind.CLAIM, proof={**proof, "reason": reason})
    return Authentication(level=evidence.level, evidence=evidence, warning=reason, **verdicts)


def _claim(reason: str, found: str) -> Authentication:
    evidence = Evidence(kind=EvidenceKind.CLAIM, proof={"reason": reason, "found": found})
    return Authentication(level=evidence.level, evidence=evidence, warning=reason)


def _header_from(result: Result) -> str | None:
    value = result.properties.get("header.from", "")
    return canonical_domain(value.rpartition("@")[2].strip("<>"))


def _best(results: list[Result], method: str) -> str:
    verdicts = [result.verdict for result in results if result.method == method]
    if "pass" in verdicts:
        return "pass"
    return verdicts[0] if verdicts else "none"


def read_results(text: str) -> tuple[str, list[Result]]:
    """The authserv-id ('' if there is none) and the results of one header value. Never fails."""
    clauses = _clauses(text)
    if not clauses:
        return "", []
    authserv_id = ""
    first = clauses[0]
    # Microsoft 365 starts with the results at once: then nobody signs for them.
    if first and "=" not in first[0]:
        authserv_id = first[0]
        clauses = clauses[1:]
    results = [result for clause in clauses if (result := _to_result(clause)) is not None]
    return authserv_id, results


def _to_result(clause: list[str]) -> Result | None:
    if not clause:
        return None
    method, equals, verdict = clause[0].partition("=")
    method = method.partition("/")[0].strip().lower()
    verdict = verdict.strip().lower()
    if not equals or not _RESULT_NAME.fullmatch(method) or not _VERDICT.fullmatch(verdict):
        return None
    properties: dict[str, str] = {}
    for word in clause[1:]:
        name, equals, value = word.partition("=")
        if equals:
            properties.setdefault(name.strip().lower(), value)
    return Result(method=method, verdict=verdict, properties=properties)


def _clauses(text: str) -> list[list[str]]:
    """Words between semicolons; comments dropped, quoted and bracketed text kept whole.

    A semicolon, blank or `dmarc=pass` inside quotes, brackets or a comment therefore stays a part
    of the word that the sender chose, and never becomes a verdict.
    """
    # `header.from = example.com` may have blanks round the sign.
    text = " ".join(text.split()).replace(" =", "=").replace("= ", "=")
    clauses: list[list[str]] = [[]]
    word: list[str] = []
    index = 0

    def end_word() -> None:
        if word:
            clauses[-1].append("".join(word))
            word.clear()

    while index < len(text):
        character = text[index]
        if character == "(":
            index = _skip_comment(text, index)
            continue
        if character in '"<':
            end = _end_of(text, index, '"' if character == '"' else ">")
            # A word that starts quoted keeps its mark, so that it can never be read as a method.
            word.append(text[index:end].strip('"<>') if word else text[index:end])
            index = end
            continue
        if character == ";":
            end_word()
            clauses.append([])
        elif character == " ":
            end_word()
        else:
            word.append(character)
        index += 1
    end_word()
    return [clause for clause in clauses if clause]


def _skip_comment(text: str, start: int) -> int:
    depth = 0
    index = start
    while index < len(text):
        character = text[index]
        if character == "\\":
            index += 2
            continue
        depth += (character == "(") - (character == ")")
        index += 1
        if depth == 0:
            break
    return index


def _end_of(text: str, start: int, closing: str) -> int:
    index = start + 1
    while index < len(text):
        if text[index] == "\\" and closing == '"':
            index += 2
            continue
        if text[index] == closing:
            return index + 1
        index += 1
    return len(text)


def _fold(authserv_id: str) -> str:
    return authserv_id.strip('" ').rstrip(".").lower()
