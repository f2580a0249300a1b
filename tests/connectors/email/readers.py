"""Other programs that read a From header: what agents, people and verifiers elsewhere would see."""

import email
import email.errors
import email.policy
import email.utils
import re
from collections.abc import Callable
from email.message import Message

import dkim

from connectors.email.reading.addresses import canonical_address

Reading = frozenset[str]
"""The addresses that a program takes for the authors'; BROKEN if it takes the mail for none."""
BROKEN: Reading = frozenset({"?"})

_NAIVE = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")
_LAST_BRACKET = re.compile(r"<([^<>]*)>[^<>]*$")
_FIRST_BRACKET = re.compile(r"<([^<>]*)>")


def _canonical(found: list[str]) -> Reading:
    return frozenset(canonical_address(one.strip(" '")) or f"? {one}" for one in found if one)


def _old(raw: bytes) -> Message:
    return email.message_from_string(_text(raw), policy=email.policy.compat32)


def _text(raw: bytes) -> str:
    """Raw letters beyond ASCII are UTF-8 (RFC 6532)."""
    return raw.decode("utf-8", "replace")


def old_standard_library(raw: bytes) -> Reading:
    """`email` as most Python programs use it: all From headers, all addresses."""
    values = [str(one) for one in _old(raw).get_all("from", [])]
    return _canonical([address for _, address in email.utils.getaddresses(values)])


def first_of_the_standard_library(raw: bytes) -> Reading:
    """What a program that asks for one address gets."""
    return _canonical([email.utils.parseaddr(str(_old(raw).get("from", "")))[1]])


def new_standard_library(raw: bytes) -> Reading:
    """`email.policy.default`, which follows the grammar of RFC 5322."""
    message = email.message_from_string(_text(raw), policy=email.policy.default)
    values = message.get_all("from", [])
    if any(group.display_name is not None for value in values for group in value.groups):
        return BROKEN
    return _canonical([one.addr_spec for value in values for one in value.addresses])


def signature_library(raw: bytes) -> Reading:
    """The headers by which a DKIM verifier names the author: what a signature covers."""
    fields, _ = dkim.rfc822_parse(raw)
    values = [value for name, value in fields if name.lower() == b"from"]
    found = email.utils.getaddresses([_text(value) for value in values])
    return _canonical([address for _, address in found])


def _lines(raw: bytes) -> list[str]:
    """From as a program finds it that looks for lines, ends them anywhere and minds no blanks."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    unfolded = re.sub(r"\r?\n[ \t]", " ", _text(head))
    found = [re.match(r"\s*from\s*:(.*)", one, re.I) for one in re.split(r"[\r\n\x00]", unfolded)]
    return [one[1] for one in found if one is not None]


def pattern_for_addresses(raw: bytes) -> Reading:
    return _canonical([one for line in _lines(raw) for one in _NAIVE.findall(line)])


def last_bracket(raw: bytes) -> Reading:
    return _canonical([_inside(_LAST_BRACKET, line) for line in _lines(raw)])


def first_bracket(raw: bytes) -> Reading:
    return _canonical([_inside(_FIRST_BRACKET, line) for line in _lines(raw)])


def _inside(bracket: re.Pattern[str], line: str) -> str:
    """Without brackets the whole line, but for comments."""
    found = bracket.search(line)
    return re.sub(r"\(.*\)", "", line) if found is None else found[1]


READERS: tuple[Callable[[bytes], Reading], ...] = (
    old_standard_library,
    first_of_the_standard_library,
    new_standard_library,
    signature_library,
    pattern_for_addresses,
    last_bracket,
    first_bracket,
)


def readings_of(raw: bytes) -> dict[str, Reading]:
    """What each sees. Whatever a reader dies of, its program reads no author."""
    found = {}
    for reader in READERS:
        try:
            found[reader.__name__] = reader(raw)
        except (dkim.DKIMException, email.errors.MessageError, ValueError, LookupError,
                AttributeError, TypeError, RecursionError):  # fmt: skip
            found[reader.__name__] = BROKEN
    return found
