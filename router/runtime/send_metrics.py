"""What /metrics says of sending. The children of one account are kept: labels() costs more."""

from prometheus_client import Counter, Histogram

_SENDS = Counter("onethread_sends", "Attempts to send, by how they ended.", ["account", "outcome"])
_SECONDS = Histogram(
    "onethread_send_seconds",
    "How long the network took to answer an attempt.",
    ["account"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60),
)
_WAIT = Histogram(
    "onethread_send_wait_seconds",
    "From the moment that a delivery was due to its attempt.",
    ["account"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300),
)


class SendMetrics:
    """Of one account."""

    def __init__(self, account_id: int) -> None:
        self._account = str(account_id)
        self._seconds = _SECONDS.labels(self._account)
        self._wait = _WAIT.labels(self._account)
        self._sends: dict[str, Counter] = {}

    def started(self, waited: float) -> None:
        self._wait.observe(max(0.0, waited))

    def ended(self, outcome: str, seconds: float) -> None:
        if outcome not in self._sends:
            self._sends[outcome] = _SENDS.labels(self._account, outcome)
        self._sends[outcome].inc()
        self._seconds.observe(seconds)
