"""Whether conditions hold, with why: the one evaluator of runs, dry runs and tests. Pure."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import assert_never

from router.services.automation.fields import is_there, saw
from router.services.automation.matching import folded, holds
from router.services.automation.shapes import Judged, Saw
from router.services.automation.subjects import Subject
from router.services.automation.terms import (
    All,
    Any,
    Condition,
    Field,
    Happened,
    Not,
    Operator,
    Test,
    Value,
    When,
)


def runs_on(when: When, subject: Subject) -> bool:
    """Whether the occasion is one of the rule's. Those by time have come due already."""
    return not isinstance(when, Happened) or when.on in subject.happenings


def judge(condition: Condition, subject: Subject) -> Judged:
    """Every part is asked, also where the answer is clear: the log shows all of them."""
    match condition:
        case All():
            parts = tuple(judge(one, subject) for one in condition.parts)
            return Judged(kind="all", held=all(one.held for one in parts), parts=parts)
        case Any():
            parts = tuple(judge(one, subject) for one in condition.parts)
            return Judged(kind="any", held=any(one.held for one in parts), parts=parts)
        case Not():
            part = judge(condition.part, subject)
            return Judged(kind="not", held=not part.held, parts=(part,))
        case Test():
            return _asked(condition, subject)
        case _:
            assert_never(condition)


def _asked(test: Test, subject: Subject) -> Judged:
    if not is_there(test.field, test.name, subject):
        return _judged(test, held=False, found=None, is_missing=True)
    if test.field is Field.MESSAGE_TEXT and subject.message is not None:
        return _asked_of_text(test, subject.message.folded)
    found = saw(test.field, test.name, subject)
    if test.field is Field.CASE_FIELD and test.op in (Operator.IS, Operator.IS_NOT):
        is_so = str(found or "").casefold() in {one.casefold() for one in _listed(test.value)}
        return _judged(test, held=is_so is (test.op is Operator.IS), found=found)
    if test.op is Operator.CONTAINS_ANY:
        return _asked_of_text(test, folded(str(found or "")))
    return _judged(test, held=_OPERATORS[test.op](found, test.value), found=found)


def _asked_of_text(test: Test, text: str) -> Judged:
    phrases = _listed(test.value)
    held = tuple(one for one in phrases if holds(text, folded(one)))
    match test.op:
        case Operator.CONTAINS_ALL:
            is_so = len(held) == len(phrases)
        case Operator.CONTAINS_NONE:
            is_so = not held
        case _:
            is_so = bool(held)
    return _judged(test, held=is_so, found=held)


def _judged(test: Test, *, held: bool, found: Saw, is_missing: bool = False) -> Judged:
    return Judged(
        kind="test",
        held=held,
        field=test.field.value,
        name=test.name,
        op=test.op.value,
        value=test.value,
        saw=found,
        is_missing=is_missing,
    )


def _listed(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else () if value is None else (str(value),)


def _is(found: Saw, value: Value) -> bool:
    if isinstance(value, int):
        return found == value and not isinstance(found, bool)
    if found is None:
        return False
    wanted = str(found).casefold()
    return any(_is_same(wanted, one.casefold()) for one in _listed(value))


def _is_same(found: str, wanted: str) -> bool:
    """A language is met by its regions: `en` by en-GB."""
    return found == wanted or found.startswith(wanted + "-")


def _has(found: Saw, value: Value) -> bool:
    if not isinstance(found, tuple):
        return False
    if isinstance(value, tuple):
        return bool(set(found) & set(value))
    return value in found


_OPERATORS: Mapping[Operator, Callable[[Saw, Value], bool]] = {
    Operator.IS: _is,
    Operator.IS_NOT: lambda found, value: not _is(found, value),
    Operator.IS_SET: lambda found, value: found not in (None, False, ()),
    Operator.IS_NOT_SET: lambda found, value: found in (None, False, ()),
    Operator.AT_LEAST: lambda found, value: found is not None and _number(found) >= _number(value),
    Operator.AT_MOST: lambda found, value: found is not None and _number(found) <= _number(value),
    Operator.HAS: _has,
    Operator.HAS_NOT: lambda found, value: not _has(found, value),
}


def _number(value: Saw | Value) -> float:
    """A field's number is kept as it is written."""
    if isinstance(value, str):
        with suppress(ValueError):
            return float(value)
    return value if isinstance(value, int) else 0
