"""The language of search: what it reads, what it writes again, and where it says it is wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.queries import MOST_TERMS, parse, terms_of, to_text
from core.query_terms import (
    EVERYTHING,
    KINDS,
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


def without_spots(query: Query) -> Query:
    match query:
        case Said(text=text, is_phrase=is_phrase, is_prefix=is_prefix):
            return Said(at=0, length=0, text=text, is_phrase=is_phrase, is_prefix=is_prefix)
        case Asked(operator=operator, value=value, day=day):
            return Asked(at=0, length=0, operator=operator, value=value, day=day)
        case Not(part):
            return Not(without_spots(part))
        case Both(parts):
            return Both(tuple(without_spots(part) for part in parts))
        case Either(parts):
            return Either(tuple(without_spots(part) for part in parts))


def said(text: str, *, is_phrase: bool = False, is_prefix: bool = False) -> Said:
    return Said(at=0, length=0, text=text, is_phrase=is_phrase, is_prefix=is_prefix)


def asked(operator: Operator, value: str, day: date | None = None) -> Asked:
    return Asked(at=0, length=0, operator=operator, value=value, day=day)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", EVERYTHING),
        ("refund", said("refund")),
        ("refund*", said("refund", is_prefix=True)),
        ('"not  arrived"', said("not arrived", is_phrase=True)),
        ("«не пришло»", said("не пришло", is_phrase=True)),
        ("退款", said("退款")),
        ("from：王伟", asked(Operator.FROM, "王伟")),
        ('from:"Ana Lopez"', asked(Operator.FROM, "Ana Lopez")),
        ("Inbox:sales", asked(Operator.ACCOUNT, "sales")),
        ("is:OPEN", asked(Operator.IS, "open")),
        ("priority:1", asked(Operator.PRIORITY, "urgent")),
        ("after:2026-02", asked(Operator.AFTER, "2026-02", date(2026, 2, 1))),
        ("before:7d", asked(Operator.BEFORE, "7d")),
        ("-is:solved", Not(asked(Operator.IS, "solved"))),
        ("a - b", Both((said("a"), said("-"), said("b")))),
        ("well-known", said("well-known")),
        ("https://x.example/a", said("https://x.example/a")),
        ("12:30", said("12:30")),
        ("a b OR c", Both((said("a"), Either((said("b"), said("c")))))),
        ("-(a b)", Not(Both((said("a"), said("b"))))),
        ("a or b", Both((said("a"), said("or"), said("b")))),
    ],
)
def test_a_query_means_what_it_says(text: str, meaning: Query) -> None:
    assert without_spots(parse(text)) == meaning


@pytest.mark.parametrize(
    ("text", "fault", "wrong"),
    [
        ("refund froom:ana", "unknown_operator", "froom"),
        ("sla:soon", "unknown_value", "soon"),
        ("x from: ", "no_value", "from:"),
        ("is:opened", "unknown_value", "opened"),
        ("has:cats", "unknown_value", "cats"),
        ("before:2026-13", "bad_day", "2026-13"),
        ("lang:english!", "unknown_value", "english!"),
        ("case:vip", "unknown_value", "vip"),
        ('say "hello', "unclosed", '"hello'),
        ("(a b", "unclosed", "("),
        ("a )b", "unopened", ")"),
        ("OR b", "nothing_to_join", "OR"),
        ("a OR", "nothing_to_join", "OR"),
        ("a -)", "nothing_to_join", "-"),
        ("a OR OR b", "nothing_to_join", "OR"),
        ("(" * 20 + "a" + ")" * 20, "too_deep", "("),
        (" ".join(["a"] * (MOST_TERMS + 1)), "too_many", "a"),
        ("a" * 1_001, "too_long", "a"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, fault: str, wrong: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(text)

    spot = refused.value.spot
    assert refused.value.fault == fault
    assert text[spot.at : spot.at + spot.length] == wrong


def test_an_unknown_operator_names_the_one_that_was_meant() -> None:
    with pytest.raises(QueryRefused, match="Did you mean assignee:"):
        parse("asignee:bo")


def spots_of(text: str) -> list[Spot]:
    """Of the terms of a text, or of what is wrong in it."""
    try:
        return list(terms_of(parse(text)))
    except QueryRefused as refused:
        return [refused.spot]


@given(st.text() | st.text(alphabet='a:-()"«» OR'))
def test_any_text_is_read_or_refused_within_itself(text: str) -> None:
    for spot in spots_of(text):
        assert 0 <= spot.at <= spot.at + spot.length <= len(text)


_WORD = st.text(alphabet="abcяй退款0'._", min_size=1, max_size=6)
_SAID = st.builds(said, _WORD.filter(lambda one: one != "OR"), is_prefix=st.booleans()) | st.builds(
    said,
    st.lists(_WORD, min_size=1, max_size=3).map(" ".join),
    is_phrase=st.just(True),
    is_prefix=st.booleans(),
)
_ASKED = (
    st.builds(asked, st.just(Operator.IS), st.sampled_from(STATES))
    | st.builds(asked, st.just(Operator.HAS), st.sampled_from(KINDS))
    | st.builds(asked, st.just(Operator.FROM), st.lists(_WORD, min_size=1).map(" ".join))
)
_QUERIES = st.recursive(
    _SAID | _ASKED,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Both, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=5,
)


@given(_QUERIES)
def test_a_query_that_is_written_reads_as_itself(query: Query) -> None:
    assert without_spots(parse(to_text(query))) == query
