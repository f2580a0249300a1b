"""Cutting texts: nothing visible is lost, no part is too long, no character is torn."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.capabilities import TextLimit, TextUnit
from core.splitting import SMALLEST_LIMIT, length_of, split_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WAVE = "\U0001f44b\U0001f3fd"
CHINA = "\U0001f1e8\U0001f1f3"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
KEYCAP = "1\ufe0f\u20e3"
WHOLE = (FAMILY, WAVE, CHINA, SCOTLAND, KEYCAP, "e\u0301", "\u0928\u0940", "\u1112\u1161\u11ab")
PIECES = st.one_of(
    st.sampled_from(WHOLE),
    st.sampled_from(
        ("word", "\u4f60\u597d\u3002", "\n\n", "\n", ". ", "  ", "\U0001f600", "\u00e9", "\t")
    ),
    st.text(max_size=6),
)
TEXTS = st.lists(PIECES, max_size=60).map("".join).filter(lambda t: not _has_lone_surrogate(t))
UNITS = st.sampled_from(TextUnit)


def _has_lone_surrogate(text: str) -> bool:
    return any(unicodedata.category(c) == "Cs" for c in text)


def _visible(text: str) -> str:
    return "".join(text.split())


def _split(text: str, length: int, unit: TextUnit = TextUnit.CHARACTERS) -> tuple[str, ...]:
    return split_text(text, TextLimit(length=length, unit=unit))


@given(text=TEXTS, unit=UNITS, more=st.integers(0, 40))
@example(text=f"a{FAMILY}", unit=TextUnit.CHARACTERS, more=3)
def test_no_visible_character_is_lost_or_moved(text: str, unit: TextUnit, more: int) -> None:
    parts = _split(text, SMALLEST_LIMIT[unit] + more, unit)
    assert _visible("".join(parts)) == _visible(text)


@given(text=TEXTS, unit=UNITS, more=st.integers(0, 40))
def test_every_part_is_within_the_limit(text: str, unit: TextUnit, more: int) -> None:
    limit = SMALLEST_LIMIT[unit] + more
    parts = _split(text, limit, unit)
    assert parts
    assert max(length_of(part, unit) for part in parts) <= limit


@given(text=TEXTS, unit=UNITS, more=st.integers(0, 40))
def test_only_a_text_without_anything_visible_gives_an_empty_part(
    text: str, unit: TextUnit, more: int
) -> None:
    parts = _split(text, SMALLEST_LIMIT[unit] + more, unit)
    assert all(part.strip() for part in parts) or not text.strip()


@given(pieces=st.lists(st.sampled_from((*WHOLE, "a", "b ", "\u4f60")), max_size=40), unit=UNITS)
def test_no_combined_character_is_torn(pieces: list[str], unit: TextUnit) -> None:
    limit = max(length_of(piece, unit) for piece in WHOLE)
    for part in _split("".join(pieces), limit, unit):
        rest = part
        while rest:
            piece = next((p for p in (*WHOLE, "a", "b", "\u4f60", " ") if rest.startswith(p)), None)
            assert piece is not None, f"torn: {rest!r}"
            rest = rest[len(piece) :]


@given(text=TEXTS)
def test_every_part_can_be_encoded(text: str) -> None:
    for part in _split(text, 5, TextUnit.UTF16):
        part.encode("utf-8")


@pytest.mark.parametrize("whole", WHOLE)
@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_combined_character_after_a_short_word_stays_whole(whole: str, before: str) -> None:
    assert _split(before + whole * 2, len(whole) + 1)[-1] == whole


def test_combined_character_over_the_limit_is_cut_where_it_must() -> None:
    zalgo = "a" + "\u0301" * 25
    parts = _split(zalgo, 10)
    assert "".join(parts) == zalgo
    assert [len(part) for part in parts] == [10, 10, 6]


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("One two three.\n\nFour five.", 20, ("One two three.", "Four five.")),
        ("One two three\nfour five six", 20, ("One two three", "four five six")),
        ("One two three. Four five six", 20, ("One two three.", "Four five six")),
        ("One two three four five six", 20, ("One two three four", "five six")),
        (
            "\u4e00\u4e8c\u4e09\u3002\u56db\u4e94\u516d",
            5,
            ("\u4e00\u4e8c\u4e09\u3002", "\u56db\u4e94\u516d"),
        ),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("A.\n\nThis paragraph is long", 20, ("A.\n\nThis paragraph", "is long")),
        ("   a   ", 2, ("a",)),
        ("         ", 2, ("",)),
    ],
)
def test_cut_is_at_the_best_border(text: str, limit: int, parts: tuple[str, ...]) -> None:
    assert _split(text, limit) == parts


def test_text_that_fits_is_left_exactly_as_it_is() -> None:
    assert _split("  as it is \n", 20) == ("  as it is \n",)
    assert split_text("x" * 10_000, TextLimit()) == ("x" * 10_000,)


@pytest.mark.parametrize(
    ("unit", "length"), [(TextUnit.CHARACTERS, 1), (TextUnit.UTF16, 2), (TextUnit.BYTES, 4)]
)
def test_length_is_counted_in_the_unit(unit: TextUnit, length: int) -> None:
    assert length_of("\U0001f600", unit) == length


@pytest.mark.parametrize(
    ("unit", "length"), [(TextUnit.CHARACTERS, 0), (TextUnit.UTF16, 1), (TextUnit.BYTES, 3)]
)
def test_limit_that_no_character_fits_is_refused(unit: TextUnit, length: int) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        _split("\U0001f600\U0001f600", length, unit)


def test_a_million_characters_are_cut_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def counting(text: str, unit: TextUnit) -> int:
        measured.append(len(text))
        return length_of(text, unit)

    monkeypatch.setattr("core.splitting.length_of", counting)
    parts = _split("word and word " * 75_000, 4096, TextUnit.UTF16)
    assert len(parts) > 200
    assert sum(measured) < 20 * 1_050_000
