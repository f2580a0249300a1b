"""Senders whom a check did not bear out, as /metrics counts them: forged mail among them."""

from collections.abc import Iterable

from core.messages import AnyInboundEvent, MessageReceived
from core.people import Level
from router.services import refusals

_FOUND = frozenset({"from", "part", "none", "setup", "server", "dns", "dkim", "unaligned"})
"""What a connector says of a claim (`found` in its proof). Anything else counts as `other`."""


def count_claims(events: Iterable[AnyInboundEvent]) -> None:
    """By what was found. A claim that nobody checked is counted nowhere: it refuses nobody."""
    for event in events:
        if not isinstance(event, MessageReceived) or event.sender.level is not Level.CLAIMED:
            continue
        found = next(
            (one.proof["found"] for one in event.sender.evidence if "found" in one.proof), ""
        )
        if found:
            refusals.count("sender", found if found in _FOUND else "other")
