"""The ready tree of topics of an exchange, with the sentences that its classifier is built from."""

import tomllib
from importlib.resources import files
from typing import Any, get_args

import msgspec

from router.assist.findings import DangerKind, Example

LANGUAGES = ("en", "zh", "ru")


class ReadyTopic(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    parent: str | None
    names: dict[str, str]
    """By language."""
    examples: tuple[str, ...]
    """Those of the dangers that belong to it included."""


class ReadyDanger(msgspec.Struct, frozen=True, kw_only=True):
    kind: DangerKind
    topic: str
    examples: tuple[str, ...]


def danger_examples() -> list[Example]:
    """Dangers told in everyday words, and what only sounds like one (`none`), or only
    deadly (`calm`).
    """
    source = files("router.assist").joinpath("danger_examples.toml").read_text(encoding="utf-8")
    return [
        Example(text=text, label=label)
        for label, table in tomllib.loads(source).items()
        for text in _sentences(table)
    ]


class ReadyTree(msgspec.Struct, frozen=True, kw_only=True):
    topics: tuple[ReadyTopic, ...]
    """Branches before what hangs on them."""
    dangers: tuple[ReadyDanger, ...]

    def examples(self) -> list[Example]:
        """Of each topic, by its key."""
        return [
            Example(text=text, label=topic.key)
            for topic in self.topics
            if topic.parent is not None
            for text in (*topic.examples, *topic.names.values())
        ]


def ready_tree() -> ReadyTree:
    """Read from the file beside this module; not kept, as it is needed once."""
    source = files("router.assist").joinpath("exchange_topics.toml").read_text(encoding="utf-8")
    read = tomllib.loads(source)
    dangers = tuple(
        ReadyDanger(kind=_kind(one["key"]), topic=one["topic"], examples=_sentences(one))
        for one in read["dangers"]
    )
    branches = [
        ReadyTopic(key=one["key"], parent=None, names=one["name"], examples=())
        for one in read["branches"]
    ]
    leaves = [
        ReadyTopic(
            key=one["key"],
            parent=one["parent"],
            names=one["name"],
            examples=_sentences(one)
            + tuple(said for danger in dangers if danger.topic == one["key"]
                    for said in danger.examples),
        )
        for one in read["topics"]
    ]  # fmt: skip
    return ReadyTree(topics=(*branches, *leaves), dangers=dangers)


def _kind(name: str) -> DangerKind:
    if name not in get_args(DangerKind):
        raise ValueError(f"no such danger: {name}")
    kind: DangerKind = name  # type: ignore[assignment]  # looked at above
    return kind


def _sentences(table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(said for language in LANGUAGES for said in table[language])
