"""What people say of themselves that may be a handle of theirs: addresses and numbers they typed.

Pure, and linear in the text. A hint proves nothing: it may at most let an agent look.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.people import CLAIMED_PREFIX

ADDRESS = "address"
PHONE = "phone"
MOST_TEXT = 20_000
"""Characters that are looked at."""
MOST_HINTS = 5
"""Of one message: a list of addresses is nobody's own."""
_REALMS = {"email": ADDRESS, "phone": PHONE}
REALMS = tuple(prefix + realm for prefix in ("", CLAIMED_PREFIX) for realm in _REALMS)
"""Of identities that somebody may type, proven and claimed."""
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}(?![\w-])")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)[1-9][\d ()./-]{6,22}\d(?!\w)")
# fmt: off
_OF_EVERYBODY = frozenset(
    {
        "abuse", "accounts", "admin", "billing", "contact", "customercare", "enquiries",
        "feedback", "hello", "help", "helpdesk", "hi", "hr", "info", "inquiries", "it", "jobs",
        "mail", "mailer-daemon", "marketing", "me", "na", "name", "no-reply", "nobody", "none",
        "noreply", "office", "postmaster", "press", "root", "sales", "security", "service",
        "shop", "support", "team", "test", "user", "webmaster", "yourname",
    }
)
# fmt: on
"""Local parts that name a desk, a program or an example, and no human."""


class Hint(NamedTuple):
    kind: str
    value: str


def hints_in(texts: Iterable[str]) -> list[Hint]:
    """What was typed, in the order in which it stands; none where there are too many."""
    found = dict.fromkeys(hint for text in texts for hint in _found(text[:MOST_TEXT]))
    return list(found) if len(found) <= MOST_HINTS else []


def hint_of(realm: str, handle: str) -> Hint | None:
    """What an identity, claimed or proven, would be called if somebody typed it."""
    kind = _REALMS.get(realm.removeprefix(CLAIMED_PREFIX))
    if kind == ADDRESS:
        return _address(handle)
    return _phone(f"+{handle.removeprefix('+')}") if kind == PHONE else None


def handles_of(hint: Hint) -> tuple[list[str], list[str]]:
    """(realms, handles) under which an identity of this hint may be known, claimed or proven."""
    realms = [realm for realm, kind in _REALMS.items() if kind == hint.kind]
    handles = [hint.value, f"+{hint.value}"] if hint.kind == PHONE else [hint.value]
    return realms + [CLAIMED_PREFIX + realm for realm in realms], handles


def is_telling(name: str) -> bool:
    """Whether a display name says more than a given name: it has two words of letters."""
    words = [word for word in name.split() if sum(map(str.isalpha, word)) > 1]
    return len(words) > 1


def _found(text: str) -> Iterator[Hint]:
    for match in _ADDRESS.finditer(text):
        if (hint := _address(match[0])) is not None:
            yield hint
    for match in _PHONE.finditer(text):
        if (hint := _phone(match[0])) is not None:
            yield hint


def _address(text: str) -> Hint | None:
    local, _, domain = text.lower().rpartition("@")
    local = local.split("+")[0]
    if not domain or ".." in text or local in _OF_EVERYBODY or len(local) < 2:
        return None
    return Hint(ADDRESS, f"{local}@{domain}")


def _phone(text: str) -> Hint | None:
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    digits = digits.removeprefix("00")
    is_number = 8 <= len(digits) <= 15 and len(set(digits)) > 2  # E.164: at most 15
    return Hint(PHONE, digits) if is_number else None
