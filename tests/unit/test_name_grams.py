"""Names and addresses cut into pieces: any part that is typed asks for pieces that stand there."""

import pytest

from core.name_grams import asked, grams_of, said_of


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Ana María López", "ópe"),
        ("Ana María López", "maria"),
        ("Ana María López", "lo an"),
        ("ana.lopez@shop.example", "lopez@shop"),
        ("ana.lopez@shop.example", "hop"),
        ("Sinéad O'Connor", "oconnor"),
        ("Sinéad O’Connor", "o'conn"),
        ("王小伟", "小"),
        ("王小伟", "小伟"),
        ("Семён Петров", "семен"),
        ("Ｍａｘ", "max"),
        ("+49 (151) 234-567", "151234"),
        ("+49151234567", "+49 151 23"),
        ("crypto_whale77", "whale"),
    ],
)
def test_part_of_a_name_asks_for_what_the_name_has(name: str, part: str) -> None:
    question = asked(part)

    assert question is not None
    assert set(question.grams) <= set(grams_of([name]))
    assert all(one in said_of([name]) for one in question.within)


@pytest.mark.parametrize(
    ("name", "part"), [("Ana Lopez", "na"), ("Ana Lopez", "opex"), ("王伟", "伟王")]
)
def test_what_stands_nowhere_is_not_found(name: str, part: str) -> None:
    question = asked(part)

    assert question is not None
    assert not all(one in said_of([name]) for one in question.within)


@pytest.mark.parametrize("text", ["", "%", "_", "\\", "@", " - "])
def test_text_without_a_letter_or_a_digit_asks_for_nothing(text: str) -> None:
    assert asked(text) is None


def test_very_long_names_have_an_end() -> None:
    assert len(said_of(["x" * 50_000] * 100)) <= 20_000
