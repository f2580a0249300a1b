"""The ready tree of topics of an exchange: a file that a new desk is offered, and changes then."""

import tomllib
from importlib.resources import files

import msgspec

from router.services import topics
from router.services.callers import Caller
from router.storage import topics as stored
from router.storage.engine import Database
from router.storage.topics import TopicRow, TopicValues

LANGUAGES = ("en", "zh", "ru")


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    name: dict[str, str]
    parent: str | None = None
    priority: int | None = None
    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True):
    branches: tuple[Ready, ...]
    topics: tuple[Ready, ...]


def load_ready() -> tuple[Ready, ...]:
    """Each after its parent."""
    written = files("router.assist").joinpath("exchange_topics.toml").read_text(encoding="utf-8")
    found = msgspec.convert(tomllib.loads(written), _File)
    return (*found.branches, *found.topics)


async def add_ready(database: Database, caller: Caller, language: str) -> list[TopicRow]:
    """All topics in use then, by name. What is there under its key, or its name, stays as it is."""
    async with database.transaction() as work:
        here = await stored.lock_tree(work)
        known = {row.key: row.id for row in here if row.key and not row.is_archived}
        names = {one: row.id for row in here if not row.is_archived for one in row.called}
        for ready in load_ready():
            if ready.key in known:
                continue
            there = {names.get(one.casefold()) for one in ready.name.values()} - {None}
            own = there - set(known.values())
            if own:
                known[ready.key] = min(one for one in own if one is not None)
                continue
            name = ready.name[language]
            if name.casefold() in names:
                name = f"{name} ({ready.key})"
            row = await topics.add_within(
                work,
                caller,
                TopicValues(
                    name=name,
                    key=ready.key,
                    names={
                        one: said
                        for one, said in ready.name.items()
                        if one != language and said.casefold() not in names
                    },
                    parent_id=None if ready.parent is None else known[ready.parent],
                    examples=tuple(
                        one
                        for lines in (ready.en, ready.zh, ready.ru)
                        for one in lines[: topics.MOST_EXAMPLES // len(LANGUAGES)]
                    ),
                    default_priority=ready.priority,
                ),
            )
            known[ready.key] = row.id
            names |= dict.fromkeys(row.called, row.id)
        return await stored.list_topics(work)
