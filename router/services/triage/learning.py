"""What classifiers are built of: the examples of the desk's topics, and what agents corrected."""

import hashlib
from collections.abc import Sequence

import msgspec

from router.assist.findings import CALM, GRAVE, HARMLESS, Example
from router.services.triage.words import words_of
from router.storage import topics
from router.storage import triage as stored
from router.storage.topics import TopicRow
from router.storage.unit_of_work import UnitOfWork

MOST_CORRECTIONS = 5_000
"""The newest: what people mean by words changes with the years."""


class Lessons(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[Example, ...]
    """Labelled by the topic's id."""
    dangers: tuple[Example, ...]
    """Labelled by the kind of danger, or HARMLESS, or CALM."""
    names: dict[str, str]
    """Of topics, by label."""
    corrected: int
    """How many messages agents said something of."""

    @property
    def mark(self) -> str:
        """Another one wherever an example is another one."""
        digest = hashlib.sha256()
        for one in (*self.topics, Example(text="", label=""), *self.dangers):
            digest.update(f"{one.label}\0{one.text}\0".encode())
        return digest.hexdigest()


async def load(work: UnitOfWork) -> Lessons:
    listed = await topics.list_topics(work)
    rows = [row for row in listed if row.examples]
    corrected = await stored.corrected(work, limit=MOST_CORRECTIONS)
    said = [(words_of(row["subject"], row["text"]), row) for row in corrected]
    return Lessons(
        topics=(
            *_own(rows),
            *(
                Example(text=words, label=str(row["topic_id"]))
                for words, row in said
                if words and row["topic_id"] is not None
            ),
        ),
        dangers=tuple(
            Example(text=words, label=_label(row["danger"], is_urgent=row["is_urgent"]))
            for words, row in said
            if words and row["is_urgent"] is not None and (row["danger"] or not row["is_urgent"])
        ),
        names={str(row.id): row.name for row in listed},
        corrected=len(corrected),
    )


def _label(danger: str | None, *, is_urgent: bool) -> str:
    if is_urgent and danger is not None:
        return danger
    return CALM if danger in GRAVE else HARMLESS


def _own(rows: Sequence[TopicRow]) -> list[Example]:
    return [
        Example(text=text, label=str(row.id)) for row in rows for text in (row.name, *row.examples)
    ]
