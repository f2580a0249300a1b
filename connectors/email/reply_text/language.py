"""What is known of one language: the words by which its mail programs mark history."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """All in lower case, forms of one meaning parted by "|"."""

    wrote: str
    """What an attribution says: "On ... Ann wrote:"."""
    sender: str
    """The labels before the colon of a quoted head: "From: ..."."""
    recipient: str
    copies: str
    date: str
    subject: str
    original: str
    """Titles between dashes: "--- Original Message ---"."""
    forwarded: str
