"""Formatting both ways: UTF-16 units there, code points here."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram import entities
from connectors.telegram.entities import MAX_ENTITIES, to_entities
from core.rich_text import Mark, Span, normalised

Json = dict[str, Any]
FLAGS = "\U0001f1f3\U0001f1f1 "
"""Two characters outside the first plane, four units, and a space."""


def to_spans(text: str, found: object) -> tuple[Span, ...]:
    """As it is stored."""
    return normalised(text, entities.to_spans(text, found))


def entity(kind: str, offset: int, length: int, **more: Any) -> Json:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        ("bold", Mark.BOLD),
        ("italic", Mark.ITALIC),
        ("underline", Mark.UNDERLINE),
        ("strikethrough", Mark.STRIKE),
        ("spoiler", Mark.SPOILER),
        ("code", Mark.CODE),
        ("pre", Mark.PRE),
        ("blockquote", Mark.QUOTE),
    ],
)
def test_each_kind_passes_both_ways(kind: str, mark: Mark) -> None:
    text = "one line"
    spans = to_spans(text, [entity(kind, 0, 8)])
    assert spans == (Span(mark=mark, start=0, end=8),)
    assert to_entities(text, spans) == [entity(kind, 0, 8)]


def test_offsets_are_utf16_there_and_code_points_here() -> None:
    text = f"{FLAGS}bold \U0001f600 end"
    spans = to_spans(text, [entity("bold", 5, 4), entity("italic", 10, 2)])
    assert [text[one.start : one.end] for one in spans] == ["bold", "\U0001f600"]
    assert to_entities(text, spans) == [entity("bold", 5, 4), entity("italic", 10, 2)]


def test_nested_entities_stay_nested() -> None:
    text = "all bold and italic"
    given_ = [entity("bold", 0, 19), entity("italic", 13, 6)]
    assert to_entities(text, to_spans(text, given_)) == given_


def test_expandable_quote_is_a_quote_and_code_keeps_its_language() -> None:
    [quote] = to_spans("said", [entity("expandable_blockquote", 0, 4)])
    assert quote.mark is Mark.QUOTE
    text = "a = 1\nb = 2"
    [code] = to_spans(text, [entity("pre", 0, 11, language="python")])
    assert (code.mark, code.language) == (Mark.PRE, "python")
    assert to_entities(text, (code,)) == [{**entity("pre", 0, 11), "language": "python"}]


@pytest.mark.parametrize(
    ("text", "found", "url"),
    [
        ("see here", entity("text_link", 4, 4, url="https://a.example/x"), "https://a.example/x"),
        ("https://a.example", entity("url", 0, 17), "https://a.example"),
        ("a.example", entity("url", 0, 9), "http://a.example"),
        ("bo@a.example", entity("email", 0, 12), "mailto:bo@a.example"),
        ("+31 20 555", entity("phone_number", 0, 10), "tel:+3120555"),
    ],
)
def test_links_of_every_kind(text: str, found: Json, url: str) -> None:
    [span] = to_spans(text, [found])
    assert (span.mark, span.url) == (Mark.LINK, url)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "tg://resolve?domain=x", "", "ftp://a"])
def test_links_that_lead_elsewhere_are_words(url: str) -> None:
    assert to_spans("click", [entity("text_link", 0, 5, url=url)]) == ()


def test_mentions_carry_the_numeric_id_where_it_is_told() -> None:
    person = {"id": 501, "is_bot": False, "first_name": "Ann"}
    for found in (
        entity("text_mention", 0, 3, user=person),
        entity("text_link", 0, 3, url="tg://user?id=501"),
    ):
        [span] = to_spans("Ann", [found])
        assert (span.mark, span.handle) == (Mark.MENTION, "501")
    [named] = to_spans("@annlee", [entity("mention", 0, 7)])
    assert (named.mark, named.handle) == (Mark.MENTION, "")
    [sent] = to_entities("Ann", [Span(mark=Mark.MENTION, start=0, end=3, handle="501")])
    assert sent["user"]["id"] == 501
    assert to_entities("@annlee", (named,)) == []


def test_custom_emoji_hashtags_and_commands_are_their_text() -> None:
    found = [
        entity("custom_emoji", 0, 2, custom_emoji_id="5"),
        entity("hashtag", 3, 2),
        entity("bot_command", 6, 2),
    ]
    assert to_spans("\U0001f600 #a /b", found) == ()


def test_links_that_telegram_finds_by_itself_are_not_named_again() -> None:
    text = "https://a.example or bo@b.example"
    spans = [
        Span(mark=Mark.LINK, start=0, end=17, url="https://a.example"),
        Span(mark=Mark.LINK, start=21, end=33, url="mailto:bo@b.example"),
    ]
    assert to_entities(text, spans) == []


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "bold",
        [None, 3, "x", []],
        [entity("bold", -5, 3)],
        [entity("bold", 50, 3)],
        [entity("bold", 0, 0)],
        [entity("bold", 0, -4)],
        [{"type": "bold"}],
        [{"type": ["bold"], "offset": 0, "length": 1}],
        [entity("text_link", 0, 2)],
        [entity("text_mention", 0, 10**9, user="x", extra=1)][:0],
    ],
)
def test_what_is_no_entity_is_passed_over(junk: object) -> None:
    assert to_spans("text", junk) == ()


def test_entity_that_reaches_beyond_the_text_is_cut() -> None:
    assert to_spans("text", [entity("bold", 2, 99)]) == (Span(mark=Mark.BOLD, start=2, end=4),)


def test_never_more_entities_than_telegram_takes() -> None:
    text = "a b " * 200
    spans = [Span(mark=Mark.BOLD, start=n * 4, end=n * 4 + 1) for n in range(200)]
    assert len(to_entities(text, spans)) == MAX_ENTITIES


STYLES = (Mark.BOLD, Mark.ITALIC, Mark.UNDERLINE, Mark.STRIKE, Mark.SPOILER, Mark.CODE)


@given(
    text=st.text(st.sampled_from("ab \n\U0001f600\u4f60"), min_size=1, max_size=40),
    spans=st.lists(
        st.builds(
            lambda mark, start, length: Span(mark=mark, start=start, end=start + length),
            st.sampled_from(STYLES),
            st.integers(0, 40),
            st.integers(1, 20),
        ),
        max_size=8,
    ),
)
def test_styles_come_back_as_they_went(text: str, spans: list[Span]) -> None:
    normal = normalised(text, spans)
    sent = to_entities(text, normal)
    assert to_spans(text, sent) == normal
    units = text.encode("utf-16-le")
    for one in sent:
        shown = units[one["offset"] * 2 : (one["offset"] + one["length"]) * 2]
        assert shown.decode("utf-16-le") in text
