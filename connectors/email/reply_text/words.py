"""The words by which mail programs mark history, looked up over all languages."""

from collections.abc import Iterable

from connectors.email.reply_text import languages_asia, languages_europe

LANGUAGES = languages_europe.LANGUAGES | languages_asia.LANGUAGES
LABEL_KINDS = ("sender", "recipient", "copies", "date", "subject")


def words_of(meaning: str) -> frozenset[str]:
    """All words of all languages for one of the fields of Language."""
    return frozenset(
        word for language in LANGUAGES.values() for word in getattr(language, meaning).split("|")
    )


def longest_first(words: Iterable[str]) -> list[str]:
    """For an alternation: of two words of which one begins the other, the longer is tried first."""
    return sorted(words, key=lambda word: (-len(word), word))


def labels() -> dict[str, frozenset[str]]:
    """Label -> what it may stand for: "de" is a sender, "a" a recipient, "data" a date."""
    found: dict[str, frozenset[str]] = {}
    for kind in LABEL_KINDS:
        for word in words_of(kind):
            found[word] = found.get(word, frozenset()) | {kind}
    return found
