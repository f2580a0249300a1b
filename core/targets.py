"""What is owed in a case, and why it is owed no more: the words alone."""

from enum import StrEnum


class Target(StrEnum):
    """What is owed."""

    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"
    PROMISE = "promise"


class Ending(StrEnum):
    """Why a deadline runs no more."""

    ANSWERED = "answered"
    SOLVED = "solved"
    KEPT = "kept"
    """Of a promise: an agent says that it was."""
    WITHDRAWN = "withdrawn"
