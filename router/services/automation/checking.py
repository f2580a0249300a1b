"""The one validator of rules: what is wrong or odd, each with its path and a sentence. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from core.case_fields import BadValue, FieldKind, written
from core.hours import zone_of
from router.services.automation import contradicting
from router.services.automation.fields import FIELDS
from router.services.automation.shapes import Kind, RuleFault
from router.services.automation.terms import (
    DEEPEST,
    Action,
    All,
    Any,
    AskStepUp,
    Condition,
    Daily,
    Definition,
    Happened,
    Happening,
    JoinIncident,
    LabelCase,
    Not,
    Notify,
    Operator,
    SayCanned,
    SetField,
    SetState,
    StaysIn,
    Stop,
    Test,
    When,
)

MOST_TESTS = 60
_WITH_MESSAGE = frozenset(Happening) - {
    Happening.CASE_CHANGED,
    Happening.PERSON_CHANGED,
    Happening.PERSON_MERGED,
    Happening.PERSON_SPLIT,
}
_READ = Happening.MESSAGE_TRIAGED
_OF_WORDS = frozenset(
    {
        Happening.PERSON_WROTE,
        Happening.MACHINE_WROTE,
        Happening.DESK_ANSWERED,
        Happening.NOTE_WRITTEN,
        Happening.MESSAGE_CHANGED,
        Happening.MESSAGE_SEEN,
        Happening.DELIVERY_CHANGED,
        Happening.DELIVERY_FAILED,
        Happening.CASE_OPENED,
        Happening.MESSAGE_TRIAGED,
    }
)
"""Where the message is something said, not a line of the timeline."""


@dataclass(frozen=True, slots=True)
class FieldSeen:
    kind: FieldKind
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Ids of what there is."""

    agents: frozenset[int]
    teams: frozenset[int]
    labels: frozenset[int]
    snippets: frozenset[int]
    fields: Mapping[int, "FieldSeen"] = field(default_factory=dict)
    """Of cases: those that everybody sees, as everybody reads the log."""
    can_step_up: bool = True


def check(wanted: Definition, known: Known) -> list[RuleFault]:
    """Faults first, then warnings, each in the order of the definition."""
    found = [*_check_when(wanted.when), *_check_condition(wanted.condition, "condition", 0, known)]
    count = sum(1 for _ in tests_of(wanted.condition))
    if count > MOST_TESTS:
        found.append(_fault("condition", f"At most {MOST_TESTS} questions: there are {count}."))
    if not isinstance(wanted.when, Happened) or wanted.when.on not in _OF_WORDS:
        found += _without_message(wanted.condition, "condition")
    if not isinstance(wanted.when, Happened) or wanted.when.on is not _READ:
        found += [
            _fault("when", f"{one.field.value} is known once {_READ.value}: let the rule run then.")
            for one in tests_of(wanted.condition)
            if FIELDS[one.field].needs == "finding"
        ][:1]
    found += check_actions(wanted.then, known, "then")
    if not found:
        found += [
            _fault(path, sentence)
            for path, sentence in contradicting.of_condition(wanted.condition, wanted.when)
        ]
        found += [
            RuleFault(field=path, sentence=sentence, is_warning=True)
            for path, sentence in contradicting.idle(wanted)
        ]
    return sorted(found, key=lambda one: one.is_warning)


def check_actions(actions: Sequence[Action], known: Known, path: str) -> list[RuleFault]:
    """The same of actions alone, as macros have them."""
    found: list[RuleFault] = []
    for number, action in enumerate(actions):
        found += _check_action(action, f"{path}[{number}]", known)
    found += [_fault(where, why) for where, why in contradicting.of_actions(actions, path)]
    for number, action in enumerate(actions[:-1]):
        if isinstance(action, Stop):
            sentence = "Stop is the last action: what stands below it is done all the same."
            found.append(RuleFault(field=f"{path}[{number}]", sentence=sentence, is_warning=True))
    return found


_NAMED = {
    "agent": ("agents", ("agent_id", "agent_ids")),
    "team": ("teams", ("team_id", "team_ids")),
    "label": ("labels", ("add", "drop")),
    "canned reply": ("snippets", ("snippet_id",)),
}
"""Which of what is known an action names where."""


def gone_from(action: Action, known: Known) -> Iterator[tuple[str, str, int]]:
    """What it names that is not there: its noun, the field that names it, and its id."""
    for noun, (ids, fields) in _NAMED.items():
        there = getattr(known, ids)
        for name in fields:
            given = getattr(action, name, None)
            listed = given if isinstance(given, tuple) else () if given is None else (given,)
            yield from ((noun, name, one) for one in listed if one not in there)
    if isinstance(action, SetField) and action.field_id not in known.fields:
        yield "field", "field_id", action.field_id


def tests_of(condition: Condition) -> Iterator[Test]:
    match condition:
        case Test():
            yield condition
        case Not():
            yield from tests_of(condition.part)
        case All() | Any():
            for one in condition.parts:
                yield from tests_of(one)
        case _:
            assert_never(condition)


def _fault(path: str, sentence: str) -> RuleFault:
    return RuleFault(field=path, sentence=sentence)


def _check_when(when: When) -> Iterator[RuleFault]:
    if isinstance(when, Daily):
        try:
            zone_of(when.zone)
        except ValueError as error:
            yield _fault("when.zone", str(error))


