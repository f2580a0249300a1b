"""Whether something is really ours: by its exact spelling, and never by what it contains."""

import pytest

from router.services.own_addresses import OwnAddress, Verdict, judge

OWN = (
    OwnAddress("E-mail", "help@harbor.example"),
    OwnAddress("Telegram", "harbor_bot", "https://t.me/harbor_bot"),
    OwnAddress("", "harbor.example"),
    OwnAddress("E-mail", "help@crossbank.example"),
    OwnAddress("", "crossbank.example"),
)


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("help@harbor.example", Verdict.OURS),
        (" Help@Harbor.Example ", Verdict.OURS),
        ("Harbor <help@harbor.example>", Verdict.OURS),
        ("mailto:help@harbor.example?subject=a", Verdict.OURS),
        ("@harbor_bot", Verdict.OURS),
        ("t.me/harbor_bot", Verdict.OURS),
        ("https://t.me/Harbor_Bot?start=abc", Verdict.OURS),
        ("https://harbor.example/withdraw", Verdict.OURS),
        ("HTTPS://Harbor.Example:443/вывод", Verdict.OURS),
        ("Büro <MAILTO:help@harbor.example>", Verdict.OURS),
        ("help@harbor.example <thief@else.example>", Verdict.UNKNOWN),
        ("help@harb0r.example", Verdict.LOOKALIKE),
        ("help@hаrbor.example", Verdict.LOOKALIKE),  # a Cyrillic letter
        ("https://xn--hrbor-4ve.example", Verdict.LOOKALIKE),
        ("@harbor_bott", Verdict.LOOKALIKE),
        ("https://t.me/harbor_b0t", Verdict.LOOKALIKE),
        ("https://harbor.example@thief.example/", Verdict.UNKNOWN),
        ("https://thief.example/harbor.example", Verdict.UNKNOWN),
        ("https://harbor.example.thief.example/", Verdict.UNKNOWN),
        ("https://thief.example/?to=help@harbor.example", Verdict.UNKNOWN),
        ("t.me", Verdict.UNKNOWN),
        ("ceo@harbor.example", Verdict.UNKNOWN),
        ("http://[", Verdict.UNKNOWN),
        ("javascript:harbor.example", Verdict.UNKNOWN),
        ("<>", Verdict.UNKNOWN),
        ("help@cro\N{LATIN SMALL LETTER SHARP S}bank.example", Verdict.LOOKALIKE),
        ("https://cro\N{LATIN SMALL LETTER SHARP S}bank.example/", Verdict.LOOKALIKE),
        ("help@crossban\N{KELVIN SIGN}.example", Verdict.LOOKALIKE),
        ("https://crossban\N{KELVIN SIGN}.example/", Verdict.LOOKALIKE),
    ],
)
def test_only_what_is_spelled_as_ours_is_ours(asked: str, verdict: Verdict) -> None:
    found = judge(asked, OWN).verdict

    assert (found is Verdict.OURS) == (verdict is Verdict.OURS)
    if verdict is Verdict.LOOKALIKE:
        assert found is Verdict.LOOKALIKE
