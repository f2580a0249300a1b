"""Planning a reply: parts, files, subjects."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.capabilities import Capabilities, FileLimits, TextLimit, TextUnit
from core.rich_text_cuts import RichText
from core.splitting import length_of
from router.services.errors import Refused
from router.services.outbound.parts import MAX_PARTS, MAX_SUBJECT, plan_parts, to_answer_subject


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("", ""),
        ("  ", ""),
        ("Order", "Re: Order"),
        ("Re: Order", "Re: Order"),
        ("RE:Order", "RE:Order"),
        ("AW: Order", "AW: Order"),
        ("Re[2]: Order", "Re[2]: Order"),
        ("回复：订单", "回复：订单"),
        ("Ответ: Заказ", "Ответ: Заказ"),
        ("Return: Order", "Re: Return: Order"),
        ("Two\r\nBcc: lines", "Re: Two Bcc: lines"),
        ("x" * 600, "Re: " + "x" * (MAX_SUBJECT - 4)),
    ],
)
def test_subject_of_an_answer(subject: str, answer: str) -> None:
    assert to_answer_subject(subject) == answer


@given(st.text(max_size=600))
def test_answering_an_answer_changes_nothing_more(subject: str) -> None:
    once = to_answer_subject(subject)
    assert to_answer_subject(once) == once
    assert len(once) <= MAX_SUBJECT


@given(
    text=st.text(min_size=1, max_size=300),
    length=st.integers(20, 200),
    unit=st.sampled_from(TextUnit),
)
def test_parts_fit_the_channel(text: str, length: int, unit: TextUnit) -> None:
    text = text.encode("utf-8", "ignore").decode().strip() or "x"
    capabilities = Capabilities(text=TextLimit(length=length, unit=unit))
    with contextlib.suppress(Refused):
        parts = [one.text for one in plan_parts(text, capabilities)]
        assert 1 <= len(parts) <= MAX_PARTS
        assert all(length_of(part, unit) <= length for part in parts)


def test_files_alone_are_one_part() -> None:
    assert plan_parts("", Capabilities(text=TextLimit(length=10))) == (RichText(""),)


def test_text_too_long_to_stand_beside_files_goes_out_before_them() -> None:
    capabilities = Capabilities(
        text=TextLimit(length=40), files=FileLimits(max_count=1, text_length=10)
    )

    def texts(text: str, *, has_files: bool) -> list[str]:
        return [one.text for one in plan_parts(text, capabilities, has_files=has_files)]

    assert texts("x" * 11, has_files=True) == ["x" * 11, ""]
    assert texts("x" * 10, has_files=True) == ["x" * 10]
    assert texts("x" * 11, has_files=False) == ["x" * 11]
    assert texts("x" * 45, has_files=True) == ["x" * 40, "x" * 5]
