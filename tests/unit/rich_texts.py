"""Formatted texts for property tests: crossing, out of range and unsafe spans included."""

from hypothesis import strategies as st

from core.rich_text import Mark, Span, normalised
from core.rich_text_cuts import RichText

URLS = (
    "https://example.org/a?b=1&c=2",
    "http://example.org",
    "mailto:ana@example.org",
    "tel:+15550100",
)
UNSAFE = (
    "javascript:alert(1)",
    "data:text/html,x",
    "//example.org",
    "https://",
    "ftp://a.b",
    "https://a b",
    "",
)
PIECES = (
    "a",
    "b",
    " ",
    "\n",
    "• ",
    "1. ",
    "\u4f60",
    "\U0001f600",
    "<",
    "&amp;",
    '"',
    "`",
    "\t",
    "> ",
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
ANY_SPANS = st.lists(
    st.builds(
        Span,
        mark=st.sampled_from(Mark),
        start=st.integers(-2, 40),
        end=st.integers(-2, 40),
        url=st.sampled_from(URLS + UNSAFE),
        language=st.sampled_from(("", "python", "c++", "<b>")),
        handle=st.sampled_from(("17", 'x"y')),
    ),
    max_size=9,
)
RICH_TEXTS = st.builds(
    lambda text, spans: RichText(text, normalised(text, spans)), TEXTS, ANY_SPANS
)


def rich(marked: str, **of: tuple[Mark, str] | Mark) -> RichText:
    """A text written as `{a:bold words} and {b:others}`, and the mark (and address) of each."""
    text, spans, under_way = "", [], []
    rest = marked
    while rest:
        if rest[0] == "{" and rest[1:2].isalpha() and rest[2:3] == ":":
            under_way.append((rest[1], len(text)))
            rest = rest[3:]
        elif rest[0] == "}" and under_way:
            name, start = under_way.pop()
            wanted = of[name]
            mark, url = wanted if isinstance(wanted, tuple) else (wanted, "")
            spans.append(Span(mark=mark, start=start, end=len(text), url=url))
            rest = rest[1:]
        else:
            text, rest = text + rest[0], rest[1:]
    return RichText(text, normalised(text, spans))
