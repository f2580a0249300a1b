"""How somebody says, in the desk's languages, that what was linked is not theirs. Pure."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "de": "das bin ich nicht",
    "en": "not me",
    "es": "no soy yo",
    "fr": "ce n'est pas moi",
    "pt": "não sou eu",
    "ru": "это не я",
    "uk": "це не я",
    "zh": "不是我",
}
"""By language: what an answer has to consist of."""
LONGEST = 40
_ALSO = ("that's not me", "thats not me", "this is not me", "not mine", "这不是我", "не я")
_ALL = frozenset((*PHRASES.values(), *_ALSO))


def is_not_me(text: str) -> bool:
    """Whether a message consists of such words, whatever its case and full stop."""
    if len(text) > LONGEST:
        return False
    plain = text.strip().strip("\"'«»“”.!。！").strip().replace("\u2019", "'").casefold()
    return " ".join(plain.split()) in _ALL
