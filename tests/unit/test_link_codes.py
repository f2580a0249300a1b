"""Link codes: made by chance, found in what people type, and never in what they merely say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.link_codes import GROUPS, SYMBOLS, bits, find_code, hash_code, new_code, read_code

CODE = "K7PM-2QXA-9T4D"

GROUP = st.permutations([st.sampled_from(SYMBOLS[2:10]), st.sampled_from(SYMBOLS[10:])]).flatmap(
    lambda must: st.tuples(*must, st.sampled_from(SYMBOLS), st.sampled_from(SYMBOLS))
)
CODES = st.tuples(GROUP, GROUP, GROUP).map(lambda three: "-".join("".join(one) for one in three))


def test_code_holds_58_bits_of_chance() -> None:
    assert 58.2 < bits() < 58.4
    assert 2 ** bits() == pytest.approx(706_816**GROUPS)


def test_codes_differ_and_have_their_form() -> None:
    made = [new_code() for _ in range(500)]

    assert len(set(made)) == 500
    assert all(read_code(one) == one for one in made)
    assert {symbol for one in made for symbol in one} == {*SYMBOLS, "-"}


@given(CODES, st.randoms(use_true_random=False))
def test_code_is_found_whatever_case_spaces_and_dashes_it_is_typed_with(
    code: str, chance: Random
) -> None:
    typed = "".join(
        chance.choice([one, one.lower()]) + chance.choice(["", "", " ", "-", " – "])
        for one in code.replace("-", "")
    ).rstrip(" –-")

    assert find_code(f"\n  {typed}  \nThank you") == code


@pytest.mark.parametrize(
    "typed",
    [
        "k7pm2qxa9t4d",
        "K7PM 2QXA 9T4D",
        "K7PM–2QXA—9T4D",
        "\uff2b\uff17\uff30\uff2d\uff0d\uff12\uff31\uff38\uff21 9T4D",  # full width
        "\u041a7\u0420\u041c-2Q\u0425\u0410-9\u04224D",  # a Cyrillic keyboard
        "K7PM-2QXA-9T4D\n\n-- \nAda Lovelace",
    ],
)
def test_code_is_read_as_people_type_it(typed: str) -> None:
    assert find_code(typed) == CODE


def test_letters_that_look_like_digits_are_those_digits() -> None:
    assert find_code("o7pm-2qxi-9tld") == "07PM-2QX1-9T1D"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Hello",
        "please answer",
        "hello dolphin",
        "HELLO FRIENDS",
        "491701234567",
        "4711-0815-2342",
        "+49 170 1234567",
        f"My code is {CODE}",
        f"{CODE}!",
        f"Hello,\n{CODE}",
        f"> {CODE}",
        f"/link {CODE}",
        f"{CODE}-2345",
        CODE[:-1],
        "K7UM-2QXA-9T4D",
        "K7P_-2QXA-9T4D",
        "K7PM-ABCD-9T4D",
        "-" * 300 + CODE,
        "K" + " " * 100 + "7PM-2QXA-9T4D",
        "Hi, my withdrawal of 250 USDT is on hold. Can you look?",
    ],
)
def test_what_only_looks_like_a_code_is_none(said: str) -> None:
    assert find_code(said) is None


@given(st.text(max_size=200))
def test_no_text_is_too_strange_to_be_looked_at(text: str) -> None:
    found = find_code(text)

    assert found is None or read_code(found) == found


def test_what_is_stored_of_a_code_is_the_same_for_the_same_code_only() -> None:
    assert hash_code(CODE) == hash_code(CODE)
    assert len({hash_code(new_code()) for _ in range(50)}) == 50
    assert len(hash_code(CODE)) == 32
