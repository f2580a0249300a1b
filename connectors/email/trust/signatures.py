"""DKIM signatures (RFC 6376), verified by dkimpy under rules stricter than the standard's."""

import logging
import re
from dataclasses import dataclass

from connectors.email.reading.addresses import canonical_domain
from connectors.email.reading.headers import Headers
from connectors.email.trust.domains import organisation_of
from connectors.email.trust.records import DnsTrouble, Records, texts_of

HEADER = "dkim-signature"
MAX_SIGNATURES = 5
"""Of those that could speak for the author; further ones are not looked at."""
SMALLEST_KEY = 1024
"""Bits (RFC 8301, 3.2)."""

_ONCE = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)
_SELECTOR = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?")
_BLANKS = re.compile(r"\s+")
_SERVICES = frozenset({"*", "email"})
SILENT = logging.getLogger("connectors.email.dkim")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM-Signature header, not yet verified."""

    position: int
    domain: str
    selector: str
    tags: dict[str, str]

    @property
    def key_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of one signature: `pass`, `fail`, `policy` (not accepted), or `temperror`."""

    signature: Signature
    verdict: str
    reason: str = ""


def candidates(headers: Headers, author_domain: str) -> tuple[Signature, ...]:
    """The signatures by the author's organisation, topmost first; nobody else's can help."""
    organisation = organisation_of(author_domain)
    found = []
    for position, value in enumerate(headers.raw_all(HEADER)):
        signature = _read(value, position)
        if signature is not None and organisation_of(signature.domain) == organisation:
            found.append(signature)
    return tuple(found[:MAX_SIGNATURES])


def verify(raw: bytes, headers: Headers, signature: Signature, records: Records) -> Checked:
    """Whether the domain did sign this mail as it is here. Never raises for bad input."""
    refusal = refusal_of(headers, signature.tags)
    if refusal:
        return Checked(signature=signature, verdict="policy", reason=refusal)
    try:
        keys = [text for text in texts_of(records, signature.key_name) if "p" in read_tags(text)]
    except DnsTrouble:
        return Checked(signature=signature, verdict="temperror", reason="no key for now")
    if len(keys) != 1:
        return Checked(signature=signature, verdict="fail", reason="no single key")
    key = read_tags(keys[0])
    if "y" in key.get("t", "").split(":"):
        return Checked(signature=signature, verdict="policy", reason="the key is a test (t=y)")
    identity = signature.tags.get("i", "").rpartition("@")[2].lower()
    if "s" in key.get("t", "").split(":") and identity not in ("", signature.domain):
        return Checked(signature=signature, verdict="fail", reason="the key is for its domain only")
    if key.get("h") and "sha256" not in key["h"].split(":"):
        return Checked(signature=signature, verdict="fail", reason="the key is for other digests")
    if not _SERVICES.intersection(key.get("s", "*").split(":")):
        return Checked(signature=signature, verdict="fail", reason="the key is for another service")
    is_valid = _verify(raw, signature, _without_services(keys[0]))
    return Checked(signature=signature, verdict="pass" if is_valid else "fail")


def read_tags(text: str) -> dict[str, str]:
    """`name=value` between semicolons (RFC 6376, 3.2), blanks taken out."""
    tags: dict[str, str] = {}
    for part in text[:16_384].split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip().lower(), _BLANKS.sub("", value))
    return tags


def _without_services(record: str) -> str:
    """The library takes a list of services for the name of one (RFC 6376, 3.6.1)."""
    return ";".join(part for part in record.split(";") if part.partition("=")[0].strip() != "s")


def _read(value: bytes, position: int) -> Signature | None:
    tags = read_tags(value.decode("utf-8", "replace"))
    domain = canonical_domain(tags.get("d", ""))
    selector = tags.get("s", "").lower()
    if domain is None or not _SELECTOR.fullmatch(selector):
        return None
    return Signature(position=position, domain=domain, selector=selector, tags=tags)


def refusal_of(headers: Headers, tags: dict[str, str]) -> str:
    """Why a signature does not count, however valid it is; empty if nothing speaks against it."""
    if "l" in tags:
        return "it covers only the beginning of the mail (l=)"
    if tags.get("a", "").lower() not in ("rsa-sha256", "ed25519-sha256"):
        return "its algorithm is too weak"
    covered = _names(tags.get("h", ""))
    if "from" not in covered:
        return "it does not cover From"
    if "subject" not in covered and headers.raw_all("subject"):
        return "it does not cover the subject"
    for name in _ONCE:
        if len(headers.raw_all(name)) > 1:
            # A signature covers the lower one, and what is shown is the upper one.
            return f"there are two {name} headers"
    return ""


def leaves_recipients_open(headers: Headers, domain: str) -> bool:
    """Whether somebody who got this mail can send it to others, and the domain's signature holds.

    Some providers sign neither To nor Cc (Microsoft 365), and nobody signs the way a mail takes.
    """
    organisation = organisation_of(domain)
    for position, value in enumerate(headers.raw_all(HEADER)):
        signature = _read(value, position)
        if signature is None or organisation_of(signature.domain) != organisation:
            continue
        covered = _names(signature.tags.get("h", ""))
        for name in ("to", "cc", "message-id"):
            found = len(headers.raw_all(name))
            if found > 1 or (found == 1 and name not in covered):
                return True
    return False


def _names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(":")}


def _verify(raw: bytes, signature: Signature, key: str) -> bool:
    import dkim

    def answer(name: bytes, timeout: float = 0) -> bytes:
        return key.encode("ascii", "replace")

    verifier = dkim.DKIM
    if signature.tags.get("a", "").lower() == "ed25519-sha256":
        from connectors.email.trust.ed25519 import Ed25519Dkim

        verifier = Ed25519Dkim
    try:
        found = verifier(raw, logger=SILENT, minkey=SMALLEST_KEY)
        return bool(found.verify(idx=signature.position, dnsfunc=answer))
    # The library raises whatever its parts do for malformed signatures and keys.
    except Exception:
        return False
