"""Which answers need a second agent, however they are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.services.approvals.needing import amounts, reasons
from router.services.approvals.shapes import AmountLimit, ApprovalPolicy

SAID = {7: ["Hello {{person.name}}, we give you back the fee of your withdrawal."]}


@pytest.mark.parametrize(
    ("text", "highest"),
    [
        ("We credit 1,500.50 USDT", "1500.50"),
        ("We credit 1.500,50 USDT", "1500.50"),
        ("We credit 1 500 USDT", "1500"),
        ("We credit 1.500 USDT", "1500"),
        ("We credit 0.500 BTC", "0.500"),
        ("We credit 12 k USDT", "12000"),
        ("Вернём 5 тыс рублей", "5000"),
        ("退还3万元", "30000"),
        ("Вернём 50 тысяч рублей", "50000"),
        ("Вернём 2 миллиона, не 5 к 9", "2000000"),
        ("Вернём 3 млрд", "3000000000"),
        ("Вернём 5к", "5000"),
        ("We credit 5 thousand", "5000"),
        ("We credit 5 bn", "5000000000"),
        ("We credit 1\u200b500 USDT", "1500"),
        ("We credit \uff15\uff10\uff10\uff10 USDT", "5000"),  # full width
        ("5 months, 3 keys", "5"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, highest: str) -> None:
    assert max(amounts(text)) == Decimal(highest)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(one >= 0 for one in amounts(text))


@given(st.integers(1, 10**9))
def test_a_number_above_the_limit_is_found_however_it_is_grouped(number: int) -> None:
    policy = ApprovalPolicy(amounts=(AmountLimit(above=number - 1),))

    for shown in (f"{number}", f"{number:,}", f"{number:,}".replace(",", " ")):
        assert reasons(policy, f"You get {shown} USDT.", (), {})


def test_amounts_count_in_their_topics_alone() -> None:
    policy = ApprovalPolicy(amounts=(AmountLimit(above=100, topic_ids=(3,)),))

    assert reasons(policy, "You get 500.", (1, 3), {})
    assert not reasons(policy, "You get 500.", (1,), {})
    assert not reasons(policy, "You get 100.", (3,), {})


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ("Hello Ana, we give you back the fee of your withdrawal.", True),
        ("Dear Ana! WE GIVE YOU BACK\n the fee, of your withdrawal :)", True),
        ("We look at the fee of your withdrawal.", False),
    ],
)
def test_a_canned_reply_is_known_again_whoever_typed_it(text: str, is_known: bool) -> None:
    policy = ApprovalPolicy(snippet_ids=(7,))

    assert bool(reasons(policy, text, (), SAID)) is is_known
