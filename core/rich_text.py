"""Formatted text: plain characters, and spans that say how some of them look.

The text alone always reads well, so whoever knows no formatting (search, a network without it)
takes it as it is. A list is lines that begin with their own bullet or number.

`normalised` says what spans look like wherever they are kept or handed on. `core.rich_text_cuts`
cuts, joins and fits such texts; `core.rich_html` writes them as HTML.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from operator import attrgetter
from urllib.parse import urlsplit

import msgspec

MAX_SPANS = 1000
"""Of one text. What comes later is plain."""
MAX_URL = 2048
MAX_HANDLE = 200


class Mark(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    SPOILER = "spoiler"
    """Hidden until it is asked for."""
    CODE = "code"
    PRE = "pre"
    """Lines of code, kept as they are."""
    QUOTE = "quote"
    LINK = "link"
    LIST = "list"
    """Lines that each begin with a bullet ("• ") or a number ("1. ")."""
    MENTION = "mention"
    """Of somebody, by the name that the text shows."""


class Span(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `start` up to, not with, `end`: code points of the text it belongs to."""

    mark: Mark
    start: int
    end: int
    url: str = ""
    """Of a link: http, https, mailto or tel."""
    language: str = ""
    """Of lines of code, if it is known."""
    handle: str = ""
    """Of a mention: the identity's handle in the realm of its network."""


