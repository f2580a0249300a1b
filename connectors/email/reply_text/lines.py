"""A text as lines that know how deep they are quoted, whether it was plain or HTML."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

from connectors.email.reply_text.words import words_of

MAX_LINE = 1000
"""Characters of a line that the rules look at."""

MAX_LINES = 20_000
"""Lines that the rules look at; what is after them goes with the last of these."""

_QUOTE = re.compile(r" ?(?:[>＞] ?)+")
_INITIALS = re.compile(r" ?[^\W\d_]{2,3}>{1,4}(?= |$)")
"""Some programs put the initials of the quoted before each mark: "AB> text"."""
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2065)]
)
_INVISIBLE |= dict.fromkeys(range(0x2066, 0x206A))
"""Marks that clients put around names and dates: direction, zero width, soft hyphens."""
_ONE_WAY = {0x2019: "'", 0x2BC: "'", 0x130: "I"}
"""What programs write in two ways: apostrophes, and a capital that no lower case fits."""
_SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")


_GLUED_TITLE = re.compile(r"([^\n]{1,800}?[^-\s]) {0,3}(-{4,20} ?[^-]{4,60}-{4,20}) {0,3}")
_TITLES = words_of("original")
_GROUPWISE = re.compile(
    r">{2,3} (?=[^>]{0,200}(?:\d[./-]\d|@))[^<>]{2,200}(?:<[^<>]{3,200}>)?[^<>]{0,60} >{2,3} {0,3}"
)
"""An attribution, not a quote: `>>> Ann Lee <ann@people.example> 05.01.2026 15:04 >>>`."""


class Mark(Enum):
    """What the markup of a mail says at this place. A line with a mark has no text."""

    HISTORY = auto()
    """From here on all is history."""
    ATTRIBUTION = auto()
    """The next lines name whom the quoted lines after them are by."""
    SIGNATURE = auto()
    SIGNATURE_END = auto()


@dataclass(frozen=True, slots=True)
class Line:
    shown: str
    """As it is kept in the reply, with its quote marks."""
    text: str
    """As the rules see it: without quote marks and invisible characters, with plain spaces."""
    depth: int = 0
    mark: Mark | None = None
    is_marked_quote: bool = False
    """Quoted by markup, so nobody typed that mark."""
    is_coloured: bool = False
    """Some of it is in a colour that stands out, as answers between the lines of others are."""


def read_lines(text: str) -> list[Line]:
    """The lines of a plain text."""
    shown = text.split("\n")
    if "----" in text:
        shown = [piece for line in shown for piece in _parted_at_title(line)]
    rest = [Line(shown=one, text=one[:MAX_LINE]) for one in shown[MAX_LINES:]]
    return [*map(_read_line, shown[:MAX_LINES]), *rest]


def to_quoted(shown: str, depth: int, *, is_coloured: bool = False) -> Line:
    """A line of HTML that stands in so many quotes."""
    prefix = ">" * depth + " " if depth else ""
    return Line(
        shown=(prefix + shown).rstrip(),
        text=folded(shown[:MAX_LINE]),
        depth=depth,
        is_marked_quote=depth > 0,
        is_coloured=is_coloured,
    )


def folded(text: str) -> str:
    """For comparison: no invisible characters, digits of any script as ASCII, one kind of space."""
    if "&nbsp;" in text:
        text = text.replace("&nbsp;", " ")
    if not text.isascii():
        text = text.translate(_INVISIBLE).translate(_SPACES).translate(_ONE_WAY)
        if any(one.isdecimal() and not one.isascii() for one in text):
            text = "".join(
                str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text
            )
    return text.strip()


def _parted_at_title(line: str) -> tuple[str, ...]:
    """Two lines where a program put its title right behind the last words."""
    if "----" not in line[1:MAX_LINE] or line.lstrip().startswith(("-", ">")):
        return (line,)
    match = _GLUED_TITLE.fullmatch(line[:MAX_LINE])
    if match is None or match[2].strip("- ").lower() not in _TITLES:
        return (line,)
    return (match[1], match[2])


def _read_line(shown: str) -> Line:
    start = shown[:MAX_LINE]
    if start[:2].lstrip(" \u200e\u200f")[:1] not in (">", "＞"):
        named = _INITIALS.match(start) if ">" in start[:6] else None
        if named is None:
            return Line(shown=shown, text=folded(start))
        return Line(shown=shown, text=folded(start[named.end() :]), depth=named[0].count(">"))
    if start.startswith(">>") and start.rstrip().endswith(">>") and _GROUPWISE.fullmatch(start):
        return Line(shown=shown, text=folded(start))
    match = _QUOTE.match(start.lstrip("\u200e\u200f"))
    prefix = match[0] if match is not None else ""
    depth = prefix.count(">") + prefix.count("＞")
    return Line(shown=shown, text=folded(start[len(prefix) :]), depth=depth)
