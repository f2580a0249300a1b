"""Messages of people, read by a classifier after the fact: each once, in the outbox's order."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from router.failpoints import failpoint
from router.services.triage import learning
from router.services.triage.words import words_of
from router.storage import followers
from router.storage import triage as stored
from router.storage.engine import Database
from router.storage.triage import NewFinding, TriageRow, Unread
from router.storage.unit_of_work import Fact

if TYPE_CHECKING:
    from router.assist.findings import Classifier, Findings

BATCH = 50
"""Entries of the outbox that one look reads."""
MOST_WORDS = 8
LEARN_SECONDS = 300.0
"""How long what agents correct may be unheard of. Other topics are heard of at once."""


class Reader:
    """Follows the outbox. The classifier is built when the first message comes, and anew when the
    topics or what agents said of findings are others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._classifier: Classifier | None = None
        self._is_stale = True
        self._learned = ""
        """The marks of what the classifier was built of."""
        self._corrections: object = None
        self._looked_at = 0.0
        self.in_hand: int | None = None
        """The message that is being read."""

    async def follow(
        self, settings: TriageRow, *, but: Collection[int] = (), limit: int = BATCH
    ) -> bool:
        """Read on, without these messages; findings are committed with how far was read. True:
        there may be more. Raises what a message fails of, with `in_hand`.
        """
        self.in_hand = None
        async with self._database.reading() as work:
            position = await stored.position_of(work)
            read = await stored.read_after(work, position, limit=limit)
        if read.has_new_topics:
            self._is_stale = True
        if not read.count:
            return False
        found: list[NewFinding] = []
        if settings.is_on and read.messages:
            classifier = await self._ready()
            for one in read.messages:
                if one.id not in but:
                    found.append(await self._look(classifier, settings, one))
        self.in_hand = None
        async with self._database.transaction() as work:
            # Held until the commit: whoever forgets somebody comes before or after this.
            if await followers.take(work, stored.FOLLOWER) < read.until:
                for message in await stored.insert_findings(work, found):
                    work.announce(Fact.FINDING_CHANGED, ref=message)
                await failpoint("before_findings_commit")
                await followers.keep(work, stored.FOLLOWER, read.until)
        await failpoint("after_findings_commit")
        return read.count >= limit

    async def _ready(self) -> "Classifier":
        known, now = self._classifier, self._database.clock.monotonic()
        if known is not None and not self._is_stale and now - self._looked_at < LEARN_SECONDS:
            return known
        async with self._database.reading() as work:
            corrections = await stored.corrections_mark(work)
            if known is not None and not self._is_stale and corrections == self._corrections:
                self._looked_at = now
                return known
            lessons = await learning.load(work)
        if known is None or lessons.mark != self._learned:
            from router.assist.building import build

            known = await build(lessons.topics, lessons.dangers)
        self._classifier, self._is_stale, self._looked_at = known, False, now
        self._learned, self._corrections = lessons.mark, corrections
        return known

    async def _look(self, classifier: "Classifier", settings: TriageRow, one: Unread) -> NewFinding:
        from router.assist.findings import Heard

        self.in_hand = one.id
        said = words_of(one.subject, one.text)
        found = await classifier.classify(said, Heard(language=one.language))
        return _to_finding(classifier, found, one, settings)


def _to_finding(
    classifier: "Classifier", found: "Findings", one: Unread, settings: TriageRow
) -> NewFinding:
    from router.assist.findings import PRIORITIES

    best = found.topics[0] if found.topics else None
    topic = None if best is None else int(best.topic)
    danger = found.danger
    words = [
        word.word for word in (*(danger.words if danger else ()), *(best.words if best else ()))
    ]
    priority = PRIORITIES[found.urgency]
    gets_topic = (
        best is not None
        and one.may_get_topic
        and topic != one.case_topic_id
        and best.confidence * 100 >= settings.least_confidence
    )
    return NewFinding(
        message_id=one.id,
        person_id=one.person_id,
        topic_id=topic,
        topic_confidence=best.confidence if best else 0.0,
        urgency=found.urgency,
        emotion=found.emotion,
        language=found.language,
        is_complaint=found.is_complaint,
        danger=danger.kind if danger else None,
        danger_confidence=danger.confidence if danger else 0.0,
        words=tuple(dict.fromkeys(words))[:MOST_WORDS],
        classifier=classifier.name,
        version=classifier.version,
        is_pending=gets_topic
        or danger is not None
        or (priority < one.priority and priority < PRIORITIES["normal"]),
    )
