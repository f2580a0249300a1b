"""Whether a text holds words: literally, folded, in time that grows with the text alone."""

from core.search_words import fold, is_ideographic

LONGEST = 20_000
"""Characters of a message that are looked at."""


def folded(text: str) -> str:
    """For `holds`: case, width, accents and white space don't count."""
    return " ".join(fold(text[:LONGEST]).split())


def holds(text: str, phrase: str) -> bool:
    """Whether the folded text holds the folded phrase, beginning and ending where words do.

    A `*` at its end stands for any ending. Chinese and Japanese have no borders of words: a phrase
    may begin and end anywhere among them.
    """
    wanted = phrase.removesuffix("*").rstrip() if phrase.endswith("*") else phrase
    if not wanted:
        return False
    is_open = phrase.endswith("*")
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if _is_border(text, at) and (is_open or _is_border(text, end)):
            return True
        at = text.find(wanted, at + 1)
    return False


def _is_border(text: str, at: int) -> bool:
    """Whether no word goes across this place."""
    if not 0 < at < len(text):
        return True
    left, right = text[at - 1], text[at]
    if not (left.isalnum() and right.isalnum()):
        return True
    return is_ideographic(left) or is_ideographic(right)
