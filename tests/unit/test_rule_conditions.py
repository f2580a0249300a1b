"""Words in texts, what is wrong with rules, and how long it takes: without a database."""

import time
from typing import Any

import msgspec
import pytest

from router.services.automation.checking import Known, check
from router.services.automation.matching import folded, holds
from router.services.automation.terms import Definition

KNOWN = Known(
    agents=frozenset({1}),
    teams=frozenset({2}),
    labels=frozenset({3, 4}),
    snippets=frozenset({5}),
    can_step_up=False,
)
WROTE = {"kind": "happened", "on": "person_wrote"}
URGENT = {"do": "prioritise", "priority": 1}


def rule(*parts: Any, when: Any = WROTE, then: Any = (URGENT,)) -> Definition:
    condition = {"kind": "all", "parts": parts}
    return msgspec.convert({"when": when, "condition": condition, "then": then}, Definition)


def asks(field: str, op: str, value: Any = None, name: str = "") -> Any:
    return {"kind": "test", "field": field, "op": op, "value": value, "name": name}


def faults(wanted: Definition) -> list[str]:
    return [one.field for one in check(wanted, KNOWN) if not one.is_warning]


def test_rule_asks_of_findings_only_once_there_are_any() -> None:
    asked = asks("finding.is_security", "is_set")

    assert faults(rule(asked)) == ["when"]
    assert faults(rule(asked, when={"kind": "happened", "on": "message_triaged"})) == []


@pytest.mark.parametrize(
    ("text", "phrase", "is_there"),
    [
        ("My card was STOLEN.", "stolen", True),
        ("stolenness", "stolen", False),
        ("stolenness", "stolen*", True),
        ("two  factor\nauth", "two factor", True),
        ("我的账户被盗了", "被盗", True),
        ("Прошу вернуть ёлку", "елку", True),
        ("café", "CAFE", True),
        ("a*b", "*", False),
        ("anything", " ", False),
    ],
)
def test_words_are_found_literally_and_whole(text: str, phrase: str, is_there: bool) -> None:
    assert holds(folded(text), folded(phrase)) is is_there


def test_no_words_and_no_text_make_the_search_slow() -> None:
    text, phrase = folded("a" * 20_000), folded("a" * 100 + "b")
    begun = time.thread_time()

    holds(text, phrase)
    holds(folded("aa " * 6_000), folded("a a"))

    assert time.thread_time() - begun < 0.5


WITHOUT_LABEL = asks("case.label", "has_not", 3)
STATES = asks("case.state", "is", ["open"])


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([STATES, asks("case.state", "is", ["solved"])], "condition.parts[1]"),
        ([STATES, asks("case.state", "is_not", ["open"])], "condition.parts[1]"),
        ([STATES, {"kind": "not", "part": STATES}], "condition.parts[1]"),
        (
            [asks("case.priority", "at_least", 3), asks("case.priority", "at_most", 2)],
            "condition.parts[1]",
        ),
        (
            [
                asks("case.label", "has", 3),
                {"kind": "all", "parts": [asks("case.label", "has_not", 3)]},
            ],
            "condition.parts[1].parts[0]",
        ),
        (
            [asks("case.owner", "is", 1), asks("case.owner", "is_not_set")],
            "condition.parts[1]",
        ),
        (
            [
                STATES,
                {
                    "kind": "any",
                    "parts": [
                        asks("case.state", "is", ["solved"]),
                        asks("case.state", "is", ["waiting"]),
                    ],
                },
            ],
            "condition.parts[1]",
        ),
        (
            [
                asks("message.text", "contains_any", ["help"]),
                asks("message.text", "contains_none", ["HELP"]),
            ],
            "condition.parts[1]",
        ),
    ],
)
def test_conditions_that_never_hold_together_are_refused(parts: Any, fault: str) -> None:
    assert faults(rule(*parts)) == [fault]


@pytest.mark.parametrize(
    "parts",
    [
        [STATES, {"kind": "any", "parts": [asks("case.state", "is", ["solved"]), STATES]}],
        [asks("person.language", "is", ["en"]), asks("person.language", "is", ["en-GB"])],
        [asks("case.label", "has", 3), asks("case.label", "has", 4)],
        [asks("case.priority", "at_least", 2), asks("case.priority", "at_most", 2)],
        [asks("person.attribute", "is", ["a"], "x"), asks("person.attribute", "is", ["b"], "y")],
        [{"kind": "not", "part": {"kind": "all", "parts": [STATES, STATES]}}],
    ],
)
def test_conditions_that_may_hold_together_pass(parts: Any) -> None:
    assert faults(rule(*parts)) == []


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (rule(asks("case.priority", "is", 9)), "condition.parts[0].value"),
        (rule(asks("case.priority", "contains_any", ["x"])), "condition.parts[0].op"),
        (rule(asks("person.attribute", "is_set")), "condition.parts[0].name"),
        (rule(asks("case.label", "has", 99)), "condition.parts[0].value"),
        (rule(then=[{"do": "assign", "agent_id": 99}]), "then[0].agent_id"),
        (rule(then=[{"do": "label"}]), "then[0].add"),
        (rule(then=[{"do": "ask_step_up"}]), "then[0]"),
        (rule(then=[URGENT, {"do": "prioritise", "priority": 2}]), "then[1]"),
        (rule(then=[{"do": "label", "add": [3]}, {"do": "label", "drop": [3]}]), "then[1]"),
        (rule(when={"kind": "daily", "at": "09:00", "zone": "Mars/Olympus"}), "when.zone"),
        (
            rule(
                asks("message.language", "is", ["en"]),
                when={"kind": "stays_in", "state": "open", "hours": 1},
            ),
            "condition.parts[0]",
        ),
        (
            rule(
                asks("case.state", "is", ["solved"]),
                when={"kind": "stays_in", "state": "open", "hours": 1},
            ),
            "condition.parts[0]",
        ),
    ],
)
def test_fault_names_its_field(wanted: Definition, fault: str) -> None:
    assert faults(wanted) == [fault]


def test_conditions_are_nested_to_a_depth() -> None:
    deep: Any = STATES
    for _ in range(7):
        deep = {"kind": "not", "part": deep}

    assert faults(rule(deep)) == ["condition.parts[0].part.part.part.part.part"]


def test_action_that_changes_nothing_is_warned_of() -> None:
    found = check(rule(asks("case.priority", "is", 1)), KNOWN)

    assert [(one.field, one.is_warning) for one in found] == [("then[0]", True)]
