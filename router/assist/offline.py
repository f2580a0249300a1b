"""The classifier that needs no network, built from the examples of topics."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence

from router.assist.bayes import Lesson, Model
from router.assist.breath import breathe
from router.assist.features import keys_of, plain
from router.assist.findings import (
    CALM,
    GRAVE,
    HARMLESS,
    DangerFinding,
    DangerKind,
    Emotion,
    Example,
    Findings,
    Heard,
    TopicFinding,
    Urgency,
    Weighed,
)
from router.assist.languages import language_of
from router.assist.lexicon import Lexicon, lexicon
from router.assist.ready_topics import ReadyTree, danger_examples
from router.assist.sifting import Sieve, Told

MOST_TOPICS = 3
SURE = 0.5
"""A danger that only the examples tell of, and no rule, is believed from here on."""
_RULES = 0.9
"""How sure a rule is: its words were put together by hand."""
_SHORT = 25
"""Characters: a greeting, a thank you."""
_LONG = 400
"""Characters that take about two milliseconds."""
(_GRAVE,) = GRAVE
_GRAVE_COUNTS = 2.0
"""Tuned on the half that is not held out: four sees a death in what is only late."""
_TOPIC_SHARPNESS = 6.0
"""So that about as many are right as its confidence says, on the half that was tuned on."""
_DANGER_SHARPNESS = 6.0
_RELEASE = 4
"""Counts up when the code or the word lists find something else in the same text."""
_BREATH = 12
"""Examples that take about two milliseconds."""


class _Keys:
    """Features of examples that several models are built of."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[int]] = {}

    def lesson(self, one: Example) -> Lesson:
        return Lesson(self.of(one.text), one.label)

    def of(self, text: str) -> frozenset[int]:
        keys = self._known.get(text)
        if keys is None:
            if len(self._known) % _BREATH == 0:
                breathe()
            keys = self._known[text] = frozenset(keys_of(text))
        return keys


