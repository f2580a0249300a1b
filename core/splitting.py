"""Cutting one text into parts that a network takes, at the best border there is."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial

from core.capabilities import TextLimit, TextUnit
from core.rich_text import Mark, Span
from core.rich_text_cuts import RichText, sliced, stripped

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_WORD = re.compile(r"\s+")
BORDERS = (_PARAGRAPH, _LINE, _SENTENCE, _WORD)
SHORTEST_SHARE = 0.4
"""A border is taken only if the part before it fills at least this share of the limit."""
SMALLEST_LIMIT = {TextUnit.CHARACTERS: 1, TextUnit.UTF16: 2, TextUnit.BYTES: 4}
"""Of each unit: what one character may take."""
MARKS = frozenset({"Mn", "Mc", "Me"})
JOINERS = frozenset({"\u200c", "\u200d"})
WHOLE = frozenset({Mark.LINK, Mark.MENTION, Mark.CODE, Mark.PRE})
"""What is not cut while it fits one part."""
ToWire = Callable[[str, Sequence[Span]], str]
"""`Connector.to_wire`."""


def length_of(text: str, unit: TextUnit) -> int:
    match unit:
        case TextUnit.CHARACTERS:
            return len(text)
        case TextUnit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case TextUnit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))


def split_text(text: str, limit: TextLimit) -> tuple[str, ...]:
    """Parts of at most `limit`, which joined hold every visible character of `text` in order.

    Cut at a paragraph, a line, a sentence or a word; inside a word only when nothing else fits;
    inside a combining sequence, a flag or a joined emoji only when it is itself over the limit;
    never inside a surrogate pair. Raises ValueError for a limit that no character fits.
    """
    if limit.length is None or length_of(text, limit.unit) <= limit.length:
        return (text,)
    smallest = SMALLEST_LIMIT[limit.unit]
    if limit.length < smallest:
        raise ValueError(f"a text limit in {limit.unit.value} must be at least {smallest}")
    text = text.strip()
    parts: list[str] = []
    start = 0
    while start < len(text):
        window = text[start : start + limit.length + 1]
        cut = _longest_prefix(window, limit, partial(_beginning, window))
        if start + cut < len(text):
            cut = _best_border(window, cut)
        parts.append(window[:cut].rstrip())
        start += cut
        while start < len(text) and text[start].isspace():
            start += 1
    return tuple(parts) or ("",)


def split_rich(
    text: str, spans: Sequence[Span], limit: TextLimit, to_wire: ToWire
) -> tuple[RichText, ...]:
    """Like `split_text`, of a formatted text, as long as `to_wire` makes it.

    Formatting goes on in the next part. A link, a mention or code is cut only if it fits no part
    by itself; lines of code also where the part before them would be too short.
    """
    if limit.length is None or length_of(to_wire(text, spans), limit.unit) <= limit.length:
        return (RichText(text, tuple(spans)),)
    if limit.length < SMALLEST_LIMIT[limit.unit]:
        raise ValueError(f"a text limit must be at least {SMALLEST_LIMIT[limit.unit]}")
    text, spans = stripped(text, spans)
    parts: list[RichText] = []
    start = 0
    while start < len(text):
        window = sliced(text, spans, start, start + limit.length + 1)
        cut = _longest_rich(window, limit, to_wire)
        if start + cut < len(text):
            whole = [(one.start - start, one.end - start) for one in spans if one.mark in WHOLE]
            cut = _before_whole(_best_border(window.text, cut), cut, limit.length, whole)
        part, wire = _part(window, cut, to_wire)
        while cut > 1 and length_of(wire, limit.unit) > limit.length:
            cut -= 1
            part, wire = _part(window, cut, to_wire)
        parts.append(part)
        start += cut
        start = _next_start(text, spans, start)
    return tuple(parts) or (RichText(""),)


def _beginning(text: str, length: int) -> str:
    return text[:length]


def _longest_rich(window: RichText, limit: TextLimit, to_wire: ToWire) -> int:
    return _longest_prefix(window.text, limit, lambda length: to_wire(*sliced(*window, 0, length)))


def _part(window: RichText, cut: int, to_wire: ToWire) -> tuple[RichText, str]:
    part = sliced(*window, 0, len(window.text[:cut].rstrip()))
    return part, to_wire(*part)


def _before_whole(cut: int, longest: int, limit: int, whole: Sequence[tuple[int, int]]) -> int:
    """The cut, or where begins what it would cut in two though it fits one part."""
    for start, end in whole:
        if 0 < start < cut < end and end - start <= limit:
            return start
    return cut


def _next_start(text: str, spans: Sequence[Span], start: int) -> int:
    """Past the white space there; the indentation of code is no white space."""
    at = start
    while at < len(text) and text[at].isspace():
        at += 1
    if any(one.mark is Mark.PRE and one.start < at < one.end for one in spans):
        return max(text.rfind("\n", start, at) + 1, start)
    return at


def _longest_prefix(text: str, limit: TextLimit, wire_of: Callable[[int], str]) -> int:
    """How much of the text fits, measured by what is sent of that many characters. At least 1."""
    assert limit.length is not None
    low, high = 1, min(len(text), limit.length)
    while low < high:
        middle = (low + high + 1) // 2
        if length_of(wire_of(middle), limit.unit) <= limit.length:
            low = middle
        else:
            high = middle - 1
    return low


def _best_border(window: str, longest: int) -> int:
    """Where to cut; `window` shows one character more than could be taken, or more."""
    seen = window[: longest + 1]
    shortest = max(int(longest * SHORTEST_SHARE), 1)
    for border in BORDERS:
        ends = (min(match.end(), longest) for match in border.finditer(seen))
        cuts = [cut for cut in ends if cut >= shortest and not _joins(seen, cut)]
        if cuts:
            return cuts[-1]
    for cut in range(longest, 0, -1):
        if not _joins(seen, cut):
            return cut
    return longest


def _joins(text: str, cut: int) -> bool:
    """Whether a cut there would be inside what is seen as one character (UAX 29, roughly)."""
    if cut >= len(text):
        return False
    before, after = text[cut - 1], text[cut]
    if unicodedata.category(after) in MARKS or after in JOINERS or before == "\u200d":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # a skin tone, or the tags of a region's flag
    if "\u1160" <= after <= "\u11ff" and ("\u1100" <= before <= "\u11ff" or before >= "\uac00"):
        return True  # a vowel or final of the same Korean syllable
    return _is_flag_half(after) and _flag_halves_before(text, cut) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, cut: int) -> int:
    count = 0
    while count < cut and _is_flag_half(text[cut - 1 - count]):
        count += 1
    return count
