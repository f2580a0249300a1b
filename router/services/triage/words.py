"""What of a message a classifier reads and is taught: the same text for both."""

import re

from router.services.outbound.parts import ANSWER_MARKS

_ANSWERED = re.compile(
    rf"\s*(?:(?:{ANSWER_MARKS}|fwd?|wg|пересл|转发|轉發) ?(?:\[\d+\])? ?[:：]\s*)+",
    re.IGNORECASE,
)


def words_of(subject: str, text: str) -> str:
    """The text behind its subject, which has no `Re:`; once where the text begins with it."""
    marks = _ANSWERED.match(subject)
    about = subject[marks.end() if marks else 0 :].strip()
    if not about or text.strip().casefold().startswith(about.casefold()):
        return text
    return f"{about}\n{text}" if text else about
