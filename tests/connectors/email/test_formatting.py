"""Formatted replies as mails: a page, and a text that says what only the page shows."""

from core.rich_text import Mark
from tests.connectors.email.test_compose import body, composed, parsed
from tests.unit.rich_texts import rich


def test_formatted_text_is_a_page_and_a_text_that_says_what_the_page_shows() -> None:
    text, spans = rich(
        "Hi {b:Ann},\n{q:you wrote\nthis}\n{a:our terms} and https://x.example/y.\n"
        "{l:• one\n• two}",
        b=Mark.BOLD,
        q=Mark.QUOTE,
        a=(Mark.LINK, "https://x.example/?a=1&b=2"),
        l=Mark.LIST,
    )
    outgoing = composed(text=text, spans=spans, signature="Ada")
    assert body(outgoing, "plain") == (
        "Hi Ann,\n> you wrote\n> this\nour terms (https://x.example/?a=1&b=2) and"
        " https://x.example/y.\n• one\n• two\n\n-- \nAda\n"
    )
    page = body(outgoing, "html")
    assert "Hi <b>Ann</b>," in page
    assert "you wrote<br>this</div></blockquote>" in page
    assert '<a href="https://x.example/?a=1&amp;b=2">our terms</a> and <a href=' in page
    assert "<li>• one</li><li>• two</li></ul>" in page
    assert page.index("• two") < page.index("Ada")
    assert parsed(outgoing).get_content_type() == "multipart/alternative"


def test_formatting_lets_no_markup_into_the_page() -> None:
    text, spans = rich("{b:<script>alert(1)</script>} {p:</pre><b>}", b=Mark.BOLD, p=Mark.CODE)
    page = body(composed(text=text, spans=spans), "html")
    assert "<script" not in page
    assert "&lt;/pre&gt;&lt;b&gt;" in page
