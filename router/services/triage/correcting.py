"""What agents say of a finding: the last word, and an example from then on."""

from msgspec import UNSET

from router.assist.findings import DangerKind
from router.services.cases import CaseChange, change_within
from router.services.errors import Forbidden, NotFound, Refused
from router.services.triage import deciding
from router.services.triage.shapes import Finding, NewCorrection
from router.services.triage.shown import to_finding
from router.services.viewer import Viewer
from router.storage import danger_pages, persons, topics
from router.storage import triage as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

USUAL = 3


async def correct(
    database: Database,
    viewer: Viewer,
    message_id: int,
    wanted: NewCorrection,
    *,
    may_lower: bool,
    may_name: bool = False,
) -> Finding:
    """The case is then as they said, and nobody else is told of a danger; but of one that they
    name. Raises NotFound, Refused, Forbidden, and this as `may_not_lower`.
    """
    topic = None if wanted.topic_id is UNSET else wanted.topic_id
    is_urgent = None if wanted.is_urgent is UNSET else wanted.is_urgent
    danger = None if wanted.danger is UNSET else wanted.danger
    if danger is not None and (topic is not None or is_urgent is not None):
        raise Refused("A danger is named alone.", code="nothing", field="danger")
    if topic is None and is_urgent is None and danger is None:
        raise Refused("Say something of it.", code="nothing", field="topic_id")
    if danger is not None and not may_name:
        raise Forbidden("Only supervisors name a danger.")
    async with database.transaction() as work:
        known = await stored.find(work, message_id)
        if known is not None:
            await persons.lock_root(work, known["root_id"])
            known = await stored.find(work, message_id)
        if known is None or known["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no finding of message {message_id}.")
        if topic is not None and await topics.find_topic(work, topic) is None:
            raise Refused(f"There is no topic {topic}.", code="unknown", field="topic_id")
        if danger is None:
            await _correct(
                work, viewer, known, topic=topic, is_urgent=is_urgent, may_lower=may_lower
            )
        else:
            await _name(work, viewer, known, danger)
        work.announce(Fact.FINDING_CHANGED, person=known["root_id"], ref=message_id)
        [row] = await stored.of_messages(work, [message_id])
        return to_finding(row)


async def _correct(
    work: UnitOfWork,
    viewer: Viewer,
    known: Record,
    *,
    topic: int | None,
    is_urgent: bool | None,
    may_lower: bool,
) -> None:
    message_id, case_id = known["message_id"], known["case_id"]
    _, has_priority = await stored.decided(work, case_id, but=message_id)
    await stored.correct(work, message_id, viewer.agent_id, topic_id=topic, is_urgent=is_urgent)
    is_usual = is_urgent is False and known["set_priority"] and not has_priority
    change = CaseChange(
        topic_id=UNSET if topic is None else topic, priority=USUAL if is_usual else UNSET
    )
    await change_within(work, viewer, case_id, change, may_lower=may_lower)
    await danger_pages.end_of_case(work, case_id)


async def _name(work: UnitOfWork, viewer: Viewer, known: Record, danger: DangerKind) -> None:
    """It is decided and told anew, in place of what runs. One that was found already, and that
    nobody said to be none, stays as it is. Raises Refused, as `solved`.
    """
    message_id = known["message_id"]
    [shown] = await stored.of_messages(work, [message_id])
    if known["danger"] == danger and shown["is_urgent"] is not False:
        return
    if known["state"] == "solved":
        raise Refused("Its case is solved: open it first.", code="solved", field="danger")
    await danger_pages.forget(work, message_id)
    await stored.name_danger(work, message_id, danger)
    named = await stored.find(work, message_id)
    assert named is not None
    await deciding.apply(work, await stored.load_settings(work), named, is_named=True)
    await stored.correct(work, message_id, viewer.agent_id, topic_id=None, is_urgent=True)
