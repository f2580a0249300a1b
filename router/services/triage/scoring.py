"""How well a desk's own examples and corrections tell its topics apart, by what was held out."""

import asyncio
import hashlib
from collections.abc import Sequence

from router.assist.findings import Example, Heard
from router.assist.offline import OfflineClassifier
from router.assist.ready_topics import ready_tree
from router.services.triage import learning
from router.services.triage.learning import Lessons
from router.services.triage.shapes import TriageScore, WeakTopic
from router.storage.engine import Database

_SHOWN = 5
_ONE = asyncio.Lock()


async def score(database: Database) -> TriageScore:
    """A quarter is held out, as far as its topic has others. Nothing is written; one at a time."""
    async with _ONE:
        async with database.reading() as work:
            lessons = await learning.load(work)
        return await asyncio.to_thread(_score, lessons)


def _score(lessons: Lessons) -> TriageScore:
    tree = ready_tree()
    held_out = [one for one in lessons.topics if _is_held_out(one)]
    kept = [one for one in lessons.topics if not _is_held_out(one)]
    known = {one.label for one in kept}
    asked = [one for one in held_out if one.label in known]
    scores = _of_topics(OfflineClassifier(kept, tree), asked, lessons) if asked else []
    whole = OfflineClassifier(lessons.topics, tree, corrected=lessons.dangers)
    return TriageScore(
        examples=len(lessons.topics),
        corrections=lessons.corrected,
        topics=len({one.label for one in lessons.topics}),
        held_out=len(asked),
        macro_f1=sum(one.f1 for one in scores) / len(scores) if scores else 0.0,
        weakest=tuple(sorted(scores, key=lambda one: (one.f1, one.name))[:_SHOWN]),
        version=whole.version,
    )


def _of_topics(
    classifier: OfflineClassifier, asked: Sequence[Example], lessons: Lessons
) -> list[WeakTopic]:
    pairs = []
    for one in asked:
        found = classifier.look(one.text, Heard()).topics
        pairs.append((one.label, found[0].topic if found else ""))
    return [
        WeakTopic(
            name=lessons.names[label],
            f1=2
            * sum(gold == told == label for gold, told in pairs)
            / sum((gold == label) + (told == label) for gold, told in pairs),
            held_out=sum(gold == label for gold, _ in pairs),
        )
        for label in sorted({gold for gold, _ in pairs})
    ]


def _is_held_out(one: Example) -> bool:
    return hashlib.sha256(one.text.encode()).digest()[0] % 4 == 0
