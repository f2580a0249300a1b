"""Rules, macros and saved views follow the labels and topics that they name."""

from collections.abc import Collection
from typing import Any

from core.queries import MOST_CHARACTERS, renamed
from core.query_terms import Operator, QueryRefused
from router.storage import renaming as stored
from router.storage.unit_of_work import UnitOfWork

_TOPICS = frozenset({"case.topic", "finding.topic"})


async def hold_rules(work: UnitOfWork) -> None:
    """To be called before a label or a topic is held."""
    await stored.hold_rules(work)


async def follow_label(
    work: UnitOfWork, label_id: int, names: Collection[str], into: int, name: str
) -> int:
    """Whatever named the one label, by its number or by one of these names, names the other one.

    How many rules, macros and saved views. Under `hold_rules`.
    """
    count = await stored.change_rules(work, lambda one: _relabelled(one, label_id, into))
    return count + await _follow_views(work, Operator.LABEL, {*names, f"#{label_id}"}, name)


async def follow_label_name(work: UnitOfWork, former: str, name: str) -> int:
    """Rules name labels by their numbers; views as they are called."""
    return await _follow_views(work, Operator.LABEL, {former}, name)


async def follow_topic(work: UnitOfWork, former: Collection[str], name: str) -> int:
    """Whatever named the topic as it was called. How many. Under `hold_rules`."""
    folded = {one.casefold() for one in former}
    count = await stored.change_rules(work, lambda one: _retopiced(one, folded, name))
    return count + await _follow_views(work, Operator.TOPIC, former, name)


async def _follow_views(
    work: UnitOfWork, operator: Operator, former: Collection[str], name: str
) -> int:
    def change(query: str) -> str:
        try:
            written = renamed(query, operator, former, name)
        except QueryRefused:
            return query
        return written if len(written) <= MOST_CHARACTERS else query

    return await stored.change_views(work, change)


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


def _retopiced(one: dict[str, Any], former: set[str], name: str) -> dict[str, Any]:
    if one.get("kind") == "test" and one.get("field") in _TOPICS:
        if isinstance(one.get("value"), list):
            value = [name if each.casefold() in former else each for each in one["value"]]
            return {**one, "value": value}
        return one
    if one.get("do") == "set_topic" and one["topic"].casefold() in former:
        return {**one, "topic": name}
    return one
