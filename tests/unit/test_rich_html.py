"""Formatted texts as HTML and back: nothing lost, nothing let in."""

from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from core.rich_html import from_html, to_html
from core.rich_text import Mark, Span
from core.rich_text_cuts import RichText
from tests.unit.rich_texts import RICH_TEXTS, rich

OURS = frozenset(
    ("div", "br", "blockquote", "pre", "code", "ul", "li", "a", "b", "i", "u", "s", "span")
)
ATTRIBUTES = frozenset(["style", "class", "href", "data-mention", "data-spoiler"])


@given(whole=RICH_TEXTS)
@example(whole=RichText("\n\na\n\n"))
def test_html_gives_back_what_was_written(whole: RichText) -> None:
    assert from_html(to_html(*whole)) == whole


@given(whole=RICH_TEXTS, more=st.text(max_size=20))
def test_html_holds_no_element_but_ours(whole: RichText, more: str) -> None:
    seen = _Seen()
    seen.feed(to_html(whole.text + more.replace("\x00", ""), whole.spans))
    seen.close()
    assert seen.tags <= OURS
    assert seen.attributes <= ATTRIBUTES
    assert all(style in seen.known_styles for style in seen.styles)


class _Seen(HTMLParser):
    known_styles = frozenset(
        style
        for one in (
            to_html("a", ()),
            to_html(*rich("{q:a}", q=Mark.QUOTE)),
            to_html(*rich("{p:a}", p=Mark.PRE)),
            to_html(*rich("{l:• a}", l=Mark.LIST)),
        )
        for style in one.split('style="')[1:]
        for style in [style.partition('"')[0]]
    )

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles |= {value or "" for name, value in attrs if name == "style"}


def test_a_reply_looks_like_this() -> None:
    text, spans = rich(
        "Hi {b:Ana},\n\n{l:• {a:read this}\n• 1 < 2}\n{p:if x:\n  y}",
        b=Mark.BOLD,
        l=Mark.LIST,
        a=(Mark.LINK, "https://example.org/?a=1&b=2"),
        p=Mark.PRE,
    )
    bare = to_html(text, spans)
    for style in _Seen.known_styles:
        bare = bare.replace(f' style="{style}"', "")
    assert bare == (
        "<div><div>Hi <b>Ana</b>,<br><br></div>"
        '<ul><li>• <a href="https://example.org/?a=1&amp;b=2">read this</a></li>'
        "<li>• 1 &lt; 2</li></ul>"
        "<pre><code>if x:\n  y</code></pre></div>"
    )


def test_html_of_others_is_read_as_text_with_the_marks_that_we_have() -> None:
    html = (
        "<p>Dear <strong>Ana</strong>,</p>\n<p>see <a href='https://example.org'>here</a>"
        "<a href='javascript:alert(1)'> or here</a><br>\n<em>now</em></p>tail"
    )
    assert from_html(html) == rich(
        "Dear {b:Ana},\nsee {a:here} or here\n{i:now}\ntail",
        b=Mark.BOLD,
        a=(Mark.LINK, "https://example.org"),
        i=Mark.ITALIC,
    )


def test_the_language_of_code_comes_back() -> None:
    whole = RichText("x += 1", (Span(mark=Mark.PRE, start=0, end=6, language="c++"),))
    assert from_html(to_html(*whole)) == whole
