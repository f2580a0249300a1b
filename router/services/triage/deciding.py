"""What a finding means for its case: a topic, a priority, a danger that is told.

Only where nobody at the desk and no rule has decided, but for what a supervisor named. A guess
never lets a case need less than before, never lowers its priority, and leaves the topic alone once
somebody has answered.
"""

from datetime import timedelta
from typing import Any

from router.assist.findings import GRAVE, PRIORITIES
from router.failpoints import failpoint
from router.services.cases import CaseChange, change_within
from router.services.errors import ServiceError
from router.services.triage import paging
from router.services.viewer import Viewer
from router.storage import persons
from router.storage import triage as stored
from router.storage.case_history import Cause
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.triage import TriageRow
from router.storage.unit_of_work import Fact, UnitOfWork

NO_TOPIC = "other"
"""Of the ready tree: what a greeting is about. No case gets it by a guess."""
_NOBODY = Viewer(0)
"""Sees all, and is nobody whose name would stand beside what was done."""


async def decide(database: Database, settings: TriageRow, message_id: int, person_id: int) -> None:
    """Committed as a whole, and once: what was decided is not decided again."""
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        found = await stored.find(work, message_id)
        if found is None or not found["is_pending"]:
            return
        if await apply(work, settings, found):
            work.announce(Fact.FINDING_CHANGED, person=found["root_id"], ref=message_id)
        await failpoint("before_triage_commit")


async def apply(
    work: UnitOfWork, settings: TriageRow, found: Record, *, is_named: bool = False
) -> bool:
    """Whether its case became another one by it, or somebody was told. `is_named`: an agent says
    it, so it holds whatever was decided before. Under the conversation's lock.
    """
    topic, priority = await _wanted(work, settings, found, is_named=is_named)
    if topic is not None and not await _change(work, found, topic, priority):
        topic = None
    if topic is None and priority is not None:
        await _change(work, found, None, priority)
    await stored.settle(
        work,
        found["message_id"],
        set_topic=topic is not None or found["set_topic"],
        set_priority=priority is not None or found["set_priority"],
    )
    is_told = False
    if (settings.pages or is_named) and found["danger"] in paging.PAGED:
        minutes = settings.escalate_minutes
        after = None if minutes is None else timedelta(minutes=minutes)
        is_told = await paging.page(work, found, escalate_after=after, is_named=is_named)
    return is_told or topic is not None or priority is not None


async def _wanted(
    work: UnitOfWork, settings: TriageRow, found: Record, *, is_named: bool
) -> tuple[int | None, int | None]:
    """Which topic and which priority the case is to have. None: as it is.

    Of a life no topic is guessed: what a desk has for one is not what to say to them.
    """
    if found["state"] == "solved":
        return None, None
    has_topic, has_priority = await stored.decided(work, found["case_id"])
    topic: int | None = None
    if (
        not has_topic
        and found["danger"] not in GRAVE
        and found["first_reply_at"] is None
        and found["topic_id"] not in (None, found["case_topic_id"])
        and found["is_topic_in_use"]
        and found["key"] != NO_TOPIC
        and found["topic_confidence"] * 100 >= settings.least_confidence
        and found["topic_confidence"] > await stored.best_guess(work, found["case_id"])
    ):
        topic = found["topic_id"]
    priority = PRIORITIES[found["urgency"]]
    is_higher = priority < found["priority"] and priority < PRIORITIES["normal"]
    return topic, priority if is_higher and (is_named or not has_priority) else None


async def _change(work: UnitOfWork, found: Record, topic: int | None, priority: int | None) -> bool:
    """False, with nothing changed, where the case may not be so."""
    values: dict[str, Any] = {}
    if topic is not None:
        values["topic_id"] = topic
    if priority is not None:
        of_topic = found["default_priority"] if topic is not None else None
        values["priority"] = min(priority, of_topic or priority)
    try:
        async with work.savepoint():
            await change_within(
                work, _NOBODY, found["case_id"], CaseChange(**values), cause=Cause.TRIAGE
            )
    except ServiceError:
        return False
    return True
