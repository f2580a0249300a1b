"""Formatted texts as HTML that every mail program shows, and back. Nothing is lost either way.

Our HTML: `div` (lines), `br`, `blockquote`, `pre` with `code`, `ul` with `li`, `a`, `b`, `i`,
`u`, `s`, `code`, and `span` with `data-spoiler` or `data-mention`. A list's entries begin with
their own bullet or number. All text and attributes are escaped; nothing else is ever written.
"""

from collections.abc import Callable, Sequence
from html import escape
from html.parser import HTMLParser

from core.rich_text import BLOCKS, ENTRY, Mark, Span, is_safe_url, normalised
from core.rich_text_cuts import RichText

_QUOTE_STYLE = "margin:0 0 0 8px;border-left:3px solid #bbb;padding-left:10px"
_PRE_STYLE = "white-space:pre-wrap;font-family:monospace"
_LIST_STYLE = "list-style:none;margin:0;padding:0"
_TAGS = {
    Mark.BOLD: "b",
    Mark.ITALIC: "i",
    Mark.UNDERLINE: "u",
    Mark.STRIKE: "s",
    Mark.CODE: "code",
}
_MARKS = {
    **{tag: mark for mark, tag in _TAGS.items()},
    "strong": Mark.BOLD,
    "em": Mark.ITALIC,
    "ins": Mark.UNDERLINE,
    "del": Mark.STRIKE,
    "strike": Mark.STRIKE,
    "blockquote": Mark.QUOTE,
    "pre": Mark.PRE,
    "ul": Mark.LIST,
    "ol": Mark.LIST,
}
_BLOCK_TAGS = frozenset({"div", "p", "blockquote", "pre", "ul", "ol", "li"})


def to_html(text: str, spans: Sequence[Span]) -> str:
    """The text with its normal spans as one `div`; `from_html` gives back what was put in."""
    if not text:
        return ""
    flow = _flow(text, [span for span in spans if span.start < span.end], 0, len(text))
    return f'<div style="white-space:pre-wrap">{flow}</div>'


def _flow(text: str, spans: list[Span], start: int, end: int) -> str:
    """Lines and blocks, each an element: the line break between two of them isn't written."""
    pieces: list[str] = []
    at = start
    while (first := next((one for one in spans if one.mark in BLOCKS), None)) is not None:
        if first.start > at:
            pieces.append(_lines(text, _within(spans, at, first.start), at, first.start - 1))
        pieces.append(_block(text, first, _within(spans, first.start, first.end)[1:]))
        at = first.end + 1
        spans = [one for one in spans if one.start >= at]
    if at <= end:
        pieces.append(_lines(text, spans, at, end))
    return "".join(pieces)


def _within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    return [one for one in spans if start <= one.start and one.end <= end]


def _block(text: str, span: Span, inner: list[Span]) -> str:
    start, end = span.start, span.end
    match span.mark:
        case Mark.QUOTE:
            flow = _flow(text, inner, start, end)
            return f'<blockquote style="{_QUOTE_STYLE}">{flow}</blockquote>'
        case Mark.PRE:
            language = f' class="language-{escape(span.language)}"' if span.language else ""
            code = escape(text[start:end])
            return f'<pre style="{_PRE_STYLE}"><code{language}>{code}</code></pre>'
        case _:
            return f'<ul style="{_LIST_STYLE}">{_entries(text, inner, start, end)}</ul>'


def _entries(text: str, inner: Sequence[Span], start: int, end: int) -> str:
    starts = [start]
    for at in range(start + 1, end):
        if text[at - 1] == "\n" and ENTRY.match(text, at, end):
            starts.append(at)
    ends = [*(at - 1 for at in starts[1:]), end]
    return "".join(
        f"<li>{_filled(_inline(text, _within(inner, one, to), one, to))}</li>"
        for one, to in zip(starts, ends, strict=True)
    )


