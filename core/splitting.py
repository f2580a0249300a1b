"""Cutting one text into parts that a network takes, at the best border there is."""

import re

from core.capabilities import TextLimit, TextUnit

_PARAGRAPH = re.compile(r"\n[ \t]*\n+")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_WORD = re.compile(r"\s+")
BORDERS = (_PARAGRAPH, _LINE, _SENTENCE, _WORD)
SHORTEST_SHARE = 0.4
"""A border is taken only if the part before it fills at least this share of the limit."""


def length_of(text: str, unit: TextUnit) -> int:
    match unit:
        case TextUnit.CHARACTERS:
            return len(text)
        case TextUnit.UTF16:
            return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)
        case TextUnit.BYTES:
            return len(text.encode())


def split_text(text: str, limit: TextLimit) -> tuple[str, ...]:
    """Parts of at most `limit`, which joined hold every visible character of `text` in order.

    Cut at a paragraph, a line, a sentence or a word; inside a word only when nothing else fits;
    never inside a surrogate pair, a combining sequence or a joined emoji.
    """
    if limit.length is None or length_of(text, limit.unit) <= limit.length:
        return (text,)
    if limit.length < 1:
        raise ValueError("a text limit must be at least 1")
    parts: list[str] = []
    rest = text.strip()
    while length_of(rest, limit.unit) > limit.length:
        longest = _longest_prefix(rest, limit)
        cut = _best_border(rest, longest)
        part = rest[:cut].rstrip()
        if part:
            parts.append(part)
        rest = rest[cut:].lstrip()
    if rest:
        parts.append(rest)
    return tuple(parts)


def _longest_prefix(text: str, limit: TextLimit) -> int:
    assert limit.length is not None
    low, high = 1, min(len(text), limit.length)
    while low < high:
        middle = (low + high + 1) // 2
        if length_of(text[:middle], limit.unit) <= limit.length:
            low = middle
        else:
            high = middle - 1
    return low


def _best_border(text: str, longest: int) -> int:
    window = text[: longest + 1]
    shortest = int(longest * SHORTEST_SHARE)
    for border in BORDERS:
        cuts = [match.end() for match in border.finditer(window) if match.start() <= longest]
        cuts = [min(cut, longest) for cut in cuts if min(cut, longest) >= max(shortest, 1)]
        if cuts:
            return cuts[-1]
    return _whole_character(text, longest)


def _whole_character(text: str, cut: int) -> int:
    start = cut
    while cut > 1 and cut < len(text) and _joins(text[cut - 1], text[cut]):
        cut -= 1
    return cut if cut > 1 else start


def _joins(before: str, after: str) -> bool:
    joiner, selector = "\u200d", "\ufe0f"
    combining = "\u0300" <= after <= "\u036f" or after in (joiner, selector)
    skin_tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    return combining or skin_tone or before == joiner
