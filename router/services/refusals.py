"""What was refused, and why, as /metrics counts it. Whoever was refused is told less."""

from prometheus_client import Counter

_REFUSED = Counter("onethread_refused", "What was refused, and why.", ["what", "reason"])


def count(what: str, reason: str) -> None:
    """`what` is a noun of the glossary, such as `link_code`; `reason` one of a few words."""
    _REFUSED.labels(what, reason).inc()
