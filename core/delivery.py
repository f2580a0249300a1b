"""The life of one delivery, as a pure state machine: what an attempt's outcome makes of it."""

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

import msgspec

from core.capabilities import Capabilities
from core.errors import (
    AccountError,
    ConnectorError,
    GoneBecause,
    LimitScope,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
)


class DeliveryState(StrEnum):
    HELD = "held"
    """The agent may still recall it."""
    QUEUED = "queued"
    SENDING = "sending"
    """An attempt is committed; bytes may have left."""
    SENT = "sent"
    """The network took it."""
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have gone out; an agent chooses between resending and leaving it."""
    CANCELLED = "cancelled"


FINAL_STATES = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.READ,
        DeliveryState.FAILED,
        DeliveryState.UNKNOWN,
        DeliveryState.CANCELLED,
    }
)
"""States in which a delivery no longer holds up its lane."""

RECEIPT_ORDER = (
    DeliveryState.UNKNOWN,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.FAILED,
    DeliveryState.READ,
)
"""Each says more than those before it. A bounce after "delivered" is final; "read" disproves it."""
MAX_ATTEMPTS = 50
"""More than fit into `GIVE_UP_AFTER` even with the shortest pauses: time decides, and this stops
what no time would.
"""
FIRST_BACKOFF = timedelta(seconds=2)
LONGEST_BACKOFF = timedelta(hours=4)
LONGEST_WAIT = timedelta(days=7)
"""Whatever a network asks for: after it, it may ask again."""
GIVE_UP_AFTER = timedelta(hours=48)
"""RFC 5321, 4.5.4.1 asks four to five days of mail; a support answer is stale after two."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What `finish` writes after one attempt."""

    state: DeliveryState
    due_at: datetime | None = None
    reason: str = ""
    """A sentence for the agent."""
    code: str = ""
    """The error's code, for filters and metrics."""
    uses_attempt: bool = True
    pauses_account: bool = False
    """The account is broken: pause it, keep the queue."""
    wait: LimitScope | None = None
    """A rate limit: nothing more in this scope before `due_at`."""
    identity_is_gone: bool = False
    gone_because: GoneBecause = GoneBecause.UNTOLD
    """Why, of an identity that is gone."""
    place_is_gone: bool = False


def next_backoff(attempt: int, *, jitter: float | None = None) -> timedelta:
    """Exponential from 2 s to 4 h, then scaled by a jitter of 0.5-1.0. `attempt` counts from 1."""
    share = random.uniform(0.5, 1.0) if jitter is None else jitter  # noqa: S311 - no secret
    doubled = FIRST_BACKOFF * (1 << min(attempt - 1, 20))
    return min(doubled, LONGEST_BACKOFF) * share


def next_state(
    outcome: ConnectorError | None,
    *,
    attempt: int,
    queued_at: datetime,
    now: datetime,
    capabilities: Capabilities,
    jitter: float | None = None,
) -> Transition:
    """What the `attempt`-th attempt, from 1, makes of a delivery. None: the network took it."""
    match outcome:
        case None:
            return Transition(state=DeliveryState.SENT)
        case RateLimited():
            if now - queued_at >= GIVE_UP_AFTER:
                return Transition(
                    state=DeliveryState.FAILED, reason=f"Given up: {outcome}", code=outcome.code
                )
            return Transition(
                state=DeliveryState.QUEUED,
                due_at=now + min(outcome.retry_after, LONGEST_WAIT),
                reason=str(outcome),
                code=outcome.code,
                uses_attempt=False,
                wait=outcome.scope,
            )
        case TransientError():
            if attempt >= MAX_ATTEMPTS or now - queued_at >= GIVE_UP_AFTER:
                return Transition(
                    state=DeliveryState.FAILED, reason=f"Given up: {outcome}", code=outcome.code
                )
            wait = next_backoff(attempt, jitter=jitter)
            if outcome.retry_after is not None:
                wait = max(wait, min(outcome.retry_after, LONGEST_WAIT))
            return Transition(
                state=DeliveryState.QUEUED,
                due_at=now + wait,
                reason=str(outcome),
                code=outcome.code,
            )
        case OutcomeUnknown():
            return after_unknown(
                outcome,
                now=now,
                capabilities=capabilities,
                attempt=attempt,
                first_tried_at=queued_at,
            )
        case AccountError():
            return Transition(
                state=DeliveryState.QUEUED,
                due_at=now,
                reason=str(outcome),
                code=outcome.code,
                uses_attempt=False,
                pauses_account=True,
            )
        case PermanentError():
            return Transition(
                state=DeliveryState.FAILED,
                reason=str(outcome),
                code=outcome.code,
                identity_is_gone=isinstance(outcome, RecipientGone),
                gone_because=outcome.because
                if isinstance(outcome, RecipientGone)
                else GoneBecause.UNTOLD,
                place_is_gone=isinstance(outcome, PlaceGone),
            )
        case ConnectorError():
            return Transition(state=DeliveryState.UNKNOWN, reason=str(outcome), code=outcome.code)
        case _:
            assert_never(outcome)


def after_unknown(
    outcome: OutcomeUnknown,
    *,
    now: datetime,
    capabilities: Capabilities,
    attempt: int,
    first_tried_at: datetime,
) -> Transition:
    """Resend only where and while the network drops the second copy; else an agent chooses.

    The caller asks `find_sent` first where the network can answer it.
    """
    due_at = now + next_backoff(attempt)
    if is_dropped(capabilities, due_at, first_tried_at) and attempt < MAX_ATTEMPTS:
        return Transition(
            state=DeliveryState.QUEUED,
            due_at=due_at,
            reason=str(outcome),
            code=outcome.code,
        )
    return Transition(state=DeliveryState.UNKNOWN, reason=str(outcome), code=outcome.code)


def is_dropped(capabilities: Capabilities, at: datetime, first_tried_at: datetime) -> bool:
    """Whether what is sent again from `at` on certainly arrives while the network still knows the
    first copy: it may take as long as a send may.
    """
    window = capabilities.deduplicated_for
    return capabilities.send_is_deduplicated and (
        window is None or at + capabilities.longest_send - first_tried_at <= window
    )


def merge_receipt(current: DeliveryState, reported: DeliveryState) -> DeliveryState:
    """What says more of the two: receipts come in any order and never take a state back.

    A failure reported after the network had taken it (a bounce) wins over `sent` and `delivered`,
    not over `read`. A delivery that no attempt has left yet stays as it is.
    """
    if current not in RECEIPT_ORDER or reported not in RECEIPT_ORDER:
        return current
    return max(current, reported, key=RECEIPT_ORDER.index)
