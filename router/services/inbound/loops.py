"""The last guard against machines that answer each other: a budget for each pair of them.

Whatever answers here automatically answers only what was stored. So the fourth automatic answer of
one sender to one account within a day is left where it came from.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import structlog

from core.messages import MessageNature, MessageReceived
from router.storage import inbound as stored
from router.storage.inbound import DedupKey
from router.storage.unit_of_work import UnitOfWork

MOST_ANSWERS = 3
WINDOW = timedelta(days=1)
NOTICE = "Further automatic answers from this sender are left out for a day."

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """One automatic answer that is about to be stored."""

    key: DedupKey
    identity_id: int


class Budget(NamedTuple):
    left_out: frozenset[DedupKey] = frozenset()
    last: frozenset[DedupKey] = frozenset()
    """After these the budget is used up: the agent is told."""


def is_automatic_answer(event: MessageReceived) -> bool:
    """Not a notice that a machine sends by itself: it answers something that we said."""
    return event.nature is MessageNature.AUTO_REPLY and bool(event.answers)


async def judge(work: UnitOfWork, answers: Sequence[Answer], *, now: datetime) -> Budget:
    """Which of these, in their order, are too many. Call under the senders' locks."""
    if not answers:
        return Budget()
    counts = await stored.count_automatic(
        work, sorted({(one.identity_id, one.key[0]) for one in answers}), since=now - WINDOW
    )
    left_out: set[DedupKey] = set()
    last: set[DedupKey] = set()
    for one in answers:
        pair = (one.identity_id, one.key[0])
        counts[pair] = counts.get(pair, 0) + 1
        if counts[pair] > MOST_ANSWERS:
            left_out.add(one.key)
            log.warning("inbound.loop_cut", account=one.key[0], identity=one.identity_id)
        elif counts[pair] == MOST_ANSWERS:
            last.add(one.key)
    return Budget(frozenset(left_out), frozenset(last))


def with_notice(event: MessageReceived) -> MessageReceived:
    return msgspec.structs.replace(event, warnings=(*event.warnings, NOTICE))
