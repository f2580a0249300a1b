"""When a call is tried again. Pure.

Each pause is four times the one before, from five seconds to twelve hours, a fifth more or less so
that what failed together does not come back together. After three days it is given up.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=12)
GROWTH = 4
JITTER = 0.2
GIVEN_UP_AFTER = timedelta(days=3)
"""Since the first try."""

PATIENCE = 5
"""Failures in a row after which the receiver as a whole is left alone for a while."""
LONGEST_REST = timedelta(minutes=5)
UNREACHABLE_AFTER = timedelta(days=3)
UNREACHABLE_TRIES = 10


def next_due(
    tries: int,
    *,
    first_at: datetime,
    now: datetime,
    retry_after: timedelta | None = None,
    luck: float,
) -> datetime | None:
    """When to try again after so many tries (1 or more), the first of them at `first_at`. None:
    it is given up. Not before what the receiver asked for, but for a last try as the time is up.

    `luck`: from 0 to 1, at random.
    """
    ends_at = first_at + GIVEN_UP_AFTER
    if now >= ends_at:
        return None
    pause = min(FIRST_PAUSE * int(GROWTH ** min(tries - 1, 20)), LONGEST_PAUSE)
    pause *= 1 + JITTER * (2 * luck - 1)
    return min(now + max(pause, retry_after or timedelta(0)), ends_at)


def rest_after(failures: int) -> timedelta:
    """How long a receiver is left alone after so many failures in a row."""
    if failures < PATIENCE:
        return timedelta(0)
    return min(FIRST_PAUSE * int(2 ** min(failures - PATIENCE, 20)), LONGEST_REST)


def is_unreachable(failures: int, since: datetime, now: datetime) -> bool:
    """Whether a receiver has been away for so long that nothing is sent any more."""
    return failures >= UNREACHABLE_TRIES and now - since >= UNREACHABLE_AFTER


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Of a header in either form (RFC 9110, 10.2.3). None: there is none, or no sense in it."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:10]), int(GIVEN_UP_AFTER.total_seconds())))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), GIVEN_UP_AFTER)
