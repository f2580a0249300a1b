"""What agents say of a finding: the last word, and an example from then on."""

from msgspec import UNSET

from router.services.cases import CaseChange, change_within
from router.services.errors import NotFound, Refused
from router.services.triage.shapes import Finding, NewCorrection
from router.services.triage.shown import to_finding
from router.services.viewer import Viewer
from router.storage import danger_pages, persons, topics
from router.storage import triage as stored
from router.storage.engine import Database
from router.storage.unit_of_work import Fact

USUAL = 3


async def correct(
    database: Database,
    viewer: Viewer,
    message_id: int,
    wanted: NewCorrection,
    *,
    may_lower: bool,
) -> Finding:
    """The case is then as they said, and nobody else is told of a danger. Raises NotFound, Refused,
    Forbidden `may_not_lower`.
    """
    if wanted.topic_id is UNSET and wanted.is_urgent is UNSET:
        raise Refused("Say something of it.", code="nothing", field="topic_id")
    async with database.transaction() as work:
        known = await stored.find(work, message_id)
        if known is not None:
            await persons.lock_root(work, known["root_id"])
            known = await stored.find(work, message_id)
        if known is None or known["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no finding of message {message_id}.")
        topic = None if wanted.topic_id is UNSET else wanted.topic_id
        is_urgent = None if wanted.is_urgent is UNSET else wanted.is_urgent
        if topic is not None and await topics.find_topic(work, topic) is None:
            raise Refused(f"There is no topic {topic}.", code="unknown", field="topic_id")
        _, has_priority = await stored.decided(work, known["case_id"])
        await stored.correct(work, message_id, viewer.agent_id, topic_id=topic, is_urgent=is_urgent)
        change = CaseChange(
            topic_id=UNSET if topic is None else topic,
            priority=USUAL
            if is_urgent is False and known["set_priority"] and not has_priority
            else UNSET,
        )
        await change_within(work, viewer, known["case_id"], change, may_lower=may_lower)
        await danger_pages.end_of_case(work, known["case_id"])
        work.announce(Fact.FINDING_CHANGED, person=known["root_id"], ref=message_id)
        [row] = await stored.of_messages(work, [message_id])
        return to_finding(row)
