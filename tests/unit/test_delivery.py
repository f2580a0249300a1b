"""Every row of the table: what an attempt's outcome makes of a delivery."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import Capabilities
from core.delivery import (
    FINAL_STATES,
    FIRST_BACKOFF,
    GIVE_UP_AFTER,
    LONGEST_BACKOFF,
    MAX_ATTEMPTS,
    RECEIPT_ORDER,
    DeliveryState,
    Transition,
    merge_receipt,
    next_backoff,
    next_state,
)
from core.errors import (
    AccountError,
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    LimitScope,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
    Unsupported,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATES = st.sampled_from(DeliveryState)
RECEIPTS = st.sampled_from(RECEIPT_ORDER)


def _next(
    outcome: ConnectorError | None,
    *,
    attempt: int = 1,
    age: timedelta = timedelta(0),
    capabilities: Capabilities | None = None,
) -> Transition:
    return next_state(
        outcome,
        attempt=attempt,
        queued_at=NOW - age,
        now=NOW,
        capabilities=capabilities or Capabilities(),
        jitter=1.0,
    )


def test_taken_message_is_sent() -> None:
    assert _next(None) == Transition(state=DeliveryState.SENT)


@pytest.mark.parametrize(
    ("attempt", "seconds"),
    [(1, 2), (2, 4), (3, 8), (11, 2048), (13, 8192), (14, 14400), (49, 14400), (50, None)],
)
def test_transient_error_waits_longer_each_time_and_is_given_up(
    attempt: int, seconds: int | None
) -> None:
    found = _next(TransientError("busy"), attempt=attempt)
    if seconds is None:
        assert found == Transition(
            state=DeliveryState.FAILED, reason="Given up: busy", code="transient"
        )
    else:
        assert found == Transition(
            state=DeliveryState.QUEUED,
            due_at=NOW + timedelta(seconds=seconds),
            reason="busy",
            code="transient",
        )


def test_transient_error_is_given_up_when_the_answer_is_stale() -> None:
    young = _next(TransientError("busy"), age=GIVE_UP_AFTER - timedelta(seconds=1))
    old = _next(TransientError("busy"), age=GIVE_UP_AFTER)
    assert (young.state, old.state) == (DeliveryState.QUEUED, DeliveryState.FAILED)


@pytest.mark.parametrize(("asked", "waited"), [(60, 60), (1, 2)])
def test_transient_error_waits_at_least_as_long_as_the_network_asks(
    asked: int, waited: int
) -> None:
    found = _next(TransientError("busy", retry_after=timedelta(seconds=asked)))
    assert found.due_at == NOW + timedelta(seconds=waited)


@pytest.mark.parametrize("scope", ["place", "account"])
def test_rate_limit_waits_as_told_and_uses_no_attempt(scope: LimitScope) -> None:
    error = RateLimited("slow down", retry_after=timedelta(seconds=7), scope=scope)
    almost = GIVE_UP_AFTER - timedelta(seconds=1)
    assert _next(error, attempt=MAX_ATTEMPTS + 5, age=almost) == Transition(
        state=DeliveryState.QUEUED,
        due_at=NOW + timedelta(seconds=7),
        reason="slow down",
        code="rate_limited",
        uses_attempt=False,
        wait=scope,
    )


def test_rate_limit_that_lasts_too_long_is_given_up() -> None:
    error = RateLimited("slow down", retry_after=timedelta(seconds=7), scope="account")
    assert _next(error, age=GIVE_UP_AFTER) == Transition(
        state=DeliveryState.FAILED, reason="Given up: slow down", code="rate_limited"
    )


def test_unknown_outcome_is_for_an_agent_to_decide() -> None:
    assert _next(OutcomeUnknown("no answer")) == Transition(
        state=DeliveryState.UNKNOWN, reason="no answer", code="outcome_unknown"
    )


def test_unknown_outcome_is_resent_where_the_network_drops_the_second_copy() -> None:
    deduplicated = Capabilities(send_is_deduplicated=True)
    again = _next(OutcomeUnknown("no answer"), capabilities=deduplicated)
    last = _next(OutcomeUnknown("no answer"), attempt=MAX_ATTEMPTS, capabilities=deduplicated)
    assert again.state is DeliveryState.QUEUED
    assert again.due_at is not None
    assert FIRST_BACKOFF / 2 <= again.due_at - NOW <= FIRST_BACKOFF
    assert last.state is DeliveryState.UNKNOWN


def test_unknown_outcome_is_not_resent_once_the_network_may_have_forgotten_the_first() -> None:
    window = timedelta(minutes=2)
    capabilities = Capabilities(send_is_deduplicated=True, deduplicated_for=window)
    unknown = OutcomeUnknown("no answer")
    in_time = window - capabilities.longest_send - FIRST_BACKOFF
    soon = _next(unknown, capabilities=capabilities, age=in_time)
    late = _next(unknown, capabilities=capabilities, age=in_time + FIRST_BACKOFF)
    assert soon.state is DeliveryState.QUEUED
    assert late.state is DeliveryState.UNKNOWN


@pytest.mark.parametrize("kind", [PermanentError, PlaceGone, ContentRejected, Unsupported])
def test_permanent_error_is_final_and_says_why(kind: type[PermanentError]) -> None:
    assert _next(kind("refused")) == Transition(
        state=DeliveryState.FAILED,
        reason="refused",
        code=kind.code,
        place_is_gone=kind is PlaceGone,
    )


def test_recipient_who_is_gone_is_marked() -> None:
    found = _next(RecipientGone("blocked us"))
    assert (found.state, found.identity_is_gone) == (DeliveryState.FAILED, True)


@pytest.mark.parametrize("kind", [AccountError, AuthRefused, BadConfig])
def test_broken_account_keeps_its_queue_and_is_paused(kind: type[AccountError]) -> None:
    assert _next(kind("bad password"), attempt=MAX_ATTEMPTS) == Transition(
        state=DeliveryState.QUEUED,
        due_at=NOW,
        reason="bad password",
        code=kind.code,
        uses_attempt=False,
        pauses_account=True,
    )


def test_error_that_says_nothing_of_the_outcome_is_unknown() -> None:
    assert _next(ConnectorError("odd")).state is DeliveryState.UNKNOWN


def test_no_outcome_is_lost_between_the_rows() -> None:
    kinds: list[type[ConnectorError]] = [ConnectorError]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    for kind in kinds:
        error = kind("x", retry_after=timedelta(1)) if kind is RateLimited else kind("x")
        assert _next(error).code == kind.code


@given(attempt=st.integers(1, 1000), jitter=st.floats(0.5, 1.0))
def test_backoff_is_never_shorter_than_half_nor_longer_than_its_cap(
    attempt: int, jitter: float
) -> None:
    full = min(FIRST_BACKOFF * 2 ** min(attempt - 1, 20), LONGEST_BACKOFF)
    assert full / 2 <= next_backoff(attempt, jitter=jitter) <= full
    assert full / 2 <= next_backoff(attempt) <= full


@pytest.mark.parametrize("jitter", [0.5, 1.0])
def test_attempts_of_a_transient_error_last_until_the_answer_is_stale(jitter: float) -> None:
    """A mail server may greylist for hours, and be down for a night."""
    waits = sum((next_backoff(n, jitter=jitter) for n in range(1, MAX_ATTEMPTS)), timedelta(0))
    assert waits > GIVE_UP_AFTER


@given(current=STATES, reports=st.lists(STATES, max_size=6))
def test_receipts_never_take_a_state_back(
    current: DeliveryState, reports: list[DeliveryState]
) -> None:
    merged = reduce(merge_receipt, reports, current)
    if current in RECEIPT_ORDER:
        assert RECEIPT_ORDER.index(merged) >= RECEIPT_ORDER.index(current)
    else:
        assert merged is current


@given(current=RECEIPTS, reports=st.lists(RECEIPTS, max_size=4))
def test_receipts_come_to_the_same_in_any_order_and_number(
    current: DeliveryState, reports: list[DeliveryState]
) -> None:
    once = {reduce(merge_receipt, order, current) for order in permutations(reports)}
    twice = reduce(merge_receipt, reports + reports, current)
    assert once == {twice}


@pytest.mark.parametrize(
    ("current", "reported", "merged"),
    [
        (DeliveryState.SENT, DeliveryState.READ, DeliveryState.READ),
        (DeliveryState.READ, DeliveryState.DELIVERED, DeliveryState.READ),
        (DeliveryState.UNKNOWN, DeliveryState.DELIVERED, DeliveryState.DELIVERED),
        (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.FAILED),
        (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.FAILED),
        (DeliveryState.READ, DeliveryState.FAILED, DeliveryState.READ),
        (DeliveryState.FAILED, DeliveryState.DELIVERED, DeliveryState.FAILED),
        (DeliveryState.FAILED, DeliveryState.READ, DeliveryState.READ),
        (DeliveryState.CANCELLED, DeliveryState.FAILED, DeliveryState.CANCELLED),
    ],
)
def test_receipt_that_says_more_wins(
    current: DeliveryState, reported: DeliveryState, merged: DeliveryState
) -> None:
    assert merge_receipt(current, reported) is merged


def test_lane_is_held_up_only_by_what_is_not_over() -> None:
    held_up = set(DeliveryState) - FINAL_STATES
    assert held_up == {DeliveryState.HELD, DeliveryState.QUEUED, DeliveryState.SENDING}
