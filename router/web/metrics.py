"""What Prometheus reads: requests as they come, and the state of the queues when it asks."""

from functools import lru_cache
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from router.storage.ops import DeskState

if TYPE_CHECKING:
    from router.storage.desk_figures import DeskFigures

_REQUESTS = Counter("onethread_http_requests", "Requests answered.", ["method", "route", "status"])
_SECONDS = Histogram(
    "onethread_http_request_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@lru_cache(maxsize=2048)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Kept: looking labels up costs five times as much as counting."""
    return _REQUESTS.labels(method, route, str(status)), _SECONDS.labels(route)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    counter, histogram = _children(method if method in _METHODS else "other", route, status)
    counter.inc()
    histogram.observe(seconds)


def render(state: DeskState | None, figures: "tuple[DeskFigures, float] | None" = None) -> bytes:
    """The text format. Slow with many series: call it in a thread. None: no database. `figures`:
    with how many seconds old they are."""
    queues = CollectorRegistry()
    up = Gauge("onethread_database_up", "Whether PostgreSQL answers.", registry=queues)
    up.set(0 if state is None else 1)
    if state is not None:
        _add_state(queues, state)
    if figures is not None:
        from router.web.desk_metrics import add_figures

        add_figures(queues, *figures)
    return generate_latest(REGISTRY) + generate_latest(queues)


def _add_state(registry: CollectorRegistry, state: DeskState) -> None:
    deliveries = Gauge(
        "onethread_deliveries", "Deliveries by state.", ["account", "state"], registry=registry
    )
    for account_id, name, count in state.deliveries:
        deliveries.labels(str(account_id), name).set(count)
    oldest = Gauge(
        "onethread_oldest_queued_seconds",
        "Age of the oldest delivery that is due.",
        ["account"],
        registry=registry,
    )
    for account_id, seconds in state.oldest_queued_seconds:
        oldest.labels(str(account_id)).set(seconds)
    paused = Gauge("onethread_account_paused", "1: paused.", ["account"], registry=registry)
    for account_id, is_paused in state.accounts:
        paused.labels(str(account_id)).set(is_paused)
    Gauge(
        "onethread_quarantine_waiting", "Inbound events that could not be read.", registry=registry
    ).set(state.quarantined)
    Gauge(
        "onethread_outbox_unnumbered", "Facts that the relay has yet to number.", registry=registry
    ).set(state.unnumbered)
