"""Refusals in the audit log: each is counted, and of a flood one entry a minute is kept.

Whoever is refused chooses how often. An entry locks the log's end for everybody, so the rest of a
minute is a number in the next entry.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

import structlog

from router.services import audit, refusals
from router.storage.audit import Facts
from router.storage.engine import Database, DatabaseUnavailable

EVERY = timedelta(minutes=1)
MOST_KEPT = 10_000

log = structlog.get_logger(__name__)

_Key = tuple[str, str, str]
_noted: OrderedDict[tuple[int, _Key], tuple[datetime, int]] = OrderedDict()


async def note_refusal(
    database: Database, *, what: str, reason: str, subject: str, actor: str = "system"
) -> None:
    """Count it, and have it in the audit log as `<what>.refused`. In a transaction of its own: the
    refused one is rolled back. Without a database it is counted and logged, and refused all the
    same.
    """
    refusals.count(what, reason)
    key = (id(database), (what, reason, subject))
    now = database.clock.now()
    since, more = _noted.pop(key, (None, 0))
    if since is not None and now - since < EVERY:
        _noted[key] = (since, more + 1)
        return
    _noted[key] = (now, 0)
    if len(_noted) > MOST_KEPT:
        _noted.popitem(last=False)
    facts: Facts = {"reason": reason, "more_before": more} if more else {"reason": reason}
    try:
        async with database.transaction() as work:
            await audit.record(work, actor, f"{what}.refused", subject, facts)
    except DatabaseUnavailable:
        log.warning("refusal.not_recorded", what=what, reason=reason, subject=subject)
