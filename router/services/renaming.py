"""Rules, macros and saved views follow the labels, topics and fields of cases that they name."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from core.queries import MOST_CHARACTERS, renamed
from core.query_terms import Operator, QueryRefused
from router.storage import renaming as stored
from router.storage.topics import TopicRow
from router.storage.unit_of_work import UnitOfWork

_TOPICS = frozenset({"case.topic", "finding.topic"})


async def hold_rules(work: UnitOfWork) -> None:
    """To be called before a label or a topic is held."""
    await stored.hold_rules(work)


Followed = dict[str, int | list[int]]
"""For the audit log: the numbers of `rules` and `macros`, and how many `views`."""


async def follow_label(
    work: UnitOfWork, agent_id: int, label_id: int, former: str, into: int, name: str
) -> Followed:
    """Whatever named the one label, by its number or as it was called, names the other one.
    `agent_id`: whoever merges them. Under `hold_rules`.
    """
    rules, macros = await stored.change_rules(
        work, agent_id, lambda one: _relabelled(one, label_id, into)
    )
    views = await _follow_views(work, agent_id, Operator.LABEL, {former, f"#{label_id}"}, name)
    return {"rules": rules, "macros": macros, "views": views}


async def follow_label_name(work: UnitOfWork, agent_id: int, former: str, name: str) -> Followed:
    """Rules name labels by their numbers; views as they are called."""
    return {"views": await _follow_views(work, agent_id, Operator.LABEL, {former}, name)}


async def follow_topic(
    work: UnitOfWork, agent_id: int, before: TopicRow, name: str, names: Mapping[str, str]
) -> Followed:
    """Whatever named the topic as it was called, saved views in other languages too. Nothing, if
    it is called as before. `agent_id`: whoever renames it. Under `hold_rules`.
    """
    kept = {one.casefold() for one in (name, *names.values())}
    views = 0
    for language, former in before.names.items():
        if former.casefold() not in kept:
            said = names.get(language, name)
            views += await _follow_views(work, agent_id, Operator.TOPIC, {former}, said)
    if name == before.name:
        return {"views": views} if views else {}
    views += await _follow_views(work, agent_id, Operator.TOPIC, {before.name}, name)
    await stored.note_topic(work, before.id, before.name)
    folded = before.name.casefold()

    def call(said: str) -> str:
        return name if said.casefold() == folded else said

    rules, macros = await stored.change_rules(work, agent_id, lambda one: retopiced(one, call))
    return {"rules": rules, "macros": macros, "views": views}


async def note_archived(work: UnitOfWork, topic: TopicRow) -> None:
    """What was said of it means no other topic that is called so later."""
    await stored.note_topic(work, topic.id, topic.name)


async def follow_field(work: UnitOfWork, agent_id: int, former: str, name: str) -> Followed:
    """Rules name fields of cases by their numbers; views as they are called."""
    return {"views": await _follow_views(work, agent_id, Operator.FIELD, {former}, name)}


async def list_naming_field(
    work: UnitOfWork, field_id: int, choices: Collection[str] | None = None
) -> list[str]:
    """What rules, and macros for more than one agent, are called that ask of the field or fill it
    in; of those with one of these choices, if such are said."""
    wanted = None if choices is None else {one.casefold() for one in choices}

    def names(one: dict[str, Any]) -> bool:
        values: Any
        if one.get("do") == "set_field":
            is_it, values = one["field_id"] == field_id, [one["value"]]
        elif one.get("kind") == "test" and one.get("field") == "case.field":
            is_it, values = one["name"].strip() == str(field_id), one.get("value")
        else:
            return False
        listed = values if isinstance(values, list) else []
        return is_it and (wanted is None or any(str(each).casefold() in wanted for each in listed))

    return await stored.list_naming(work, names)


async def _follow_views(
    work: UnitOfWork, agent_id: int, operator: Operator, former: Collection[str], name: str
) -> int:
    def change(query: str) -> str:
        try:
            written = renamed(query, operator, former, name)
        except QueryRefused:
            return query
        return written if len(written) <= MOST_CHARACTERS else query

    return await stored.change_views(work, agent_id, change)


def _relabelled(one: dict[str, Any], label_id: int, into: int) -> dict[str, Any]:
    def follow(ids: list[int]) -> list[int]:
        return list(dict.fromkeys(into if each == label_id else each for each in ids))

    if one.get("kind") == "test" and one.get("field") == "case.label":
        return {**one, "value": into} if one.get("value") == label_id else one
    if one.get("do") == "label":
        add = follow(one.get("add", []))
        drop = [each for each in follow(one.get("drop", [])) if each not in add]
        return {**one, "add": add, "drop": drop} if label_id in _listed(one) else one
    return one


def _listed(one: dict[str, Any]) -> list[int]:
    return [*one.get("add", []), *one.get("drop", [])]


def retopiced(one: dict[str, Any], call: Callable[[str], str]) -> dict[str, Any]:
    """A condition or action, with the topics that it names called so."""
    if _asks_topics(one):
        return {**one, "value": [call(each) for each in one["value"]]}
    if one.get("do") == "set_topic":
        return {**one, "topic": call(one["topic"])}
    return one


def topics_in(said: Any) -> tuple[set[str], set[str]]:
    """Topics by their names: asked for by conditions, and set by actions."""
    asked: set[str] = set()
    sets: set[str] = set()

    def look(one: dict[str, Any]) -> dict[str, Any]:
        if _asks_topics(one):
            asked.update(one["value"])
        elif one.get("do") == "set_topic":
            sets.add(one["topic"])
        return one

    stored.changed(said, look)
    return asked, sets


def _asks_topics(one: dict[str, Any]) -> bool:
    is_test = one.get("kind") == "test" and one.get("field") in _TOPICS
    return is_test and isinstance(one.get("value"), list)
