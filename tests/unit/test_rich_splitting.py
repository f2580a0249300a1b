"""Cutting formatted texts: within the limit of the wire, links whole, formatting going on."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import TextLimit, TextUnit
from core.rich_text import Mark, Span, normalised
from core.rich_text_cuts import RichText
from core.splitting import length_of, split_rich
from tests.unit.rich_texts import RICH_TEXTS, rich

LINK = (Mark.LINK, "https://example.org/a")


def _plain(text: str, spans: Sequence[Span]) -> str:
    return text


def _marked(text: str, spans: Sequence[Span]) -> str:
    """Longer than the text, like Markdown: four characters for each span, two for a backtick."""
    return text.replace("`", "\\`") + "*" * 4 * len(spans)


def _split(whole: RichText, length: int) -> tuple[RichText, ...]:
    return split_rich(*whole, TextLimit(length=length), _plain)


@given(whole=RICH_TEXTS, length=st.integers(2, 40), unit=st.sampled_from(TextUnit))
def test_no_visible_character_is_lost_or_moved(
    whole: RichText, length: int, unit: TextUnit
) -> None:
    parts = split_rich(*whole, TextLimit(length=length + 2, unit=unit), _marked)
    assert "".join("".join(one.text for one in parts).split()) == "".join(whole.text.split())


def _longer_by_its_end(text: str, spans: Sequence[Span]) -> str:
    """A shorter text may be longer on such a wire."""
    return text + "#" * 6 * text.endswith(("a", "1."))


@given(whole=RICH_TEXTS, length=st.integers(8, 20))
def test_a_part_that_grows_by_being_cut_is_cut_again(whole: RichText, length: int) -> None:
    for part in split_rich(*whole, TextLimit(length=length), _longer_by_its_end):
        assert len(_longer_by_its_end(*part)) <= length


@given(whole=RICH_TEXTS, length=st.integers(40, 60))
def test_every_part_is_within_the_limit_as_it_is_sent(whole: RichText, length: int) -> None:
    for part in split_rich(*whole, TextLimit(length=length), _marked):
        assert length_of(_marked(*part), TextUnit.CHARACTERS) <= length
        assert normalised(*part) == part.spans


@given(whole=RICH_TEXTS, length=st.integers(3, 40))
def test_what_was_formatted_still_is(whole: RichText, length: int) -> None:
    def looks(parts: Sequence[RichText]) -> list[tuple[str, frozenset[Mark]]]:
        return [
            (
                character,
                frozenset(
                    one.mark
                    for one in part.spans
                    if one.start <= at < one.end and one.mark is not Mark.LIST
                ),
            )
            for part in parts
            for at, character in enumerate(part.text)
            if character.strip()
        ]

    assert looks(_split(whole, length)) == looks([whole])


def test_lines_of_code_go_on_in_the_next_part_with_their_indentation() -> None:
    lines = [f"    line {number}" for number in range(8)]
    text = "\n".join(["if x:", *lines])
    whole = RichText(text, (Span(mark=Mark.PRE, start=0, end=len(text), language="python"),))
    parts = _split(whole, 40)
    assert len(parts) > 1
    assert "\n".join(one.text for one in parts) == text
    assert all(
        one.spans == (Span(mark=Mark.PRE, start=0, end=len(one.text), language="python"),)
        for one in parts
    )


def test_code_that_fits_one_part_is_not_cut() -> None:
    whole = rich("Some words come first, then\n{p:a = 1\nb = 2\nc = 3}", p=Mark.PRE)
    assert [one.text for one in _split(whole, 36)] == [
        "Some words come first, then",
        "a = 1\nb = 2\nc = 3",
    ]


def test_a_link_is_not_cut() -> None:
    whole = rich("please read {a:the terms of our service} today", a=LINK)
    assert [one.text for one in _split(whole, 30)] == [
        "please read",
        "the terms of our service today",
    ]


def test_a_link_longer_than_a_part_leads_there_from_each() -> None:
    whole = rich("{a:one two three four five}", a=LINK)
    parts = _split(whole, 10)
    assert len(parts) == 3
    assert all(one.spans[0].url == LINK[1] for one in parts)


def test_a_text_that_fits_goes_out_as_it_is() -> None:
    whole = rich(" {b:a} ", b=Mark.BOLD)
    assert _split(whole, 10) == (whole,)
