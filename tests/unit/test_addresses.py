"""An address in any script is shown so that nobody takes it for another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import folded_local, readable_address, readable_domain
from core.domains import ascii_domain

READABLE = (
    "用户@例子.公司",
    "müller@bücher.example",
    "ann@bücher.example",
    "иван@почта.рф",
    "иван.петров@почта.example",
    "ann@москва.example",
    "ann@ελλάδα.example",
    "δοκιμή@παράδειγμα.δοκιμή",
    "さくら@日本語ドメイン.jp",
    "ann@한국.kr",
    "ann@मराठी.example",
    "ann@ไทย.example",
    "ann@việtnam.example",
    "ann@مثال.مصر",
    "محمد@مثال.مصر",
    "ann@сор.рф",
)
MISLEADING = (
    ("ann@рауpal.example", "one label of two scripts"),
    ("ann@раураӏ.example", "Cyrillic that looks like Latin throughout"),
    ("ann@аррӏе.com", "the same"),
    ("ann@ραγ.example", "Greek that looks like Latin throughout"),
    ("ann@bınance.example", "an i without its dot"),
    ("ann@ɡoogle.example", "a letter of phonetics"),
    ("ann@☃.example", "a sign"),
    ("ann@bank例.example", "Latin and Chinese"),
    ("ann@例え한.example", "two kinds of East Asian writing"),
    ("ann@a\u0323\u0301b.example", "marks that are not one letter with it"),
    ("ann@ab\u0335c.example", "a stroke through a letter"),
    ("ann@bank١.example", "digits of another script"),
    ("ann@مثال.example", "two directions"),
    ("ann@بـب.مصر", "a mere line"),
    ("ann@ꓐꓮꓠꓗ.example", "a script that nobody writes in addresses"),
)


def ascii_form(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


@pytest.mark.parametrize("address", READABLE)
def test_address_of_one_script_is_shown_as_people_write_it(address: str) -> None:
    assert readable_address(ascii_form(address)) == address


@pytest.mark.parametrize(("address", "why"), MISLEADING, ids=[why for _, why in MISLEADING])
def test_domain_that_could_mislead_is_shown_in_ascii(address: str, why: str) -> None:
    assert readable_address(ascii_form(address)) == ascii_form(address)


@pytest.mark.parametrize(
    ("local", "shown"),
    [
        ("p\u0430ypal", "p[U+0430]ypal"),
        (
            "\u0440\u0430\u0443\u0440\u0430\u04cf",
            "[U+0440][U+0430][U+0443][U+0440][U+0430][U+04CF]",
        ),
        ("ann\u00adlee", "ann[U+00AD]lee"),
        ("\u3164", "[U+3164]"),
        ("\uff41nn", "[U+FF41]nn"),
        ("\u05d0\u05d1", "[U+05D0][U+05D1]"),
        ("用户.a-b_c+d", "用户.a-b_c+d"),
    ],
)
def test_letters_before_the_at_that_could_mislead_are_shown_by_number(
    local: str, shown: str
) -> None:
    assert readable_address(f"{local}@bank.example") == f"{shown}@bank.example"


@pytest.mark.parametrize("handle", ["12345", "Ann Lee", "ann@bank.example", "@ann", "a\u0430", ""])
def test_what_is_ascii_or_no_address_stays_as_it_is(handle: str) -> None:
    assert readable_address(handle) == handle


def test_label_that_is_the_ascii_form_of_nothing_stays_as_it_is() -> None:
    for label in ("xn--", "xn--a", "xn--abc-", "xn--\u00df", "xn--zzzzzzzzzzz", "xn--BCHER-kva"):
        assert readable_domain(f"{label}.example") == f"{label}.example"


def test_label_that_differs_from_ours_only_by_its_marks_stays_in_ascii() -> None:
    theirs = ascii_domain("dèsk.example")
    assert readable_domain(theirs) == "dèsk.example"
    assert readable_domain(theirs, "desk.example") == theirs
    ours = ascii_domain("bücher.example")
    assert readable_domain(f"mail.{ours}", ours) == "mail.bücher.example"
    assert readable_domain(ascii_domain("bûcher.example"), ours) != "bûcher.example"


@given(st.text(alphabet="aеѕ例ーüאم१ 1-.\u200d\u202e\u0301Ⅷ", max_size=8))
def test_readable_domain_leads_back_to_the_one_that_it_shows(text: str) -> None:
    try:
        domain = ascii_domain(text)
    except UnicodeError:
        return
    assert ascii_domain(readable_domain(domain)) == domain
    assert "\u202e" not in readable_address(f"{text}@{domain}")


@pytest.mark.parametrize(
    ("written", "known"),
    [("Ann", "ann"), ("Mu\u0308ller", "m\u00fcller"), ("\u0130x", "i\u0307x"), ("用户", "用户")],
)
def test_what_stands_before_the_at_has_one_spelling(written: str, known: str) -> None:
    assert folded_local(written) == known


@given(st.text(max_size=12))
def test_the_one_spelling_is_its_own(text: str) -> None:
    assert folded_local(folded_local(text)) == folded_local(text)
