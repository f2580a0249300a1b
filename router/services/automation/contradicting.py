"""Rules that contradict themselves: conditions that never hold together, actions at odds. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from router.services.automation.fields import FIELDS
from router.services.automation.shapes import Kind
from router.services.automation.terms import (
    Action,
    All,
    Any,
    Assign,
    AssignTeam,
    Condition,
    Definition,
    Field,
    JoinIncident,
    LabelCase,
    Not,
    Operator,
    Prioritise,
    SetField,
    SetState,
    SetTopic,
    StaysIn,
    Test,
    When,
)

Found = tuple[str, str]
"""Where, and a sentence."""
_OPPOSITE = {
    Operator.IS: Operator.IS_NOT,
    Operator.IS_NOT: Operator.IS,
    Operator.IS_SET: Operator.IS_NOT_SET,
    Operator.IS_NOT_SET: Operator.IS_SET,
    Operator.HAS: Operator.HAS_NOT,
    Operator.HAS_NOT: Operator.HAS,
    Operator.CONTAINS_ANY: Operator.CONTAINS_NONE,
    Operator.CONTAINS_NONE: Operator.CONTAINS_ANY,
}


@dataclass(slots=True)
class _Asked:
    """What must be so of one field for all questions of a conjunction to hold."""

    path: str
    least: int | None = None
    most: int | None = None
    allowed: frozenset[str] | None = None
    """None: anything."""
    barred: set[str] = field(default_factory=set)
    has: set[str] = field(default_factory=set)
    has_not: set[str] = field(default_factory=set)
    must_be_set: bool | None = None


def of_condition(condition: All, when: When) -> Iterator[Found]:
    """Conjunctions that can never hold, each where the last question of it stands."""
    given: list[tuple[str, Test]] = []
    if isinstance(when, StaysIn):
        given.append(
            ("when.state", Test(field=Field.CASE_STATE, op=Operator.IS, value=(when.state,)))
        )
    yield from _conjunction(condition, "condition", given)


def _conjunction(condition: All, path: str, given: list[tuple[str, Test]]) -> Iterator[Found]:
    """Questions above count too: they hold where this one is asked."""
    asked = list(given)
    rest: list[tuple[str, Condition]] = []
    for where, part in _flattened(condition, path):
        test = _as_test(part)
        if test is None:
            rest.append((where, part))
        else:
            asked.append((where, test))
    clash = _clash(asked)
    if clash is not None:
        yield clash
        return
    for where, part in rest:
        yield from _below(part, where, asked)


def _below(part: Condition, where: str, asked: list[tuple[str, Test]]) -> Iterator[Found]:
    match part:
        case Any():
            branches = [list(_conjunction(All(parts=(one,)), "", asked)) for one in part.parts]
            if all(branches):
                yield where, "None of these can hold together with what stands beside them."
        case Not(part=All() as inner) if not inner.parts:
            yield where, "This never holds: it is the opposite of no condition at all."
        case _:
            return


def _flattened(condition: All, path: str) -> Iterator[tuple[str, Condition]]:
    for number, part in enumerate(condition.parts):
        where = f"{path}.parts[{number}]" if path else ""
        if isinstance(part, All):
            yield from _flattened(part, where)
        elif isinstance(part, Not) and isinstance(part.part, Not):
            yield from _flattened(All(parts=(part.part.part,)), where)
        else:
            yield where, part


def _as_test(part: Condition) -> Test | None:
    match part:
        case Test():
            return part
        case Any(parts=(Test() as only,)):
            return only
        case Not(part=Test() as inner) if inner.op in _OPPOSITE:
            return Test(
                field=inner.field, name=inner.name, op=_OPPOSITE[inner.op], value=inner.value
            )
        case _:
            return None


def _clash(tests: Sequence[tuple[str, Test]]) -> Found | None:
    known: dict[tuple[Field, str], _Asked] = {}
    for path, test in tests:
        key = (test.field, test.name.casefold())
        before = known.setdefault(key, _Asked(path=path))
        _note(before, test)
        why = _impossible(before)
        if why:
            name = f"{test.field.value} {test.name}".strip()
            return path, f"{name}: {why} The rule would never run."
    return None


def _note(asked: _Asked, test: Test) -> None:
    values = {str(one).casefold() for one in _values(test)}
    match test.op:
        case Operator.AT_LEAST if isinstance(test.value, int):
            asked.least = test.value if asked.least is None else max(asked.least, test.value)
        case Operator.AT_MOST if isinstance(test.value, int):
            asked.most = test.value if asked.most is None else min(asked.most, test.value)
        case Operator.IS if FIELDS[test.field].kind is Kind.NUMBER and isinstance(test.value, int):
            asked.least = test.value if asked.least is None else max(asked.least, test.value)
            asked.most = test.value if asked.most is None else min(asked.most, test.value)
        case Operator.IS:
            asked.allowed = frozenset(
                values if asked.allowed is None else _shared(asked.allowed, values)
            )
        case Operator.IS_NOT:
            asked.barred |= values
        case Operator.HAS | Operator.CONTAINS_ALL:
            # Of several, any does: only of a single one is it known which.
            if test.op is Operator.CONTAINS_ALL or len(values) == 1:
                asked.has |= values
        case Operator.HAS_NOT | Operator.CONTAINS_NONE:
            asked.has_not |= values
        case Operator.CONTAINS_ANY:
            if len(values) == 1:
                asked.has |= values
        case Operator.IS_SET | Operator.IS_NOT_SET:
            wanted = test.op is Operator.IS_SET
            if asked.must_be_set not in (None, wanted):
                asked.allowed = frozenset()
            asked.must_be_set = wanted


def _shared(left: frozenset[str], right: set[str]) -> set[str]:
    """What both allow; `en-gb` is within `en`."""
    return {
        max(one, other, key=len)
        for one in left
        for other in right
        if one == other or one.startswith(other + "-") or other.startswith(one + "-")
    }


def _impossible(asked: _Asked) -> str:
    if asked.least is not None and asked.most is not None and asked.least > asked.most:
        return f"nothing is at least {asked.least} and at most {asked.most}."
    if asked.allowed is not None and not asked.allowed:
        return "it cannot be both at once."
    if asked.allowed is not None and asked.allowed <= asked.barred:
        return "it cannot be so and not so at once."
    if asked.allowed and asked.must_be_set is False:
        return "it cannot have a value and none at once."
    if asked.has & asked.has_not:
        return f"it cannot have {sorted(asked.has & asked.has_not)[0]} and not have it."
    return ""


def _values(test: Test) -> tuple[str | int, ...]:
    if test.value is None:
        return ()
    return test.value if isinstance(test.value, tuple) else (test.value,)


def of_actions(actions: Sequence[Action], path: str) -> Iterator[Found]:
    """Two actions that set one thing to two values; the later one is at fault."""
    settled: dict[str, object] = {}
    added: set[int] = set()
    dropped: set[int] = set()
    for number, action in enumerate(actions):
        where = f"{path}[{number}]"
        for thing, value in _settles(action):
            if thing in settled:
                said = "twice to the same" if settled[thing] == value else "to two values"
                yield where, f"The actions set {thing} {said}."
            settled[thing] = value
        if isinstance(action, LabelCase):
            added |= set(action.add)
            dropped |= set(action.drop)
            if both := added & dropped:
                yield where, f"Label {min(both)} is both put on and taken off."
                added, dropped = set(), set()


def _settles(action: Action) -> Iterator[tuple[str, object]]:
    match action:
        case Assign():
            yield "the owner", action.agent_id
        case AssignTeam():
            yield "the team", action.team_id
        case Prioritise():
            yield "the priority", action.priority
        case SetTopic():
            yield "the topic", action.topic
        case SetField():
            yield f"field {action.field_id}", action.value.casefold()
        case JoinIncident():
            yield "the incident", action.title.casefold()
        case SetState():
            yield "the state", (action.state, action.hours)
        case _:
            return


def idle(wanted: Definition) -> Iterator[Found]:
    """Actions that change nothing where the conditions hold."""
    known: dict[Field, Test] = {}
    for _, part in _flattened(wanted.condition, "condition"):
        test = _as_test(part)
        if test is not None and test.op in (Operator.IS, Operator.HAS):
            known[test.field] = test
    if isinstance(wanted.when, StaysIn):
        known[Field.CASE_STATE] = Test(
            field=Field.CASE_STATE, op=Operator.IS, value=(wanted.when.state,)
        )
    for number, action in enumerate(wanted.then):
        for one, value in _sets(action):
            test = known.get(one)
            if test is not None and _values(test) == (value,):
                yield f"then[{number}]", f"{one.value} is so already when the conditions hold."


def _sets(action: Action) -> Iterator[tuple[Field, str | int]]:
    match action:
        case Prioritise():
            yield Field.CASE_PRIORITY, action.priority
        case SetTopic():
            yield Field.CASE_TOPIC, action.topic
        case SetState() if action.state != "snoozed":
            yield Field.CASE_STATE, action.state
        case Assign() if action.agent_id is not None:
            yield Field.CASE_OWNER, action.agent_id
        case AssignTeam() if action.team_id is not None:
            yield Field.CASE_TEAM, action.team_id
        case LabelCase(add=(only,), drop=()):
            yield Field.CASE_LABEL, only
        case _:
            return
