"""Tokens that leave the house, and what is kept of them."""

from hypothesis import given
from hypothesis import strategies as st

from core.ids import digest, hash_token, new_token


def test_tokens_are_long_random_and_safe_in_an_address() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    for token in tokens:
        assert len(token) == 43
        assert token.replace("-", "").replace("_", "").isalnum()
        assert token.isascii()


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_hash_of_a_token_is_its_own_and_never_holds_it(one: str, two: str) -> None:
    assert (hash_token(one) == hash_token(two)) is (one == two)
    assert len(hash_token(one)) == 32


def test_digest_is_lower_case_hex_of_sha_256() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest(b"") == empty
    assert digest(b"a") != digest(b"b")
