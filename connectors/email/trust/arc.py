"""ARC (RFC 8617): what a forwarder that ops trust found out before it passed the mail on.

A list or a forwarding mailbox breaks signatures. If it sealed what it saw, and the seals of all who
had the mail since are unbroken, its word counts as that of our own server would.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from connectors.email.reading.addresses import canonical_domain
from connectors.email.reading.headers import Headers
from connectors.email.trust.records import DnsTrouble, Records, texts_of
from connectors.email.trust.results import Result, read_results
from connectors.email.trust.signatures import SILENT, SMALLEST_KEY, read_tags, refusal_of

MAX_INSTANCES = 5
"""Each is two signatures to verify; longer chains are not believed."""

_INSTANCE = re.compile(r"\s{0,9}i\s{0,9}=\s{0,9}(\d{1,2})\s{0,9};")
_LATER_INSTANCE = re.compile(r";\s{0,9}i\s{0,9}=\s{0,9}(\d{1,2})\s{0,9}(?:;|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What one forwarder said and sealed."""

    sealer: str
    results: list[Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """One instance: what was found, the signature of the mail, the seal over all before."""

    said: str
    signature: dict[str, str]
    seal: dict[str, str]


def key_names(headers: Headers, sealers: Collection[str]) -> tuple[str, ...]:
    """Which keys the chain depends on; none if its last sealer is not trusted anyway."""
    chain = _chain(headers, sealers)
    names = {
        f"{tags['s'].lower()}._domainkey.{tags['d'].lower()}"
        for one in chain
        for tags in (one.signature, one.seal)
    }
    return tuple(sorted(names))


def believed(
    raw: bytes, headers: Headers, sealers: Collection[str], records: Records
) -> tuple[Sealed, ...]:
    """What trusted sealers said, the last one first, if the whole chain is unbroken."""
    chain = _chain(headers, sealers)
    if not chain or refusal_of(headers, chain[-1].signature) or not _is_valid(raw, records):
        return ()
    trusted = _folded(sealers)
    found = []
    for one in reversed(chain):
        sealer = one.seal["d"].lower()
        if sealer not in trusted:
            break
        _, results = read_results(one.said)
        found.append(Sealed(sealer=sealer, results=results))
    return tuple(found)


def _chain(headers: Headers, sealers: Collection[str]) -> list[_Set]:
    """All sets from the first to the last; empty if one is missing, double or malformed."""
    said = _by_instance(headers, "arc-authentication-results")
    signatures = _by_instance(headers, "arc-message-signature")
    seals = _by_instance(headers, "arc-seal")
    if said is None or signatures is None or seals is None:
        return []
    count = len(seals)
    expected = set(range(1, count + 1))
    if not 1 <= count <= MAX_INSTANCES:
        return []
    if not (set(said) == set(signatures) == set(seals) == expected):
        return []
    chain = [
        _Set(
            said=_INSTANCE.sub("", said[number], count=1),
            signature=read_tags(signatures[number]),
            seal=read_tags(seals[number]),
        )
        for number in sorted(expected)
    ]
    for one in chain:
        for tags in (one.signature, one.seal):
            if canonical_domain(tags.get("d", "")) is None or not tags.get("s"):
                return []
            if tags.get("a", "").lower() != "rsa-sha256":
                return []
    return chain if chain[-1].seal["d"].lower() in _folded(sealers) else []


def _by_instance(headers: Headers, name: str) -> dict[int, str] | None:
    found: dict[int, str] = {}
    for value in headers.all(name):
        match = _INSTANCE.match(value) or _LATER_INSTANCE.search(value)
        if match is None or int(match[1]) in found:
            return None
        found[int(match[1])] = value
    return found


def _is_valid(raw: bytes, records: Records) -> bool:
    import dkim

    def answer(name: bytes, timeout: float = 0) -> bytes:
        texts = texts_of(records, name.decode("ascii"))
        keys = [text for text in texts if "p" in read_tags(text)]
        if len(keys) != 1:
            raise DnsTrouble(name.decode("ascii"))
        return keys[0].encode("ascii", "replace")

    try:
        verdict, _, _ = dkim.ARC(raw, logger=SILENT, minkey=SMALLEST_KEY).verify(dnsfunc=answer)
    # The library raises whatever its parts do for malformed seals and keys.
    except Exception:
        return False
    return bool(verdict == dkim.CV_Pass)


def _folded(sealers: Collection[str]) -> set[str]:
    return {sealer.strip().rstrip(".").lower() for sealer in sealers}
