"""The desk's own sentences: whole in every language, and nobody's account in clear."""

import re
from itertools import product

import pytest

from router.services.outbound.automatic_texts import (
    Line,
    language_of,
    languages,
    masked,
    sentence,
    subject_of,
)

FACTS = {
    "account": "…789",
    "code": "ABCD",
    "files": "a.png",
    "minutes": "10",
    "url": "https://shop.example/confirm",
}
LINES = list(product(Line, languages()))


def test_desk_speaks_english_chinese_russian_and_five_more() -> None:
    assert languages() == ("de", "en", "es", "fr", "pt", "ru", "uk", "zh")


@pytest.mark.parametrize(("line", "language"), LINES)
def test_line_holds_the_same_facts_in_every_language(line: Line, language: str) -> None:
    with_names = {name: f"<{name}>" for name in FACTS}

    said = sentence(line, language, with_names)

    facts = set(re.findall("<[a-z]+>", said))
    assert facts == set(re.findall("<[a-z]+>", sentence(line, "en", with_names)))
    assert subject_of(line, language)
    assert said == sentence(line, "en", with_names) if language == "en" else True


@pytest.mark.parametrize("line", list(Line))
def test_no_two_languages_say_a_line_alike(line: Line) -> None:
    assert len({sentence(line, one, FACTS) for one in languages()}) == len(languages())


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-Hans-CN", "zh"),
        ("ru_RU", "ru"),
        ("PT-br", "pt"),
        ("xx", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_language_is_chosen_by_the_first_part_of_the_tag(tag: str | None, language: str) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("account", "shown"),
    [("1234567890", "…90"), ("customer-4711-a", "…1-a"), ("1234", "…4"), ("ab", "…"), ("", "…")],
)
def test_of_an_account_at_most_a_quarter_is_shown(account: str, shown: str) -> None:
    assert masked(account) == shown