BLOCKS = (Mark.QUOTE, Mark.LIST, Mark.PRE)
"""These cover whole lines. A quote may hold lists and code; a list holds neither of the others."""
ENTRY = re.compile(r"[ \t]*(?:[•‣◦▪*-]|\d{1,9}[.)])[ \t]")
"""How a line of a list begins."""
_STYLES = (Mark.SPOILER, Mark.BOLD, Mark.ITALIC, Mark.UNDERLINE, Mark.STRIKE)
_RANK = {
    mark: rank for rank, mark in enumerate((*BLOCKS, Mark.LINK, Mark.MENTION, *_STYLES, Mark.CODE))
}
"""Who is outside where two cover the same characters."""
_DETAILED = frozenset({Mark.LINK, Mark.MENTION, Mark.PRE})
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")
_FORBIDDEN_IN_URL = re.compile(
    r"[\x00-\x20\x7f-\xa0<>\"`\\^{|}\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_NAMED = (Mark.LINK, Mark.MENTION)
_INLINE = frozenset(Mark) - set(BLOCKS)
_INSIDE = {
    **dict.fromkeys(_STYLES, _INLINE),
    **dict.fromkeys(_NAMED, _INLINE - set(_NAMED)),
    Mark.QUOTE: _INLINE | {Mark.LIST},
    Mark.LIST: _INLINE,
    Mark.PRE: frozenset(),
    Mark.CODE: frozenset(),
}
"""What may stand inside of what."""
_start = attrgetter("start")


def is_safe_url(url: str) -> bool:
    """Whether a link may lead there: a web page, a mail address or a telephone, written whole."""
    if not 0 < len(url) <= MAX_URL or _FORBIDDEN_IN_URL.search(url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    match parts.scheme:
        case "http" | "https":
            return bool(host)
        case "mailto" | "tel":
            return bool(parts.path)
        case _:
            return False


def normalised(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """These spans as they are kept: sorted, outer before inner, none crossing another.

    Clipped to the text, at most MAX_SPANS; of one mark none touch; none of white space only; no
    link or mention inside another, nothing inside code. Blocks cover whole lines (lines of code
    that don't are `CODE`), and no inline mark crosses their borders or begins or ends with a line
    break. What can't be shown so (an unsafe address, a list without entries) is left out; the
    characters all stay. Normal spans come back as they are.
    """
    clean = [kept for span in spans if (kept := _cleaned(text, span)) is not None]
    if not clean:
        return ()
    clean.sort(key=_order)
    if _are_normal(text, clean):
        return tuple(clean)
    of: dict[Mark, list[Span]] = {mark: [] for mark in Mark}
    for span in clean[:MAX_SPANS]:
        of[span.mark].append(span)
    quotes = _disjoint(_whole_lines(text, span) for span in of[Mark.QUOTE])
    edges = _borders(quotes)
    code = of[Mark.CODE] + [
        msgspec.structs.replace(span, mark=Mark.CODE, language="")
        for span in of[Mark.PRE]
        if _is_within_line(text, span)
    ]
    blocks = [_whole_lines(text, span) for span in of[Mark.PRE] if not _is_within_line(text, span)]
    pres = [piece for span in _disjoint(blocks) for piece in _pieces(text, span, edges)]
    edges = _borders([*quotes, *pres])
    lists = [
        found
        for span in _disjoint(_whole_lines(text, span) for span in of[Mark.LIST])
        for piece in _pieces(text, span, edges)
        if not _lies_in(piece.start, pres)
        if (found := _from_first_entry(text, piece)) is not None
    ]
    edges = _borders([*quotes, *pres, *lists], _entry_starts(text, lists))

    def inline(spans: Iterable[Span]) -> list[Span]:
        whole = _disjoint(spans)
        if not whole:
            return []
        pieces = (piece for span in whole for piece in _pieces(text, span, edges))
        return [piece for piece in pieces if not _lies_in(piece.start, pres)]

    codes = inline(code)
    named = [
        piece
        for span in inline([*of[Mark.LINK], *of[Mark.MENTION]])
        for piece in _outside(text, span, codes)
    ]
    styles = [
        piece
        for mark in _STYLES
        for span in inline(of[mark])
        for outside in _outside(text, span, codes)
        for piece in _at_crossings(text, outside, named)
    ]
    everything = [*quotes, *pres, *lists, *codes, *named, *_uncrossed(text, styles)]
    return tuple(sorted(everything, key=_order)[:MAX_SPANS])


def _are_normal(text: str, ordered: Sequence[Span]) -> bool:
    """Whether nothing is to be done, as with most texts. False where that takes long to tell."""
    if len(ordered) > MAX_SPANS:
        return False
    around: list[Span] = []
    ends: dict[Mark, int] = {}
    for span in ordered:
        mark, start, end = span.mark, span.start, span.end
        while around and around[-1].end <= start:
            around.pop()
        outer = around[-1] if around else None
        if (
            (outer is not None and (end > outer.end or mark not in _INSIDE[outer.mark]))
            or start <= ends.get(mark, -1)
            or text[start] == "\n"
            or text[end - 1] == "\n"
        ):
            return False
        if mark in BLOCKS:
            is_whole = start == _line_start(text, start) and end == _line_end(text, end)
            is_list = mark is Mark.LIST and ENTRY.match(text, start, end) is not None
            if not (is_whole and (is_list or mark is Mark.QUOTE)):
                return False
        elif any(one.mark is Mark.LIST for one in around) and text.find("\n", start, end) >= 0:
            return False
        for one in _NAMED if mark in _NAMED else (mark,):
            ends[one] = end
        around.append(span)
    return True


def _order(span: Span) -> tuple[int, int, int]:
    return span.start, -span.end, _RANK[span.mark]


def _cleaned(text: str, span: Span) -> Span | None:
    """Clipped, without what its mark doesn't have; None if nothing of it can be shown."""
    start, end = max(span.start, 0), min(span.end, len(text))
    if start >= end or not text[start:end].strip():
        return None
    if span.mark not in _DETAILED and span == Span(mark=span.mark, start=start, end=end):
        return span
    if span.mark is Mark.LINK and not is_safe_url(span.url):
        return None
    language = span.language if span.mark is Mark.PRE and _LANGUAGE.fullmatch(span.language) else ""
    return Span(
        mark=span.mark,
        start=start,
        end=end,
        url=span.url if span.mark is Mark.LINK else "",
        language=language,
        handle=span.handle[:MAX_HANDLE] if span.mark is Mark.MENTION else "",
    )


def _disjoint(spans: Iterable[Span]) -> list[Span]:
    """Sorted spans of which none touch: alike ones become one, of others the first keeps what
    they share."""
    found: list[Span] = []
    for span in sorted(spans, key=_order):
        last = found[-1] if found else None
        if last is None or span.start > last.end:
            found.append(span)
        elif _is_alike(last, span):
            found[-1] = _moved(last, last.start, max(last.end, span.end))
        elif span.end > last.end:
            found.append(_moved(span, last.end, span.end))
    return found


def _is_alike(one: Span, other: Span) -> bool:
    return (one.mark, one.url, one.language, one.handle) == (
        other.mark,
        other.url,
        other.language,
        other.handle,
    )


def _moved(span: Span, start: int, end: int) -> Span:
    if (start, end) == (span.start, span.end):
        return span
    return msgspec.structs.replace(span, start=start, end=end)


def _trimmed(text: str, span: Span) -> Span | None:
    """Without line breaks at its ends; None if only white space is left."""
    start, end = span.start, span.end
    while start < end and text[start] == "\n":
        start += 1
    while end > start and text[end - 1] == "\n":
        end -= 1
    return _moved(span, start, end) if text[start:end].strip() else None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _whole_lines(text: str, span: Span) -> Span:
    bare = _trimmed(text, span)
    assert bare is not None  # `_cleaned` dropped those of white space only
    return _moved(span, _line_start(text, bare.start), _line_end(text, bare.end))


def _is_within_line(text: str, span: Span) -> bool:
    """Whether other characters share its only line."""
    bare = _trimmed(text, span)
    assert bare is not None
    if "\n" in text[bare.start : bare.end]:
        return False
    around = (
        text[_line_start(text, bare.start) : bare.start],
        text[bare.end : _line_end(text, bare.end)],
    )
    return any(one.strip() for one in around)


def _borders(blocks: Sequence[Span], further: Iterable[int] = ()) -> list[int]:
    found = {at for block in blocks for at in (block.start, block.end)}
    return sorted(found.union(further))


def _pieces(text: str, span: Span, borders: Sequence[int]) -> Iterator[Span]:
    """The span, cut at those of the sorted borders that are inside it."""
    inner = borders[bisect_right(borders, span.start) : bisect_left(borders, span.end)]
    for start, end in zip((span.start, *inner), (*inner, span.end), strict=True):
        piece = _trimmed(text, _moved(span, start, end))
        if piece is not None:
            yield piece


def _around(at: int, ranges: Sequence[Span]) -> Span | None:
    """Of these sorted disjoint spans, the one that begins at or before `at` and ends after it."""
    position = bisect_right(ranges, at, key=_start) - 1
    return ranges[position] if position >= 0 and at < ranges[position].end else None


def _lies_in(at: int, ranges: Sequence[Span]) -> bool:
    return _around(at, ranges) is not None


def _from_first_entry(text: str, span: Span) -> Span | None:
    at = span.start
    while at < span.end:
        if ENTRY.match(text, at, span.end):
            return _moved(span, at, span.end)
        at = _line_end(text, at) + 1
    return None


def _entry_starts(text: str, lists: Sequence[Span]) -> Iterator[int]:
    for span in lists:
        at = span.start
        while at < span.end:
            if ENTRY.match(text, at, span.end):
                yield at
            at = _line_end(text, at) + 1


def _outside(text: str, span: Span, codes: Sequence[Span]) -> Iterator[Span]:
    """What of the span isn't inside code. It may hold a whole piece of code."""
    first, last = _around(span.start, codes), _around(span.end - 1, codes)
    start, end = span.start, span.end
    if first is not None and not (span.start == first.start and span.end >= first.end):
        start = first.end
    if last is not None and not (span.start <= last.start and span.end == last.end):
        end = last.start
    if start < end and (bare := _trimmed(text, _moved(span, start, end))) is not None:
        yield bare


def _at_crossings(text: str, span: Span, named: Sequence[Span]) -> Iterator[Span]:
    """The span, cut where it crosses a link or a mention, so that these stay whole."""
    first, last = _around(span.start, named), _around(span.end - 1, named)
    borders = []
    if first is not None and first.start < span.start and first.end < span.end:
        borders.append(first.end)
    if last is not None and span.start < last.start and span.end < last.end:
        borders.append(last.start)
    yield from _pieces(text, span, borders)


def _uncrossed(text: str, styles: Iterable[Span]) -> Iterator[Span]:
    """The same formatting by spans that don't cross: which began later is cut where another ends.

    None of one mark touch, so there are never more under way than there are marks.
    """
    under_way: list[Span] = []
    for span in sorted(styles, key=_order):
        yield from _ended_by(text, under_way, span.start)
        under_way.append(span)
    yield from _ended_by(text, under_way, None)


def _ended_by(text: str, under_way: list[Span], at: int | None) -> Iterator[Span]:
    while ends := [one.end for one in under_way if at is None or one.end <= at]:
        end = min(ends)
        outermost = next(n for n, one in enumerate(under_way) if one.end == end)
        closed, under_way[outermost:] = under_way[outermost:], []
        for span in closed:
            if span.start < end and (bare := _trimmed(text, _moved(span, span.start, end))):
                yield bare
        rest = [_moved(span, end, span.end) for span in closed if span.end > end]
        under_way.extend(sorted(rest, key=_order))
