"""Which language a page without an account speaks."""

from collections.abc import Collection


def first_language(accepted: str, known: Collection[str]) -> str:
    """The first of Accept-Language that is known, else English; the browser's order counts, since
    quality values keep it."""
    for one in accepted.split(",")[:20]:
        language = one.partition(";")[0].strip().lower().partition("-")[0]
        if language in known:
            return language
    return "en"
