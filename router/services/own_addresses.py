"""Whether an address, a name or a link is really ours. Pure.

A name counts only where its network gives it to one account alone; a network that gives links to
us is one where that is so.
"""

import contextlib
import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

ALIKE = 0.82
"""From here on two spellings are taken for one by somebody in a hurry."""
LONGEST = 400
_MAILTO = "mailto:"
_PORT = re.compile(r":\d*$")


class Verdict(StrEnum):
    OURS = "ours"
    LOOKALIKE = "lookalike"
    """Not ours, and close enough to one of ours to be taken for it."""
    UNKNOWN = "unknown"


class OwnAddress(NamedTuple):
    """One way in which we are known to the world."""

    channel: str
    """What people call the channel."""
    name: str
    """An address with an @, a bot's name, or a host."""
    url: str = ""
    """Where the network shows us; without what follows its path."""


class Judged(NamedTuple):
    verdict: Verdict
    address: OwnAddress | None = None
    """Which one it is, or which it looks like."""


def judge(asked: str, own: Sequence[OwnAddress]) -> Judged:
    """Spelled exactly as ours, whatever the case of its letters, or not ours.

    Only ASCII is: case folding makes one of spellings that are two in DNS, such as ß and ss.
    """
    spellings = _spellings(asked.strip()[:LONGEST])
    exact = {one.lower() for one in spellings if one.isascii()}
    for one in own:
        if exact & _known(one):
            return Judged(Verdict.OURS, one)
    skeletons = {_skeleton(one) for one in spellings}
    for one in own:
        if any(_is_alike(a, _skeleton(b)) for a in skeletons for b in _known(one)):
            return Judged(Verdict.LOOKALIKE, one)
    return Judged(Verdict.UNKNOWN)


def _known(one: OwnAddress) -> set[str]:
    known = {one.name.lower()}
    if one.url:
        known.add(_place(one.url))
    return known


def _spellings(text: str) -> set[str]:
    """What is asked about, as typed: from a mail's sender line, a link, or as it stands."""
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    if text[: len(_MAILTO)].lower() == _MAILTO:
        return {text[len(_MAILTO) :].partition("?")[0]}
    if "://" in text or ("/" in text and "@" not in text):
        return _of_link(text)
    return {text, text.removeprefix("@")} - {""}


def _of_link(text: str) -> set[str]:
    """A link is ours if its host is, or our page on a network; never by what else it holds."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = _PORT.sub("", parts.netloc).strip("[]")  # `hostname` is in lower case already
    except ValueError:
        return set()
    if parts.username is not None or parts.scheme not in ("http", "https"):
        return set()  # https://ours@theirs.example goes to theirs
    return {host, f"{host}{parts.path.rstrip('/')}"} - {""}


def _place(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}"


def _skeleton(text: str) -> str:
    """Letters that look alike are one: an approximation, for a warning and nothing else."""
    with contextlib.suppress(UnicodeError):
        text = text.encode("ascii").decode("idna") if "xn--" in text else text
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain.translate(_ALIKE_LETTERS).replace("rn", "m").replace("vv", "w")


# Cyrillic and Greek letters, and digits, that stand in for Latin ones.
_ALIKE_LETTERS = str.maketrans("асеорхуіѕјԁвкмнтαορν01", "aceopxyisjdbkmhtaopvol")


def _is_alike(a: str, b: str) -> bool:
    if ("@" in a) != ("@" in b):
        return False
    if min(len(a), len(b)) < 5:
        return a == b
    from difflib import SequenceMatcher  # with the first that is compared

    return a == b or SequenceMatcher(None, a, b).ratio() >= ALIKE