def _without_message(condition: Condition, path: str) -> Iterator[RuleFault]:
    match condition:
        case Test():
            if FIELDS[condition.field].needs == "message":
                yield _fault(
                    path, f"There is no message then, so {condition.field.value} is never so."
                )
        case Not():
            yield from _without_message(condition.part, f"{path}.part")
        case All() | Any():
            for number, one in enumerate(condition.parts):
                yield from _without_message(one, f"{path}.parts[{number}]")


def _check_condition(
    condition: Condition, path: str, depth: int, known: Known
) -> Iterator[RuleFault]:
    if depth > DEEPEST:
        yield _fault(path, f"Conditions may stand in each other {DEEPEST} times.")
        return
    match condition:
        case Test():
            yield from _check_test(condition, path, known)
        case Not():
            yield from _check_condition(condition.part, f"{path}.part", depth + 1, known)
        case All() | Any():
            for number, one in enumerate(condition.parts):
                yield from _check_condition(one, f"{path}.parts[{number}]", depth + 1, known)


def _check_test(test: Test, path: str, known: Known) -> Iterator[RuleFault]:
    spec = FIELDS[test.field]
    if test.op not in spec.ops:
        listed = ", ".join(spec.ops)
        yield _fault(f"{path}.op", f"{test.field.value} is asked by one of: {listed}.")
        return
    if spec.has_name != bool(test.name.strip()):
        said = "Say which one." if spec.has_name else f"{test.field.value} takes no name."
        yield _fault(f"{path}.name", said)
    if test.op in (Operator.IS_SET, Operator.IS_NOT_SET):
        if test.value is not None:
            yield _fault(f"{path}.value", "This question takes no value.")
        return
    wrong = _wrong_value(test, known)
    if wrong:
        yield _fault(f"{path}.value", wrong)


def _wrong_value(test: Test, known: Known) -> str:
    """Empty: it goes with its field."""
    spec, value = FIELDS[test.field], test.value
    match spec.kind:
        case Kind.FIELD:
            return _wrong_in_field(test, known)
        case Kind.NUMBER:
            if not isinstance(value, int):
                return "It takes a number."
            if not (spec.least or 0) <= value <= (value if spec.most is None else spec.most):
                return f"It takes a number from {spec.least} to {spec.most}."
        case Kind.AGENT | Kind.TEAM | Kind.LABEL:
            ids = {Kind.AGENT: known.agents, Kind.TEAM: known.teams, Kind.LABEL: known.labels}
            if not isinstance(value, int) or value not in ids[spec.kind]:
                return f"There is no such {spec.kind.value}."
        case Kind.CHOICE:
            if not isinstance(value, tuple) or not set(value) <= set(spec.choices):
                return f"It takes some of: {', '.join(spec.choices)}."
        case _:
            if not isinstance(value, tuple) or not all(one.strip(" *") for one in value):
                return "It takes words."
    return ""


def _wrong_in_field(test: Test, known: Known) -> str:
    of = known.fields.get(int(test.name)) if test.name.isdecimal() else None
    if of is None:
        return "There is no such field that everybody sees."
    if test.op in (Operator.AT_LEAST, Operator.AT_MOST):
        if of.kind is not FieldKind.NUMBER:
            return "Only a number is at least or at most something."
        return "" if isinstance(test.value, int) else "It takes a number."
    if not isinstance(test.value, tuple):
        return "It takes words."
    if test.op is Operator.CONTAINS_ANY:
        return "" if of.kind is FieldKind.TEXT else "Only a text contains words."
    for one in test.value:
        if wrong := _wrong_written(of, one):
            return wrong
    return ""


def _wrong_written(of: FieldSeen, value: str) -> str:
    """A question asks for a value as it is kept."""
    try:
        kept = written(of.kind, of.choices, value)
    except BadValue as error:
        return str(error)
    return "" if kept.casefold() == value.casefold() else f"It is written {kept}."


def _check_action(action: Action, path: str, known: Known) -> Iterator[RuleFault]:
    gone = [(noun, name) for noun, name, _ in gone_from(action, known)]
    for noun, name in dict.fromkeys(gone):
        seen = " that everybody sees" if noun == "field" else ""
        yield _fault(f"{path}.{name}", f"There is no such {noun}{seen}.")
    match action:
        case LabelCase(add=(), drop=()):
            yield _fault(f"{path}.add", "Name a label.")
        case SetField():
            of = known.fields.get(action.field_id)
            if of and action.value and (wrong := _wrong_written(of, action.value)):
                yield _fault(f"{path}.value", wrong)
        case JoinIncident() if not action.title.strip():
            yield _fault(f"{path}.title", "Say which incident.")
        case Notify(agent_ids=(), team_ids=()):
            yield _fault(f"{path}.agent_ids", "Name an agent or a team.")
        case SetState() if action.hours is not None and action.state != "snoozed":
            yield _fault(f"{path}.hours", "Only a snoozed case wakes.")
        case AskStepUp() if not known.can_step_up:
            yield _fault(path, "The setting host.step_up_url is missing.")
        case _:
            return


def has_message(when: When) -> bool:
    """Whether a message led to it, to which a reply can be the answer."""
    return isinstance(when, Happened) and when.on in _WITH_MESSAGE


__all__ = ["Known", "SayCanned", "StaysIn", "check", "check_actions", "tests_of"]
