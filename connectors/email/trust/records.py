"""What the DNS says of the names that a mail depends on, as plain values.

The processes that read mails open no connection: they say which names they need, and get this.
"""

from collections.abc import Mapping

Records = Mapping[str, tuple[str, ...] | None]
"""TXT records by name (lower case, no dot at the end): all of them, or none; None: the DNS could
not tell for now."""


class DnsTrouble(Exception):
    """The DNS could not tell for now: nobody is believed on that, and nothing is refuted."""


def texts_of(records: Records, name: str) -> tuple[str, ...]:
    """Raises DnsTrouble; a name that nobody looked up is trouble too."""
    found = records.get(name.lower().rstrip("."))
    if found is None:
        raise DnsTrouble(name)
    return found