def _lines(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    return f"<div>{_filled(_inline(text, spans, start, end))}</div>"


def _filled(inline: str) -> str:
    """A `br` at the end of an element shows no line of its own: after an empty line stand two."""
    return f"{inline}<br>" if not inline or inline.endswith("<br>") else inline


def _inline(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    pieces: list[str] = []
    at = start
    for position, span in enumerate(spans):
        if span.start < at:
            continue  # it was written inside the one before it
        pieces.append(_characters(text[at : span.start]))
        inner = [one for one in spans[position + 1 :] if one.end <= span.end]
        pieces.append(_element(span, _inline(text, inner, span.start, span.end)))
        at = span.end
    pieces.append(_characters(text[at:end]))
    return "".join(pieces)


def _characters(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _element(span: Span, inner: str) -> str:
    match span.mark:
        case Mark.LINK:
            return f'<a href="{escape(span.url)}">{inner}</a>'
        case Mark.MENTION:
            return f'<span data-mention="{escape(span.handle)}">{inner}</span>'
        case Mark.SPOILER:
            return f"<span data-spoiler>{inner}</span>"
        case _:
            tag = _TAGS[span.mark]
            return f"<{tag}>{inner}</{tag}>"


def from_html(html: str) -> RichText:
    """The formatted text of our HTML; of other HTML the text, and of its marks what we have."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "".join(reader.pieces)
    return RichText(text, normalised(text, reader.spans))


class _Open:
    """An element that isn't closed yet."""

    def __init__(self, tag: str, start: int, span: Callable[[int, int], Span] | None) -> None:
        self.tag = tag
        self.start = start
        self.span = span
        self.language = ""


class _Reader(HTMLParser):
    """Writes lines as a browser lays them out: block elements begin and end their own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self._length = 0
        self._open: list[_Open] = []
        self._is_fresh = True
        """Nothing was written since a block element began."""
        self._ends_in_br = False
        self._is_over = False
        """A block element ended, and what follows begins another line."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._write("\n")
            self._ends_in_br = True
            return
        if tag in _BLOCK_TAGS:
            if not self._is_fresh and not self._is_over:
                self._write("\n")
            self._begin_line()
            self._is_fresh = True
        else:
            self._begin_line()
        if tag == "code" and self._open and self._open[-1].tag == "pre":
            self._open[-1].language = values.get("class", "").removeprefix("language-")
            self._open.append(_Open(tag, self._length, None))
            return
        self._open.append(_Open(tag, self._length, _span_of(tag, values)))

    def handle_endtag(self, tag: str) -> None:
        if not any(one.tag == tag for one in self._open):
            return
        while self._open:
            closed = self._open.pop()
            self._close(closed)
            if closed.tag == tag:
                return

    def handle_data(self, text: str) -> None:
        if not any(one.tag == "pre" for one in self._open):
            if "\n" in text and not text.strip():
                return  # how the source is laid out; our own lines are elements
            text = text.replace("\n", " ")
        if self._is_over and not text.strip():
            return
        self._write(text)

    def _begin_line(self) -> None:
        if self._is_over:
            self._is_over = False
            self._write("\n")
        self._ends_in_br = False

    def _write(self, text: str) -> None:
        if not text:
            return
        if self._is_over:
            self._begin_line()
        self.pieces.append(text)
        self._length += len(text)
        self._is_fresh = self._ends_in_br = False

    def _close(self, closed: _Open) -> None:
        if closed.tag in _BLOCK_TAGS:
            if self._ends_in_br:
                self.pieces.pop()
                self._length -= 1
            self._ends_in_br = self._is_fresh = False
            self._is_over = True
        if closed.span is not None and closed.start < self._length:
            span = closed.span(closed.start, self._length)
            if closed.language:
                span = Span(
                    mark=span.mark, start=span.start, end=span.end, language=closed.language
                )
            self.spans.append(span)


def _span_of(tag: str, values: dict[str, str]) -> Callable[[int, int], Span] | None:
    """What makes the element's span of its start and end; None for one without a mark of ours."""
    if tag in _MARKS:
        return lambda start, end: Span(mark=_MARKS[tag], start=start, end=end)
    if tag == "a" and is_safe_url(values.get("href", "")):
        return lambda start, end: Span(mark=Mark.LINK, start=start, end=end, url=values["href"])
    if tag == "span" and "data-mention" in values:
        return lambda start, end: Span(
            mark=Mark.MENTION, start=start, end=end, handle=values["data-mention"]
        )
    if tag == "span" and "data-spoiler" in values:
        return lambda start, end: Span(mark=Mark.SPOILER, start=start, end=end)
    return None
