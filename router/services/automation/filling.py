"""Canned replies with their variables filled in, formatting kept. Pure."""

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from core.rich_text import Span, normalised
from core.rich_text_cuts import RichText
from router.services.errors import Refused
from router.services.snippets import SnippetText

Text = TypeVar("Text")

_HOLE = re.compile(r"\{\{\s*([^{}]{1,100}?)\s*\}\}")


def filled(text: SnippetText, facts: Mapping[str, str]) -> RichText:
    """Raises Refused for a variable that nobody knows: nobody is there to fill it in."""
    said, spans = text.text, list(text.spans)
    for hole in reversed(list(_HOLE.finditer(text.text))):
        value = facts.get(hole[1])
        if value is None:
            raise Refused(f"Nothing is known for {{{{{hole[1]}}}}}.", code="unfilled")
        said, spans = _put(said, spans, hole, value)
    return RichText(said, normalised(said, spans))


def pinned(text: SnippetText, name: str, value: str) -> SnippetText:
    """With this value for good wherever the variable of this name stands."""
    said, spans = text.text, list(text.spans)
    for hole in reversed(list(_HOLE.finditer(text.text))):
        if hole[1] == name:
            said, spans = _put(said, spans, hole, value)
    return SnippetText(text=said, spans=tuple(normalised(said, spans)))


def stands_in(text: SnippetText, name: str) -> bool:
    """Whether the variable of this name does."""
    return any(hole[1] == name for hole in _HOLE.finditer(text.text))


def _put(said: str, spans: list[Span], hole: re.Match[str], value: str) -> tuple[str, list[Span]]:
    moved = [_moved(one, hole.end(), len(value) - len(hole[0])) for one in spans]
    return said[: hole.start()] + value + said[hole.end() :], moved


def _moved(span: Span, after: int, by: int) -> Span:
    return msgspec.structs.replace(
        span,
        start=span.start + by if span.start >= after else span.start,
        end=span.end + by if span.end >= after else span.end,
    )


def in_language(texts: Mapping[str, Text], language: str | None) -> Text:
    """Theirs, else its language without the region, else English, else the first."""
    for tag in (language or "", (language or "").partition("-")[0], "en"):
        if tag in texts:
            return texts[tag]
    return texts[sorted(texts)[0]]