class OfflineClassifier:
    """Topics by naive Bayes over the examples, dangers by rules and a sieve, moods by words."""

    name = "offline"

    def __init__(
        self,
        examples: Sequence[Example],
        tree: ReadyTree,
        *,
        corrected: Sequence[Example] = (),
    ) -> None:
        """`examples`: of the desk's topics. `tree`: its examples of dangers, and of all others.
        `corrected`: what agents said of messages: the kind of danger, or `none`; `calm` of what was
        taken for somebody who will hurt themselves.
        """
        keys = _Keys()
        self._lexicon: Lexicon = lexicon()
        self._topics = (
            Model([keys.lesson(one) for one in examples], sharpness=_TOPIC_SHARPNESS)
            if examples
            else None
        )
        told = {text for danger in tree.dangers for text in danger.examples}
        shipped = [
            *(
                Example(text=text, label=danger.kind)
                for danger in tree.dangers
                for text in danger.examples
            ),
            *danger_examples(),
        ]
        others = [Told(keys.of(one.text), False) for one in tree.examples() if one.text not in told]
        told_of = [one for one in (*shipped, *corrected) if one.label not in (_GRAVE, CALM)]
        self._sieve = Sieve(
            [*(Told(keys.of(one.text), one.label != HARMLESS) for one in told_of), *others]
        )
        # Apart: what is said before a death is like no other danger, and moves none of them. Nor
        # does what agents say of others, which is much, make it deaf: its sides have fixed weights.
        heard = [*shipped, *(one for one in corrected if self._is_of_grave(one))]
        self._grave = Sieve(
            [*(Told(keys.of(one.text), one.label == _GRAVE) for one in heard), *others],
            counts=_GRAVE_COUNTS,
        )
        self._dangers = Model(
            [keys.lesson(one) for one in told_of if one.label != HARMLESS],
            sharpness=_DANGER_SHARPNESS,
        )
        self._harmless = {
            plain(one.text).strip() for one in corrected if one.label in (HARMLESS, CALM)
        }
        self.version = _version((*examples, *corrected))

    def _is_of_grave(self, one: Example) -> bool:
        """Of what agents said. That one who says so was only joking says nothing of the next."""
        return one.label == _GRAVE or (one.label == CALM and not self._is_ruled_grave(one.text))

    def _is_ruled_grave(self, text: str) -> bool:
        ruled = self._lexicon.danger(text)
        return ruled is not None and ruled[0] == _GRAVE

    async def classify(self, text: str, heard: Heard) -> Findings:
        """Beside everything else where it takes longer than others should wait."""
        if len(text) > _LONG:
            return await asyncio.to_thread(self.look, text, heard)
        await asyncio.sleep(0)
        return self.look(text, heard)

    def look(self, text: str, heard: Heard) -> Findings:
        """The same without waiting: there is nothing to wait for."""
        said = plain(text)
        keys = keys_of(text)
        danger = self._danger(text, keys)
        angry, worried, grateful, complaint, missing = (
            len(self._lexicon.found(name, said))
            for name in ("angry", "worried", "grateful", "complaint", "money_missing")
        )
        is_complaint = complaint > 0
        is_uneasy = danger is not None or missing > 0
        return Findings(
            topics=self._topics_of(keys),
            urgency=self._urgency(said, danger, is_complaint=is_complaint),
            emotion=_emotion(
                max(angry, int(is_complaint)),
                worried,
                grateful,
                is_shouting=_is_shouting(text),
                is_uneasy=is_uneasy,
            ),
            language=language_of(text, known=heard.language),
            is_complaint=is_complaint,
            danger=danger,
        )

    def _topics_of(self, keys: Mapping[int, str]) -> tuple[TopicFinding, ...]:
        if self._topics is None:
            return ()
        best = self._topics.guesses(keys)[:MOST_TOPICS]
        return tuple(
            TopicFinding(
                topic=guess.label,
                confidence=round(guess.confidence, 3),
                words=self._topics.words_for(keys, guess.label) if place == 0 else (),
            )
            for place, guess in enumerate(best)
        )

    def _danger(self, text: str, keys: Mapping[int, str]) -> DangerFinding | None:
        ruled = self._lexicon.danger(text)
        if ruled is None or ruled[0] != _GRAVE:
            if plain(text).strip() in self._harmless:
                return None
            share = self._grave.share(keys)
            if share >= SURE:
                words = self._grave.words_for(keys)
                return DangerFinding(kind=_GRAVE, confidence=round(share, 3), words=words)
        if ruled is not None:
            ruled_kind, found = ruled
            weight = round(1 / len(found), 3)
            weighed = tuple(Weighed(word=word, weight=weight) for word in found)
            return DangerFinding(kind=ruled_kind, confidence=_RULES, words=weighed)
        if self._lexicon.is_aside(plain(text)):
            return None
        share = self._sieve.share(keys)
        kinds = self._dangers.guesses(keys) if share >= SURE else []
        if not kinds:
            return None
        kind: DangerKind = kinds[0].label  # type: ignore[assignment]  # a label of the tree
        return DangerFinding(
            kind=kind,
            confidence=round(share, 3),
            words=self._dangers.words_for(keys, kind),
        )

    def _urgency(self, said: str, danger: DangerFinding | None, *, is_complaint: bool) -> Urgency:
        if danger is not None:
            return "high" if danger.kind == "phishing" else "urgent"
        if self._lexicon.found("urgent", said) or self._lexicon.found("money_missing", said):
            return "high"
        if self._lexicon.found("trouble", said):
            return "high" if is_complaint else "normal"
        is_asking = bool(self._lexicon.found("question", said)) or len(said) < _SHORT
        return "low" if is_asking and not is_complaint else "normal"


def _emotion(
    angry: int,
    worried: int,
    grateful: int,
    *,
    is_shouting: bool,
    is_uneasy: bool,
) -> Emotion:
    if angry and angry + is_shouting >= worried:
        return "angry"
    if worried or is_uneasy:
        return "worried"
    if grateful:
        return "grateful"
    return "angry" if is_shouting else "neutral"


def _is_shouting(text: str) -> bool:
    letters = [one for one in text if one.isalpha() and one.lower() != one.upper()]
    capitals = sum(one.isupper() for one in letters)
    return (
        "!!!" in text or "！！！" in text or (len(letters) > 15 and capitals > 0.7 * len(letters))
    )


def _version(examples: Sequence[Example]) -> str:
    """Follows the examples: other ones, another version."""
    digest = hashlib.sha256()
    for one in sorted(examples, key=lambda example: (example.label, example.text)):
        digest.update(f"{one.label}\0{one.text}\0".encode())
    return f"{_RELEASE}.{digest.hexdigest()[:8]}"
