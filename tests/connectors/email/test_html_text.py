"""What is read of HTML: the words of the person, as good as from plain text."""

import time

import pytest

from connectors.email.html.rendering import to_lines, to_text
from connectors.email.reply_text.quoting import reply_of_lines
from tests.connectors.email.quoting.html_forms import HTML_FORMS

LONGEST_S = 2.0


@pytest.mark.parametrize("form", HTML_FORMS)
def test_words_are_told_from_history_in_html(form: str) -> None:
    html, words = HTML_FORMS[form]
    assert reply_of_lines(to_lines(html)) == words


def test_nothing_but_a_quote_leaves_no_reply() -> None:
    assert reply_of_lines(to_lines('<blockquote type="cite">old</blockquote>')) == ""


def test_text_of_html_keeps_lines_lists_rows_and_quotes() -> None:
    html = (
        "<style>p{}</style><h1>Title</h1><p>one<br>two</p><ol start=1><li>a<li>b</ol>"
        "<table><tr><td>x</td><td>y</td></tr></table>"
        '<blockquote type="cite">old<blockquote type="cite">older</blockquote></blockquote>'
        "<script>no()</script><p>a&nbsp;&nbsp;b &lt;c&gt;</p>"
    )
    assert to_text(html) == (
        "Title\n\none\ntwo\n\n1. a\n2. b\n\nx y\n\n> old\n>\n>> older\n\na b <c>"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<div></b>" * 60_000,
        "<table><tr><td>" * 30_000,
        '<blockquote type="cite">' * 250 + "x",
        "<blockquote type=cite>x</blockquote>y" * 20_000,
        "<p class='gmail_quote'>x" * 30_000,
        "<" * 500_000,
        "<!--" * 200_000,
        "&nbsp;" * 150_000,
        "<br>" * 200_000,
        "<a " + "x=y " * 200_000 + ">z",
        "<li>x" * 100_000,
        "<div style='border:none;border-top:solid " + " " * 100_000 + "'>x</div>" + "y" * 1000,
    ],
    ids=lambda html: f"{html[:24]} {len(html)}",
)
def test_hard_html_is_read_in_time(html: str) -> None:
    started = time.process_time()
    reply_of_lines(to_lines(html))
    assert time.process_time() - started < LONGEST_S
