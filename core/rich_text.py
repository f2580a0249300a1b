"""Formatted text: plain characters, and spans that say how some of them look.

The text alone always reads well, so whoever knows no formatting (search, a network without it)
takes it as it is. A list is lines that begin with their own bullet or number.
"""

from enum import StrEnum

import msgspec


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
