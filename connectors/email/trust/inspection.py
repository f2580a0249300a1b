"""`onethread inspect email`: what is found out about the sender, and under which assumptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.email.reading.headers import Headers
from connectors.email.trust.authentication import (
    Source,
    Trust,
    authenticate,
    names_to_look_up,
    read_author,
)
from connectors.email.trust.records import Records
from connectors.email.trust.trace import said_by_topmost
from core.errors import BadConfig

OPTIONS = ("authserv_ids", "trusted_arc_sealers", "own_address", "dns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What the account's settings would say."""

    trust: Trust
    own_address: str = ""
    dns: str = ""
    """`ask`: the machine's name servers; else a file of lines `name text`; empty: no DNS."""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "Assumed":
        """Raises BadConfig for a name that is none."""
        for name in options:
            if name not in OPTIONS:
                raise BadConfig(f"inspect has no option {name}: there are {', '.join(OPTIONS)}")
        own_address = options.get("own_address", "")
        dns = options.get("dns", "")
        return cls(
            trust=Trust(
                authserv_ids=_words(options.get("authserv_ids", "")),
                arc_sealers=_words(options.get("trusted_arc_sealers", "")),
                verifies_signatures=bool(dns),
                own_domain=own_address.rpartition("@")[2].lower(),
            ),
            own_address=own_address,
            dns=dns,
        )


def find_out(raw: bytes, headers: Headers, assumed: Assumed) -> dict[str, Any]:
    """The verdicts of the topmost Authentication-Results, whoever wrote it, and the level that
    counts only what may be believed. Without DNS no signature is verified.
    """
    authserv_id, verdicts = said_by_topmost(headers)
    source = None
    if assumed.dns:
        names = names_to_look_up(headers, assumed.trust)
        source = Source(raw=raw, records=_records(names, assumed.dns))
    found = authenticate(headers, read_author(headers), assumed.trust, source)
    if found.evidence.proof.get("verified"):
        verdicts = {**verdicts, "dkim": found.dkim, "dmarc": found.dmarc}
    return {
        **verdicts,
        "authserv_id": authserv_id,
        "level": int(found.level),
    }


def _records(names: tuple[str, ...], dns: str) -> Records:
    if not names:
        return {}
    if dns != "ask":
        return read_zone(Path(dns).read_text(encoding="utf-8"))
    import asyncio

    from connectors.email.trust.resolver import Resolver
    from core.clock import SystemClock

    return asyncio.run(Resolver(SystemClock()).look_up(names))


def read_zone(text: str) -> "Zone":
    """Lines of `name text`; `name !` is a name whose servers do not answer."""
    zone = Zone()
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        if not name or name.startswith("#"):
            continue
        name = name.lower().rstrip(".")
        if value.strip() == "!":
            zone[name] = None
        else:
            zone[name] = (*(zone.get(name) or ()), value.strip())
    return zone


class Zone(dict[str, tuple[str, ...] | None]):
    """Records in which every other name is known not to exist."""

    def get(self, name: str, default: Any = ()) -> Any:
        return super().get(name, default)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
