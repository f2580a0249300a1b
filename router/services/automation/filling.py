"""Canned replies with their variables filled in, formatting kept. Pure."""

import re
from collections.abc import Mapping

import msgspec

from core.rich_text import Span, normalised
from core.rich_text_cuts import RichText
from router.services.errors import Refused
from router.services.snippets import SnippetText

_HOLE = re.compile(r"\{\{\s*([^{}]{1,100}?)\s*\}\}")


def filled(text: SnippetText, facts: Mapping[str, str]) -> RichText:
    """Raises Refused for a variable that nobody knows: nobody is there to fill it in."""
    said, spans = text.text, list(text.spans)
    for hole in reversed(list(_HOLE.finditer(text.text))):
        value = facts.get(hole[1])
        if value is None:
            raise Refused(f"Nothing is known for {{{{{hole[1]}}}}}.", code="unfilled")
        said = said[: hole.start()] + value + said[hole.end() :]
        spans = [_moved(one, hole.end(), len(value) - len(hole[0])) for one in spans]
    return RichText(said, normalised(said, spans))


def _moved(span: Span, after: int, by: int) -> Span:
    return msgspec.structs.replace(
        span,
        start=span.start + by if span.start >= after else span.start,
        end=span.end + by if span.end >= after else span.end,
    )


def in_language(texts: Mapping[str, SnippetText], language: str | None) -> SnippetText:
    """Theirs, else its language without the region, else English, else the first."""
    for tag in (language or "", (language or "").partition("-")[0], "en"):
        if tag in texts:
            return texts[tag]
    return texts[sorted(texts)[0]]
