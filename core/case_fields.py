"""Fields of cases: what a value of each kind is, and how it is written. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

LONGEST_VALUE = 500
MOST_DIGITS = 15
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    """One of its own closed list."""
    DATE = "date"
    YES_NO = "yes_no"


class BadValue(ValueError):
    """The sentence says what the field takes."""


def written(kind: FieldKind, choices: Sequence[str], value: str) -> str:
    """The one way in which this value is kept; empty: none. Raises BadValue.

    A number without zeros that say nothing (`12.5`), a day as `2026-11-22`, `yes` or `no`, a choice
    as its list writes it.
    """
    value = " ".join(value.split())
    if not value:
        return ""
    match kind:
        case FieldKind.TEXT:
            if len(value) > LONGEST_VALUE:
                raise BadValue(f"At most {LONGEST_VALUE} characters.")
            return value
        case FieldKind.NUMBER:
            return _number(value)
        case FieldKind.CHOICE:
            found = [one for one in choices if one.casefold() == value.casefold()]
            if not found:
                raise BadValue(f"It is one of: {', '.join(choices)}.")
            return found[0]
        case FieldKind.DATE:
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise BadValue("It is a day such as 2026-11-22.") from None
        case FieldKind.YES_NO:
            folded = value.casefold()
            if folded not in _YES | _NO:
                raise BadValue("It is yes or no.")
            return "yes" if folded in _YES else "no"


def is_same(kind: FieldKind, choices: Sequence[str], one: str, other: str) -> bool:
    """Whether these two say the same, however they are written; a choice that is none any more
    only says what it says.
    """
    return _folded(kind, choices, one) == _folded(kind, choices, other)


def _folded(kind: FieldKind, choices: Sequence[str], value: str) -> str:
    try:
        return written(kind, choices, value)
    except BadValue:
        return " ".join(value.split())


def _number(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadValue("It is a number such as 12.5.") from None
    if not number.is_finite() or abs(number.adjusted()) >= MOST_DIGITS:
        raise BadValue(f"It is a number of at most {MOST_DIGITS} digits.")
    if len(number.as_tuple().digits) > MOST_DIGITS:
        raise BadValue(f"It is a number of at most {MOST_DIGITS} digits.")
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
