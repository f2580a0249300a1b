"""Whether a mail is from whom it says: the level of one message, and the sentence that says why.

Believed are, in this order: our own mail server, a forwarder that ops trust, a signature of the
author's domain that we verify ourselves. Each needs one author, read without any doubt.
"""

from dataclasses import dataclass

import msgspec

from connectors.email.reading.addresses import Mailbox, canonical_domain, domain_of
from connectors.email.reading.headers import Headers
from connectors.email.trust import arc
from connectors.email.trust.author import AuthorReading, read_author
from connectors.email.trust.policy import find_policy, is_aligned, policy_names
from connectors.email.trust.records import DnsTrouble, Records
from connectors.email.trust.results import METHODS, Result, best_verdict
from connectors.email.trust.signatures import Checked, candidates, verify
from connectors.email.trust.trace import Verdicts, trusted_verdicts
from core.addresses import readable_address
from core.people import Evidence, EvidenceKind, Level

__all__ = [
    "Authentication",
    "AuthorReading",
    "Source",
    "Trust",
    "authenticate",
    "names_to_look_up",
    "read_author",
]


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Whom ops told us to believe."""

    authserv_ids: tuple[str, ...] = ()
    arc_sealers: tuple[str, ...] = ()
    verifies_signatures: bool = False
    """Whether DKIM is verified here where no trusted server vouches."""
    own_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The mail as it came and the DNS records that it depends on: what verifying needs."""

    raw: bytes
    records: Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """How far the sender of one mail is proven, and the sentence that says why."""

    level: Level
    evidence: Evidence
    warning: str | None = None
    dmarc: str = "none"
    dkim: str = "none"
    spf: str = "none"


def names_to_look_up(headers: Headers, trust: Trust) -> tuple[str, ...]:
    """The TXT records without which this mail cannot be believed; none if they change nothing."""
    author = read_author(headers)
    if author.mailbox is None or not author.is_single:
        return ()
    verdicts = trusted_verdicts(headers, trust.authserv_ids)
    said = _judge_server(author.mailbox, verdicts, trust) if verdicts is not None else None
    if said is not None and said.level > Level.CLAIMED:
        return ()
    names = list(arc.key_names(headers, trust.arc_sealers)) if trust.arc_sealers else []
    if trust.verifies_signatures and (said is None or said.dmarc != "fail"):
        domain = domain_of(author.mailbox.address)
        signatures = candidates(headers, domain)
        if signatures:
            names += [signature.key_name for signature in signatures]
            names += policy_names(domain)
    return tuple(dict.fromkeys(names))


def authenticate(
    headers: Headers, author: AuthorReading, trust: Trust, source: Source | None = None
) -> Authentication:
    """L1 only for one author whose own domain is proven to have sent the mail.

    Without a source nothing is verified here. Pure; never raises for bad input.
    """
    if author.mailbox is None or not author.is_single:
        return _claim("The sender could not be read without doubt.", "from")
    mailbox = author.mailbox
    verdicts = trusted_verdicts(headers, trust.authserv_ids)
    said = _judge_server(mailbox, verdicts, trust) if verdicts is not None else None
    if said is not None and said.level > Level.CLAIMED:
        return said
    if source is not None and trust.arc_sealers:
        sealed = _judge_sealers(mailbox, headers, trust, source)
        if sealed is not None:
            return sealed
    if said is not None and said.dmarc == "fail":
        return said
    if source is not None and trust.verifies_signatures:
        verified = _judge_signatures(mailbox, headers, source)
        if verified is not None and (said is None or verified.level > Level.CLAIMED):
            return verified
    if said is not None:
        return said
    if trust.verifies_signatures and source is None:
        return _claim("The sender is not verified: the mail was not read whole.", "part")
    if trust.verifies_signatures:
        return _claim("The sender is not verified: their domain did not sign this mail.", "none")
    if not trust.authserv_ids:
        return _claim(
            "The sender is not verified: no authserv-id is configured for this mailbox.", "setup"
        )
    if not headers.raw_all("authentication-results"):
        return _claim("The sender is not verified: the mail server said nothing about it.", "none")
    return _claim("The sender is not verified: no mail server that we trust vouches.", "none")


