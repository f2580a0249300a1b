"""The language of search, views and bulk work: read into a tree, and written again. Pure.

`is:open from:"Ana Lopez" -channel:email (refund OR "not arrived") after:7d`: what stands beside
each other must all be true; `OR` binds tighter; `-` denies what follows it. Whatever cannot be
read raises QueryRefused, which names the characters that are wrong.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from core.query_terms import (
    KINDS,
    OWED,
    PRIORITIES,
    SAME,
    STATES,
    Asked,
    Both,
    Either,
    Not,
    Operator,
    Query,
    QueryRefused,
    Said,
    Spot,
)

MOST_CHARACTERS = 1_000
MOST_TERMS = 50
MOST_DEPTH = 8
QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“", "「": "」", "『": "』"}
_COLONS = ":："
_PARENTHESES = {"（": "(", "）": ")"}
_OPERATOR = re.compile(rf"([A-Za-z_]+)[{_COLONS}](?!//)")
_BREAK = re.compile(r"[\s()（）]")
_AGE = re.compile(r"([1-9]\d{0,3})([hdwmy])")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_NAMED_DAYS = frozenset({"today", "yesterday"})
_NUMBER = re.compile(r"#\d+")
_INCIDENT = re.compile(r"#?[1-9][0-9]{0,17}|open|none", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CHOICES: dict[Operator, tuple[str, ...]] = {
    Operator.IS: STATES,
    Operator.HAS: KINDS,
    Operator.PRIORITY: tuple(PRIORITIES),
    Operator.SLA: OWED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token(Spot):
    kind: str
    """`(`, `)`, `-`, `or` or `term`."""
    term: Said | Asked | None = None


def parse(text: str) -> Query:
    """The query that the text says; an empty text asks for everything. Raises QueryRefused."""
    if len(text) > MOST_CHARACTERS:
        spot = Spot(at=MOST_CHARACTERS, length=len(text) - MOST_CHARACTERS)
        raise QueryRefused("too_long", f"At most {MOST_CHARACTERS} characters.", spot)
    tokens = _tokens(text)
    terms = [token for token in tokens if token.kind == "term"]
    if len(terms) > MOST_TERMS:
        spot = terms[MOST_TERMS]
        raise QueryRefused("too_many", f"At most {MOST_TERMS} words and operators.", spot)
    return _Reader(tokens, len(text)).read()


def to_text(query: Query) -> str:
    """A text that reads as this query again."""
    match query:
        case Said(text=said, is_phrase=is_phrase, is_prefix=is_prefix):
            return (f'"{said}"' if is_phrase else said) + ("*" if is_prefix else "")
        case Asked(operator=operator, value=value):
            return f"{operator}:{_quoted(value)}"
        case Not(part):
            return f"-{_grouped(part)}"
        case Either(parts):
            return " OR ".join(_grouped(part) for part in parts)
        case Both(parts):
            return " ".join(to_text(p) if isinstance(p, Either) else _grouped(p) for p in parts)


def renamed(text: str, operator: Operator, former: Collection[str], name: str) -> str:
    """The text, with this name wherever it asks for one of the former ones, in any case; the rest
    stays as it is written, also what a field is asked for. Raises QueryRefused.
    """
    folded = {one.casefold() for one in former}
    for term in reversed(terms_of(parse(text))):
        if not isinstance(term, Asked) or term.operator is not operator:
            continue
        asked, rest = term.value, ""
        if operator is Operator.FIELD:
            asked, is_value, said = term.value.partition("=")
            asked, rest = asked.strip(), is_value + said
        if asked.casefold() in folded:
            written = f"{operator}:{_quoted(name + rest)}"
            text = text[: term.at] + written + text[term.at + term.length :]
    return text


def can_be_asked_for(name: str) -> bool:
    """Whether `label:` and `topic:` read the name as one, and as no number and not as none."""
    return name.casefold() != "none" and not _NUMBER.fullmatch(name)


def terms_of(query: Query) -> list[Said | Asked]:
    """Every word and operator of a query, from left to right."""
    match query:
        case Said() | Asked():
            return [query]
        case Not(part):
            return terms_of(part)
        case Both(parts) | Either(parts):
            return [term for part in parts for term in terms_of(part)]


def _grouped(query: Query) -> str:
    written = to_text(query)
    return f"({written})" if isinstance(query, Both | Either) else written


def _quoted(value: str) -> str:
    is_plain = value and value[0] not in QUOTES and not _BREAK.search(value)
    return value if is_plain else f'"{value}"'


class _Reader:
    """One pass over the tokens; each method reads what its name says."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens, self._end, self._place = tokens, end, 0

    def read(self) -> Query:
        found = self._all_of(0)
        if (token := self._look()) is not None:
            raise QueryRefused("unopened", "This parenthesis closes nothing.", token)
        return found

    def _look(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _is_next(self, kind: str) -> bool:
        token = self._look()
        return token is not None and token.kind == kind

    def _all_of(self, depth: int) -> Query:
        parts: list[Query] = []
        while (token := self._look()) is not None and token.kind != ")":
            if token.kind == "or":
                raise _alone(token)
            parts.append(self._either_of(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _either_of(self, depth: int) -> Query:
        parts = [self._one(depth)]
        while self._is_next("or"):
            joint = self._tokens[self._place]
            self._place += 1
            token = self._look()
            if token is None or token.kind in ("or", ")"):
                raise _alone(joint)
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _one(self, depth: int) -> Query:
        token = self._tokens[self._place]
        self._place += 1
        if depth > MOST_DEPTH:
            raise QueryRefused("too_deep", f"At most {MOST_DEPTH} levels deep.", token)
        if token.term is not None:
            return token.term
        if token.kind == "-":
            following = self._look()
            if following is None or following.kind in (")", "or"):
                raise QueryRefused("nothing_to_join", "Nothing follows this minus.", token)
            return Not(self._one(depth + 1))
        inner = self._all_of(depth + 1)
        if not self._is_next(")"):
            raise QueryRefused("unclosed", "This parenthesis is not closed.", token)
        self._place += 1
        return inner


def _alone(token: _Token) -> QueryRefused:
    return QueryRefused("nothing_to_join", "OR needs something on both sides.", token)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        symbol = _PARENTHESES.get(text[at], text[at])
        if symbol.isspace():
            at += 1
        elif symbol in "()" or (symbol == "-" and _denies(text, at)):
            found.append(_Token(kind=symbol, at=at, length=1))
            at += 1
        else:
            found.append(_word(text, at))
            at += found[-1].length
    return found


def _denies(text: str, at: int) -> bool:
    """A minus that has a space on both sides is a dash of the text."""
    return at + 1 < len(text) and not text[at + 1].isspace()


def _word(text: str, at: int) -> _Token:
    if (named := _OPERATOR.match(text, at)) is not None:
        return _fact(text, at, named)
    said, end = _value(text, at)
    if text[at] in QUOTES:
        is_prefix = text[end : end + 1] == "*"
        term = Said(at=at, length=end + is_prefix - at, text=said, is_phrase=True,
                    is_prefix=is_prefix)  # fmt: skip
        return _Token(kind="term", at=at, length=term.length, term=term)
    if said == "OR":
        return _Token(kind="or", at=at, length=2)
    is_prefix = len(said) > 1 and said.endswith("*")
    term = Said(at=at, length=end - at, text=said.rstrip("*") if is_prefix else said,
                is_prefix=is_prefix)  # fmt: skip
    return _Token(kind="term", at=at, length=end - at, term=term)


def _value(text: str, at: int) -> tuple[str, int]:
    """What stands from here to the next break, or within quotes; and where it ends."""
    closing = QUOTES.get(text[at])
    if closing is not None:
        end = text.find(closing, at + 1)
        if end < 0:
            spot = Spot(at=at, length=len(text) - at)
            raise QueryRefused("unclosed", "This quotation mark is not closed.", spot)
        return " ".join(text[at + 1 : end].split()), end + 1
    broken = _BREAK.search(text, at)
    end = broken.start() if broken else len(text)
    return text[at:end], end


def _fact(text: str, at: int, named: re.Match[str]) -> _Token:
    name, start = named[1].lower(), named.end()
    value, end = _value(text, start) if start < len(text) else ("", start)
    spot = Spot(at=at, length=end - at)
    operator = SAME.get(name) or next((one for one in Operator if one == name), None)
    if operator is None:
        raise _unknown(name, Spot(at=at, length=len(named[1])))
    if not value:
        raise QueryRefused("no_value", f"Something must follow {name}:", spot)
    term = _checked(operator, value, spot, Spot(at=start, length=end - start))
    return _Token(kind="term", at=at, length=spot.length, term=term)


def _unknown(name: str, spot: Spot) -> QueryRefused:
    from difflib import get_close_matches  # with the first wrong query

    near = get_close_matches(name, [*Operator, *SAME], n=1)
    hint = f" Did you mean {near[0]}:?" if near else " Put the words in quotation marks."
    return QueryRefused("unknown_operator", f"There is no {name}: in the language.{hint}", spot)


def _checked(operator: Operator, value: str, whole: Spot, spot: Spot) -> Asked:
    choices = _CHOICES.get(operator)
    if choices is not None:
        value = _chosen(operator, value.lower(), choices, spot)
    day = None
    if operator in (Operator.BEFORE, Operator.AFTER):
        value = value.lower()
        if value not in _NAMED_DAYS and not _AGE.fullmatch(value):
            day = _day(value, spot)
    if operator is Operator.LANG and not _LANGUAGE.fullmatch(value):
        raise _no_value("A language is a code such as en, zh or ru.", spot)
    if operator is Operator.FIELD and not value.partition("=")[0].strip():
        raise _no_value("A field is asked for as field:name=value, or field:name.", spot)
    if operator is Operator.CASE and not re.fullmatch(r"#?[1-9][0-9]{0,17}", value):
        raise _no_value("A case is given by its number.", spot)
    if operator is Operator.INCIDENT and not _INCIDENT.fullmatch(value):
        raise _no_value("An incident is given by its number, or as open or none.", spot)
    return Asked(at=whole.at, length=whole.length, operator=operator, value=value, day=day)


def _chosen(operator: Operator, value: str, choices: tuple[str, ...], spot: Spot) -> str:
    if operator is Operator.PRIORITY and value in {str(one) for one in PRIORITIES.values()}:
        value = next(name for name, number in PRIORITIES.items() if str(number) == value)
    if value not in choices:
        raise _no_value(f"{operator}: is one of {', '.join(choices)}.", spot)
    return value


def _day(value: str, spot: Spot) -> date:
    if (found := _DAY.fullmatch(value)) is not None:
        with suppress(ValueError):
            year, month, day = (int(one) if one else 1 for one in found.groups())
            return date(year, month, day)
    sentence = "A day is 2026-11-22, 2026-11, today, yesterday, or an age such as 7d, 2w, 3m."
    raise QueryRefused("bad_day", sentence, spot)


def _no_value(sentence: str, spot: Spot) -> QueryRefused:
    return QueryRefused("unknown_value", sentence, spot)
