"""How texts become words of the search."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search_words import runs_of, words_asked, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Refund, please!", ["refund", "please"]),
        ("ana@example.com", ["ana", "example", "com"]),
        ("TX-4711_b", ["tx", "4711", "b"]),
        ("Ещё ёлка, йод", ["еще", "елка", "йод"]),
        ("ＡＢＣ café", ["abc", "cafe"]),
        ("退款没到账", ["退款", "款没", "没到", "到账", "账"]),
        ("USDT提现ok", ["usdt", "提现", "现", "ok"]),
        ("好", ["好"]),
    ],
)
def test_a_text_is_indexed_by_its_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_run_that_is_asked_for_may_go_on_in_the_text() -> None:
    assert words_asked("退款没") == ["退款", "款没"]
    assert words_asked("没到 ok") == ["没到", "到", "ok"]


@given(st.text(alphabet="退款没到账户", min_size=2, max_size=12), st.data())
def test_every_part_of_a_run_is_found_by_its_bigrams(run: str, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(run) - 2))
    end = draw.draw(st.integers(start + 2, len(run)))
    indexed, wanted = words_of(run), words_asked(run[start:end])

    assert any(indexed[at : at + len(wanted)] == wanted for at in range(len(indexed)))


@given(st.text())
def test_runs_stand_in_the_text_in_order(text: str) -> None:
    runs = runs_of(text)
    assert all(0 <= start < end <= len(text) for start, end in runs)
    assert all(first[1] <= second[0] for first, second in pairwise(runs))