def _judge_server(author: Mailbox, said: Verdicts, trust: Trust) -> Authentication:
    domain = domain_of(author.address)
    if said.is_internal and trust.own_domain and domain == trust.own_domain:
        return _attested({"authserv_id": said.said_by, "from_domain": domain, "internal": "yes"})
    return _judge_results(author, said.said_by, said.results)


def _judge_results(author: Mailbox, said_by: str, results: list[Result]) -> Authentication:
    dmarc = [result for result in results if result.method == "dmarc"]
    verdicts = {method: best_verdict(results, method) for method in METHODS}
    verdicts["dmarc"] = dmarc[0].verdict if len(dmarc) == 1 else "none"
    domain = domain_of(author.address)
    proof = {"authserv_id": said_by[:200], "from_domain": domain, **verdicts}
    if len(dmarc) > 1:
        reason = "The sender is not verified: the mail server's verdict is ambiguous."
    elif verdicts["dmarc"] == "none":
        if any(_is_signed_by(result, domain) for result in results):
            return _attested(proof, **verdicts)
        reason = f"The sender is not verified: {domain} does not protect its addresses."
    elif verdicts["dmarc"] != "pass":
        shown = readable_address(author.address)
        reason = f"The sender failed verification: this may not come from {shown}."
    elif _header_from(dmarc[0]) != domain:
        reason = "The sender is not verified: the verdict is about another domain."
    else:
        return _attested(proof, **verdicts)
    return _claim(reason, "server", proof, **verdicts)


def _judge_sealers(
    author: Mailbox, headers: Headers, trust: Trust, source: Source
) -> Authentication | None:
    """None unless a trusted sealer saw the author proven."""
    for sealed in arc.believed(source.raw, headers, trust.arc_sealers, source.records):
        found = _judge_results(author, f"arc:{sealed.sealer}", sealed.results)
        if found.level > Level.CLAIMED:
            return found
    return None


def _judge_signatures(author: Mailbox, headers: Headers, source: Source) -> Authentication | None:
    """None if the author's organisation signed nothing here."""
    domain = domain_of(author.address)
    signatures = candidates(headers, domain)
    if not signatures:
        return None
    try:
        policy = find_policy(domain, source.records)
    except DnsTrouble:
        reason = "The sender could not be verified: the DNS did not answer."
        return _claim(reason, "dns", dmarc="temperror")
    checked: list[Checked] = []
    for signature in signatures:
        if not is_aligned(signature.domain, domain, policy):
            continue
        found = verify(source.raw, headers, signature, source.records)
        checked.append(found)
        if found.verdict == "pass":
            dmarc = "pass" if policy.is_published else "none"
            proof = {
                "verified": "dkim",
                "from_domain": domain,
                "signed_by": signature.domain,
                "selector": signature.selector[:100],
                "dmarc": dmarc,
            }
            return _attested(proof, dmarc=dmarc, dkim="pass")
    if any(one.verdict == "temperror" for one in checked):
        reason = "The sender could not be verified: the DNS did not answer."
        return _claim(reason, "dns", dkim="temperror")
    if not checked:
        return _claim(f"The sender is not verified: {domain} did not sign this mail.", "unaligned")
    why = f" ({checked[0].reason})" if checked[0].reason else ""
    reason = f"The sender is not verified: the signature of {domain} does not hold{why}."
    return _claim(reason, "dkim", dkim=checked[0].verdict)


def _attested(proof: dict[str, str], **verdicts: str) -> Authentication:
    evidence = Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL, proof=proof)
    return Authentication(level=evidence.level, evidence=evidence, **verdicts)


def _claim(
    reason: str, found: str, proof: dict[str, str] | None = None, **verdicts: str
) -> Authentication:
    shown = {**(proof or {}), "reason": reason, "found": found}
    evidence = Evidence(kind=EvidenceKind.CLAIM, proof=shown)
    return Authentication(level=evidence.level, evidence=evidence, warning=reason, **verdicts)


def _header_from(result: Result) -> str | None:
    value = result.properties.get("header.from", "")
    return canonical_domain(value.rpartition("@")[2].strip("<>"))


def _is_signed_by(result: Result, domain: str) -> bool:
    """A server without DMARC found a valid signature by the author's very domain."""
    if result.method != "dkim" or result.verdict != "pass":
        return False
    said = result.properties.get("header.d") or result.properties.get("header.i", "")
    return canonical_domain(said.rpartition("@")[2].strip("<>")) == domain
