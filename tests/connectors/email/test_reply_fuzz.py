"""A22, A43: whatever the text or HTML, the scanner answers, invents nothing, and is quick."""

import importlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email.html.rendering import to_lines
from connectors.email.html.safe import make_safe
from connectors.email.html.styles import safe_style
from connectors.email.reply_text.lines import MAX_LINE
from connectors.email.reply_text.quoting import reply_of, reply_of_lines
from tests.connectors.email.quoting.attributions import ATTRIBUTIONS
from tests.connectors.email.quoting.closings import CLOSINGS
from tests.connectors.email.quoting.heads import HEADS
from tests.connectors.email.quoting.html_forms import HTML_FORMS

MODULES = (
    "reply_text.attributions",
    "reply_text.closing_words",
    "reply_text.heads",
    "reply_text.lines",
    "reply_text.texts",
    "html.depth",
    "html.marks",
    "html.rendering",
    "html.styles",
)
NEAR = (
    *("a", " ", ">", "> ", "-", "_", "*", ":", "：", ".", "@", "a@", "a@b", "<", "<a", "<!--"),
    *("1", "1.", "12:", "2026", "On ", "wrote", "wrote:", "sent from ", "reply ", "write "),
    *("发", "我的iPhone", "ن", "\u200b", "\xa0", "border-top: solid ", "display: ", "http://a"),
    *("external ", "consider ", "get a", "[cid:", "gesendet ", "von ", "a ", "ab-", "iPhone "),
)
LONGEST_S = 0.1

pieces = st.sampled_from(
    [
        *ATTRIBUTIONS.values(),
        *HEADS.values(),
        *CLOSINGS.values(),
        *("", "> quoted", ">> deeper", "words of my own", "-- ", "From: x", "\t", "\u202e", "> "),
    ]
)
marked = st.sampled_from(
    [html for html, _ in HTML_FORMS.values()]
    + ["<div>", "</div>", "<blockquote type=cite>", "</blockquote>", "<p>x", "<table><tr><td>"]
)


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (f"{module}.{name}", value)
        for module in MODULES
        for name, value in sorted(
            vars(importlib.import_module(f"connectors.email.{module}")).items()
        )
        if isinstance(value, re.Pattern)
    ]


@pytest.mark.parametrize(("name", "pattern"), patterns(), ids=lambda one: str(one)[:60])
def test_no_expression_takes_long_over_what_almost_fits(
    name: str, pattern: re.Pattern[str]
) -> None:
    for piece in NEAR:
        for end in ("", "!", "\n", ":"):
            text = (piece * MAX_LINE)[: MAX_LINE * 2] + end
            for look in (pattern.search, pattern.match, pattern.fullmatch):
                started = time.process_time()
                look(text)
                assert time.process_time() - started < LONGEST_S, (name, piece)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=12))
def test_every_line_of_a_reply_stands_in_the_text(parts: list[str]) -> None:
    text = "\n".join(parts)
    reply = reply_of(text)
    assert bool(reply) is bool(text.strip())
    lines = {line.strip() for line in text.split("\n")}
    assert all(line.strip() in lines for line in reply.split("\n"))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_a_reply(text: str) -> None:
    assert isinstance(reply_of(text), str)


@settings(max_examples=200, deadline=None)
@given(st.lists(marked, max_size=6))
def test_a_reply_in_html_is_of_its_text(parts: list[str]) -> None:
    html = "".join(parts)
    lines = to_lines(html)
    shown = {line.shown.strip() for line in lines}
    assert all(line.strip() in shown for line in reply_of_lines(lines).split("\n") if line)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="<>/\"'=abdivstyleonrc!- &;:()\\\x00\n", max_size=200))
def test_any_html_is_made_safe_and_stays_so(html: str) -> None:
    made = make_safe(html)
    assert made is not None
    assert make_safe(made) == made


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abcurl()/*\\;:'\"@-#0 expresion", max_size=80))
def test_no_style_keeps_what_loads_or_hides(style: str) -> None:
    kept = safe_style(style).lower()
    assert not re.search(r"url\(|expression|\\|@|/\*", kept)


def test_time_of_a_whole_text_grows_with_its_length() -> None:
    def seconds(count: int) -> float:
        text = "\n".join([*ATTRIBUTIONS.values(), *HEADS.values(), "words"] * count)
        text = re.sub(r"(?m)^(.{0,40}):", r"\1", text)
        started = time.process_time()
        reply_of(text)
        return time.process_time() - started

    small, large = min(seconds(5) for _ in range(3)), min(seconds(20) for _ in range(3))
    assert large < max(small * 4 * 1.5, 0.1)
