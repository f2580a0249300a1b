"""Spans as they are kept: nothing crossing, nothing unsafe, the same whoever said them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rich_text import BLOCKS, MAX_SPANS, Mark, Span, is_safe_url, normalised
from core.rich_text_cuts import RichText, fitted, joined, lost_marks, sliced, stripped
from tests.unit.rich_texts import ANY_SPANS, RICH_TEXTS, TEXTS, UNSAFE, URLS, rich

LINK = (Mark.LINK, "https://example.org/a")


def _span(mark: Mark, start: int, end: int, **more: str) -> Span:
    return Span(mark=mark, start=start, end=end, **more)


@given(text=TEXTS, spans=ANY_SPANS)
def test_normal_spans_stay_as_they_are(text: str, spans: list[Span]) -> None:
    once = normalised(text, spans)
    assert normalised(text, once) == once


@given(text=TEXTS, spans=ANY_SPANS)
def test_normal_spans_are_in_range_nested_and_safe(text: str, spans: list[Span]) -> None:
    found = normalised(text, spans)
    for position, outer in enumerate(found):
        assert 0 <= outer.start < outer.end <= len(text)
        assert text[outer.start : outer.end].strip()
        assert (outer.mark is Mark.LINK) == is_safe_url(outer.url)
        for later in found[position + 1 :]:
            assert later.start >= outer.end or later.end <= outer.end
            if later.start < outer.end:
                assert outer.mark not in (Mark.CODE, Mark.PRE, later.mark)
                assert later.mark not in BLOCKS or outer.mark in BLOCKS
    assert all((a.start, -a.end) <= (b.start, -b.end) for a, b in pairwise(found))


@given(text=TEXTS, spans=ANY_SPANS)
def test_blocks_cover_whole_lines(text: str, spans: list[Span]) -> None:
    for span in normalised(text, spans):
        if span.mark in BLOCKS:
            assert text[: span.start].endswith("\n") or span.start == 0
            assert text[span.end :].startswith("\n") or span.end == len(text)


@given(text=TEXTS, spans=ANY_SPANS)
def test_every_character_that_was_bold_still_is_but_for_line_breaks(
    text: str, spans: list[Span]
) -> None:
    bold = {
        at
        for span in spans
        if span.mark is Mark.BOLD
        for at in range(max(span.start, 0), min(span.end, len(text)))
        if text[at].strip() and text[max(span.start, 0) : span.end].strip()
    }
    found = normalised(text, spans)
    shown = {at for one in found if one.mark is Mark.BOLD for at in range(one.start, one.end)}
    code = {
        at for one in found if one.mark in (Mark.CODE, Mark.PRE) for at in range(one.start, one.end)
    }
    assert bold - shown <= code


def test_crossing_styles_are_cut_where_the_first_one_ends() -> None:
    found = normalised("abcdefgh", [_span(Mark.ITALIC, 3, 8), _span(Mark.BOLD, 0, 5)])
    assert found == (
        _span(Mark.BOLD, 0, 5),
        _span(Mark.ITALIC, 3, 5),
        _span(Mark.ITALIC, 5, 8),
    )


def test_a_link_stays_whole_where_bold_begins_inside_it() -> None:
    link = _span(Mark.LINK, 0, 5, url=LINK[1])
    found = normalised("abcdefgh", [link, _span(Mark.BOLD, 3, 8)])
    assert found == (link, _span(Mark.BOLD, 3, 5), _span(Mark.BOLD, 5, 8))


def test_code_holds_no_link_and_a_link_may_hold_code() -> None:
    code = _span(Mark.CODE, 0, 6)
    assert normalised("abcdefgh", [code, _span(Mark.LINK, 2, 4, url=LINK[1])]) == (code,)
    link = _span(Mark.LINK, 0, 8, url=LINK[1])
    assert normalised("abcdefgh", [code, link]) == (link, code)


def test_lines_of_code_that_share_their_line_are_code_in_it() -> None:
    assert normalised("say hello now", [_span(Mark.PRE, 4, 9, language="sh")]) == (
        _span(Mark.CODE, 4, 9),
    )
    whole = _span(Mark.PRE, 4, 9, language="sh")
    assert normalised("say\nhello\nnow", [whole]) == (whole,)


def test_a_list_without_entries_is_no_list() -> None:
    assert normalised("one\ntwo", [_span(Mark.LIST, 0, 7)]) == ()
    assert normalised("so:\n• one\nand on\n2) two", [_span(Mark.LIST, 0, 24)]) == (
        _span(Mark.LIST, 4, 23),
    )


def test_more_spans_than_anybody_writes_are_plain() -> None:
    text = "ab" * (MAX_SPANS + 50)
    spans = [_span(Mark.BOLD, at, at + 1) for at in range(0, len(text), 2)]
    assert normalised(text, spans) == tuple(spans[:MAX_SPANS])


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_people_write_is_safe(url: str) -> None:
    assert is_safe_url(url)


@pytest.mark.parametrize(
    "url", [*UNSAFE, "HTTPS://[", "https://\u202eexample.org", "https://e.org/\n", "x" * 3000]
)
def test_an_address_that_runs_or_hides_something_is_not(url: str) -> None:
    assert not is_safe_url(url)


@given(whole=RICH_TEXTS, cut=st.integers(0, 40))
def test_lines_that_were_cut_apart_join_to_what_they_were(whole: RichText, cut: int) -> None:
    lines = whole.text.split("\n")
    at = len("\n".join(lines[: cut % len(lines) + 1]))
    parts = [sliced(*whole, 0, at)]
    if at < len(whole.text):
        parts.append(sliced(*whole, at + 1, len(whole.text)))
    again = joined(parts)
    assert again.text == whole.text
    assert _at_each_character(again) >= _at_each_character(
        RichText(whole.text, tuple(one for one in whole.spans if one.mark not in BLOCKS))
    )


def _at_each_character(whole: RichText) -> set[tuple[int, Mark, str]]:
    """Line breaks and spaces apart: how each character looks."""
    return {
        (at, one.mark, one.url)
        for one in whole.spans
        for at in range(one.start, one.end)
        if whole.text[at].strip()
    }


@given(whole=RICH_TEXTS)
def test_a_network_that_shows_every_mark_gets_what_was_written(whole: RichText) -> None:
    assert fitted(*whole, tuple(Mark)) == whole


@given(whole=RICH_TEXTS, shown=st.sets(st.sampled_from(Mark)))
def test_what_is_fitted_has_only_marks_that_are_shown(whole: RichText, shown: set[Mark]) -> None:
    got = fitted(*whole, shown)
    assert {one.mark for one in got.spans} <= shown
    assert normalised(*got) == got.spans
    links = [one for one in whole.spans if one.mark is Mark.LINK and one.mark not in shown]
    assert all(
        one.url.split("://")[-1].removeprefix("mailto:") in got.text
        for one in links
        if "tel:" not in one.url
    )


def test_a_lost_link_has_its_address_behind_it() -> None:
    text, spans = rich("read {a:our {b:terms}} first", a=LINK, b=Mark.BOLD)
    got = fitted(text, spans, (Mark.BOLD,))
    assert got == rich("read our {b:terms} (https://example.org/a) first", b=Mark.BOLD)
    assert fitted(*rich("see {a:example.org/a}", a=LINK), ()).text == "see example.org/a"


def test_lines_that_cannot_look_quoted_begin_with_a_bracket() -> None:
    got = fitted(*rich("he said\n{q:{b:yes}\nno}\nso?", q=Mark.QUOTE, b=Mark.BOLD), (Mark.BOLD,))
    assert got == rich("he said\n> {b:yes}\n> no\nso?", b=Mark.BOLD)


def test_lost_marks_are_those_that_a_reader_would_miss() -> None:
    _, spans = rich("{l:• {u:one}}\n{m:Ana}", l=Mark.LIST, u=Mark.UNDERLINE, m=Mark.MENTION)
    assert lost_marks(spans, ()) == (Mark.UNDERLINE,)
    assert lost_marks(spans, (Mark.UNDERLINE,)) == ()


def test_stripped_lines_of_code_keep_their_indentation() -> None:
    assert stripped("\n  a = 1\n", (_span(Mark.PRE, 1, 8),)) == RichText(
        "  a = 1", (_span(Mark.PRE, 0, 7),)
    )
    assert stripped("\n  {a}\n", ()).text == "{a}"
