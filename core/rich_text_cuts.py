"""Formatted texts cut, joined, and fitted to what a network can show. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from core.rich_text import Mark, Span, normalised


class RichText(NamedTuple):
    """A text with its normal spans."""

    text: str
    spans: tuple[Span, ...] = ()


READS_THE_SAME = frozenset({Mark.LIST, Mark.MENTION})
"""Without these marks a text looks as before: bullets and names are its own characters."""


def sliced(text: str, spans: Sequence[Span], start: int, end: int) -> RichText:
    """The characters from `start` up to `end`, with what of the spans is on them."""
    part = text[start:end]
    inside = (
        msgspec.structs.replace(span, start=span.start - start, end=span.end - start)
        for span in spans
        if span.start < end and span.end > start
    )
    return RichText(part, normalised(part, inside))


def stripped(text: str, spans: Sequence[Span]) -> RichText:
    """Without white space around it; lines of code keep their indentation."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if start >= end:
        return RichText("")
    if start == 0 and all(span.end <= end for span in spans):
        return RichText(text[:end], tuple(spans))
    if any(span.mark is Mark.PRE and span.start <= start < span.end for span in spans):
        start = text.rfind("\n", 0, start) + 1
    return sliced(text, spans, start, end)


def joined(parts: Sequence[RichText], between: str = "\n") -> RichText:
    """One text of several."""
    spans: list[Span] = []
    at = 0
    for part in parts:
        spans += (
            msgspec.structs.replace(span, start=span.start + at, end=span.end + at)
            for span in part.spans
        )
        at += len(part.text) + len(between)
    text = between.join(part.text for part in parts)
    return RichText(text, normalised(text, spans))


def lost_marks(spans: Sequence[Span], shown: Collection[Mark]) -> tuple[Mark, ...]:
    """Which formatting a reader won't see on a network that shows only these marks."""
    used = {span.mark for span in spans}
    return tuple(mark for mark in Mark if mark in used - READS_THE_SAME and mark not in shown)


def fitted(text: str, spans: Sequence[Span], shown: Collection[Mark]) -> RichText:
    """What goes to a network that shows only these marks, so that it reads well there.

    A link that can't be one has its address behind it in brackets, unless the text is the
    address; quoted lines that can't look quoted begin with "> ". Other marks are left out.
    """
    insertions: list[tuple[int, str]] = []
    for span in spans:
        if span.mark in shown:
            continue
        if span.mark is Mark.LINK and not _names(text[span.start : span.end], span.url):
            insertions.append((span.end, f" ({span.url})"))
        elif span.mark is Mark.QUOTE:
            insertions += ((at, "> ") for at in _line_starts(text, span.start, span.end))
    kept = [span for span in spans if span.mark in shown]
    if not insertions:
        return RichText(text, normalised(text, kept))
    return _inserted(text, kept, sorted(insertions, key=lambda one: one[0]))


def _names(shown: str, url: str) -> bool:
    """Whether the text already is the address, but for what everybody leaves out of one."""
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    bare = bare.removeprefix("https://").removeprefix("http://").rstrip("/")
    said = shown.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
    return said == bare


def _line_starts(text: str, start: int, end: int) -> list[int]:
    return [start, *(at + 1 for at in range(start, end) if text[at] == "\n")]


def _inserted(text: str, spans: Sequence[Span], insertions: list[tuple[int, str]]) -> RichText:
    """What is inserted where a span begins or ends stays outside of it."""
    pieces: list[str] = []
    at = 0
    for position, extra in insertions:
        pieces += (text[at:position], extra)
        at = position
    pieces.append(text[at:])
    places = [position for position, _ in insertions]
    added = [0, *accumulate(len(extra) for _, extra in insertions)]
    moved = [
        msgspec.structs.replace(
            span,
            start=span.start + added[bisect_right(places, span.start)],
            end=span.end + added[bisect_left(places, span.end)],
        )
        for span in spans
    ]
    whole = "".join(pieces)
    return RichText(whole, normalised(whole, moved))
