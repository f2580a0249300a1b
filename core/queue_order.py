"""The order of the waiting queue, and why nobody has a case of it yet. Pure.

The order needs no upkeep: a case's rank is the moment since when it waits, less a head start for
its priority and for who wrote. So within a band the oldest is first, and whatever is ahead of a
case came before it or at most `MOST_AHEAD` after it: nobody is passed for ever.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

PRIORITY_AHEAD: Mapping[int, timedelta] = {
    1: timedelta(hours=12),
    2: timedelta(hours=4),
    3: timedelta(hours=1),
    4: timedelta(0),
}
"""How much longer than the lowest a case of this priority counts as waiting."""
MOST_TIER_AHEAD = timedelta(hours=12)
MOST_AHEAD = max(PRIORITY_AHEAD.values()) + MOST_TIER_AHEAD
Hindrance = Literal["manual", "offered", "no_skill", "nobody_on", "all_full", "declined", "next"]


def rank_of(waiting_since: datetime, priority: int, tier_ahead: timedelta) -> datetime:
    """A case's place in the queue: the earlier, the sooner it is served."""
    ahead = min(max(tier_ahead, timedelta(0)), MOST_TIER_AHEAD)
    return waiting_since - PRIORITY_AHEAD[priority] - ahead
