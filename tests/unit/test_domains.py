"""Domains of two owners never become one, and one domain has one spelling."""

import pytest

from core.domains import ascii_domain


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("Example.COM", "example.com"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("fa\u00df.example", "xn--fa-hia.example"),
        ("FA\u1e9e.example", "xn--fa-hia.example"),
        ("\u03b2\u03cc\u03bb\u03bf\u03c2.example", "xn--nxasmm1c.example"),
        ("\u4f8b\u3002example", "xn--fsq.example"),
    ],
)
def test_each_domain_has_its_own_spelling(written: str, spelling: str) -> None:
    assert ascii_domain(written) == spelling


def test_what_no_domain_has_is_refused() -> None:
    with pytest.raises(UnicodeError):
        ascii_domain("\u00df\u0000.example")
