"""Which Authentication-Results of a mail is our own mail server's: the topmost one, or none.

Anybody can write such a line. What speaks for ours: its name, that it stands above all others, and
that no line of an earlier server stands above it (RFC 8601, 5 and 7.1).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from connectors.email.reading.headers import Headers
from connectors.email.trust.domains import organisation_of
from connectors.email.trust.results import METHODS, Result, best_verdict, read_results

HEADER = "authentication-results"
MICROSOFT_365 = "microsoft365"
"""A rule instead of a name: Microsoft writes no name into its line."""

_BY = re.compile(r"\sby\s+([A-Za-z0-9._-]{1,255})")
_FROM = re.compile(r"^from\s+\[?([A-Za-z0-9._:-]{1,255})\]?(?:\s+\(([^()]{0,500}))?")
_HOST = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,40}")
_INSIDE = (".internal", ".local", ".localdomain", ".lan", ".intranet", ".corp", ".home.arpa")
"""Names that no machine outside has: providers hand mail on between such hosts."""
_MICROSOFT_HOSTS = (".outlook.com", ".office365.com", ".outlook.cn", ".office365.cn")
_AUTH_AS = "x-ms-exchange-organization-authas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What a server that we trust found out."""

    said_by: str
    results: list[Result]
    is_internal: bool = False
    """Microsoft 365: the sender had logged in to the desk's own organisation."""


def trusted_verdicts(headers: Headers, trusted_ids: Collection[str]) -> Verdicts | None:
    """None if no server that we trust vouches: then the mail says nothing of itself."""
    ids = {fold(one) for one in trusted_ids}
    if MICROSOFT_365 in ids:
        found = _microsoft(headers)
        if found is not None:
            return found
    names = ids - {MICROSOFT_365}
    if not names:
        return None
    topmost = _topmost(headers, names)
    if topmost is None:
        return None
    said_by, results = read_results(topmost.decode("utf-8", "replace"))
    if not any(_matches(fold(said_by), name) for name in names):
        return None
    return Verdicts(said_by=said_by, results=results)


def said_by_topmost(headers: Headers) -> tuple[str, dict[str, str]]:
    """Who wrote the topmost line and its verdicts, to be shown; whether to believe them or not.

    Servers that write one line for each method are read together.
    """
    said_by = ""
    results: list[Result] = []
    for position, value in enumerate(headers.raw_all(HEADER)):
        name, found = read_results(value.decode("utf-8", "replace"))
        if position == 0:
            said_by = name
        # Some providers write a line for each method, each by a machine of its own.
        if _provider_of(name) == _provider_of(said_by):
            known = {result.method for result in results}
            results += [result for result in found if result.method not in known]
    verdicts = {method: best_verdict(results, method) for method in METHODS}
    if verdicts["spf"] == "none" and not headers.raw_all(HEADER):
        received = headers.first("received-spf").partition(" ")[0].lower()
        verdicts["spf"] = received if received.isalpha() else "none"
    return said_by, verdicts


def _provider_of(authserv_id: str) -> str:
    name = fold(authserv_id)
    return organisation_of(name) if "." in name else name


def fold(authserv_id: str) -> str:
    return authserv_id.strip('" ').rstrip(".").lower()


def _matches(said: str, name: str) -> bool:
    """`*` in a configured name stands for whatever a provider numbers its machines with."""
    if "*" not in name:
        return said == name
    pattern = "[a-z0-9._-]*".join(re.escape(part) for part in name.split("*"))
    return re.fullmatch(pattern, said) is not None


def _topmost(headers: Headers, names: Collection[str]) -> bytes | None:
    """The first line, unless an earlier server's Received stands above it.

    Our server writes its line above or right below the Received with which it took the mail from
    outside; the next Received below was there when the mail came.
    """
    ours = {organisation_of(name.lstrip("*.-").replace("*", "x")) for name in names}
    came_from_outside = False
    for name, value in headers.fields:
        if name == HEADER:
            return value
        if name == "received":
            if came_from_outside:
                return None
            came_from_outside = _is_from_outside(value.decode("latin-1"), ours)
    return None


def _is_from_outside(received: str, ours: Collection[str]) -> bool:
    match = _FROM.match(received)
    if match is None:
        return False
    hosts = [match[1], *_HOST.findall(match[2] or "")]
    named = [host for host in hosts if "." in host and not host.replace(".", "").isdigit()]
    return any(
        organisation_of(host.lower()) not in ours and not host.lower().endswith(_INSIDE)
        for host in named
    )


def _microsoft(headers: Headers) -> Verdicts | None:
    """What Exchange Online guarantees, though it signs with no name.

    Its line stands among Received lines that its own machines wrote, and it removes from outside
    mail every `X-MS-Exchange-Organization-*`, so that `AuthAs` tells how the mail came in.
    """
    values = headers.all(_AUTH_AS)
    if len(values) != 1 or values[0].lower() not in ("anonymous", "internal"):
        return None
    seen = 0
    for name, value in headers.fields:
        if name == "received":
            by = _BY.search(value.decode("latin-1"))
            if by is None or not by[1].lower().endswith(_MICROSOFT_HOSTS):
                return None
            seen += 1
        elif name == HEADER:
            said_by, results = read_results(value.decode("utf-8", "replace"))
            if said_by or not seen:
                return None
            return Verdicts(
                said_by=MICROSOFT_365,
                results=results,
                is_internal=values[0].lower() == "internal",
            )
    if seen and values[0].lower() == "internal":
        return Verdicts(said_by=MICROSOFT_365, results=[], is_internal=True)
    return None
