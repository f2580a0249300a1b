"""Mail addresses: the strict reading that decides who wrote, and a tolerant one for lists.

Own parser, linear in its input: the standard one is quadratic, dies of nested comments, and on
Python before 3.11.10 returns the wrong address for some inputs (CVE-2023-27043).
"""

import re
import unicodedata
from dataclasses import dataclass

from connectors.email.reading.charsets import decode_bytes, decode_words
from core.domains import ascii_domain

MAX_ADDRESSES = 500
MAX_ADDRESS = 320
LOCAL_PART_LIMIT = 64

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LOOSE_LOCAL = re.compile(rf"(?:{_ATEXT}|\.)+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_SAFE_QUOTED = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
_BLANKS = re.compile(r"\s+")
# Joiners (U+200C, U+200D) are left in names: Persian and emoji need them. No address has any.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    address: str
    """Canonical: lower case, domain in its ASCII form."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList:
    mailboxes: tuple[Mailbox, ...] = ()
    is_exact: bool = True
    """Every part of the header was a well-formed address; nothing was guessed or skipped."""
    has_group: bool = False


def canonical_address(text: str) -> str | None:
    """The one spelling of an address by which an identity is known; None if it is not one.

    Case is folded in the local part too: no provider tells two people apart by it.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if not text or len(text) > MAX_ADDRESS or _NOT_IN_ADDRESS.search(text):
        return None
    local, at, domain = text.rpartition("@")
    if not at:
        return None
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        inner = local[1:-1]
        if not _SAFE_QUOTED.fullmatch(inner):
            return None
        local = inner if _DOT_ATOM.fullmatch(inner) else local
    # Dots that RFC 5322 forbids (`a..b@`, `.a@`) are real addresses at some Japanese carriers.
    elif not _LOOSE_LOCAL.fullmatch(local):
        return None
    ascii_domain = canonical_domain(domain)
    if ascii_domain is None:
        return None
    return f"{local.lower()}@{ascii_domain}"


def canonical_domain(text: str) -> str | None:
    """Lower case and IDNA ASCII form; None if it is no domain name (literals included)."""
    text = text.strip().rstrip(".").lower()
    if not text or len(text) > 253:
        return None
    if not text.isascii():
        try:
            text = ascii_domain(text)
        except UnicodeError:
            return None
    if all(_LABEL.fullmatch(label) for label in text.split(".")):
        return text
    return None


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def read_addresses(raw: bytes) -> AddressList:
    """Every address of one header value (To, Cc, From). Never fails; at most `MAX_ADDRESSES`."""
    text = decode_bytes(raw)
    mailboxes: list[Mailbox] = []
    scan = _scan(text)
    is_exact = scan.is_exact
    for entry in scan.entries:
        if len(mailboxes) >= MAX_ADDRESSES:
            is_exact = False
            break
        mailbox = _to_mailbox(entry)
        if mailbox is None:
            is_exact = False
        else:
            mailboxes.append(mailbox)
    return AddressList(mailboxes=tuple(mailboxes), is_exact=is_exact, has_group=scan.has_group)


def show_name(text: str) -> str:
    """A display name on one line, without characters that hide or turn the text around."""
    return without_hidden(text)[:200]


def without_hidden(text: str) -> str:
    """On one line, without control, direction and invisible characters."""
    return _BLANKS.sub(" ", _HIDDEN.sub(" ", text)).strip()


@dataclass(slots=True)
class _Entry:
    phrase: str = ""
    bracketed: str | None = None
    is_broken: bool = False


@dataclass(slots=True)
class _Scan:
    entries: list[_Entry]
    is_exact: bool = True
    has_group: bool = False


def _scan(text: str) -> _Scan:
    """Cut at the commas that are outside quotes, comments and angle brackets (RFC 5322, 3.4)."""
    scan = _Scan(entries=[])
    entry = _Entry()
    phrase: list[str] = []
    index = 0
    while index < len(text):
        character = text[index]
        if character == '"':
            end = _end_of_quoted(text, index)
            if end is None:
                scan.is_exact = False
                phrase.append(text[index:])
                break
            phrase.append(text[index:end])
            index = end
            continue
        if character == "(":
            end = _end_of_comment(text, index)
            if end is None:
                scan.is_exact = False
                break
            index = end
            continue
        if character == "<":
            end = text.find(">", index)
            if end < 0 or entry.bracketed is not None:
                scan.is_exact = False
                entry.is_broken = True
            if end < 0:
                break
            entry.bracketed = entry.bracketed or text[index + 1 : end]
            index = end + 1
            continue
        if character in ",;":
            _finish(scan, entry, phrase)
            entry, phrase = _Entry(), []
        elif character == ":" and entry.bracketed is None:
            # The name of a group (`undisclosed-recipients:;`).
            scan.has_group = True
            entry, phrase = _Entry(), []
        else:
            phrase.append(character)
        index += 1
    _finish(scan, entry, phrase)
    return scan


def _finish(scan: _Scan, entry: _Entry, phrase: list[str]) -> None:
    entry.phrase = "".join(phrase).strip()
    if entry.phrase or entry.bracketed is not None:
        scan.entries.append(entry)


def _end_of_quoted(text: str, start: int) -> int | None:
    index = start + 1
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == '"':
            return index + 1
        index += 1
    return None


def _end_of_comment(text: str, start: int) -> int | None:
    depth = 0
    index = start
    while index < len(text):
        character = text[index]
        if character == "\\":
            index += 2
            continue
        depth += (character == "(") - (character == ")")
        index += 1
        if depth == 0:
            return index
    return None


def _to_mailbox(entry: _Entry) -> Mailbox | None:
    if entry.is_broken:
        return None
    if entry.bracketed is None:
        address = canonical_address(entry.phrase)
        return Mailbox(address=address) if address else None
    bracketed = entry.bracketed.strip()
    if bracketed.startswith("@") and ":" in bracketed:
        return None  # a source route of RFC 821: nobody sends one honestly
    address = canonical_address(bracketed)
    if address is None:
        return None
    return Mailbox(address=address, name=show_name(_unquote(entry.phrase)))


def _unquote(phrase: str) -> str:
    if phrase.startswith('"') and phrase.endswith('"') and len(phrase) > 1:
        phrase = re.sub(r"\\(.)", r"\1", phrase[1:-1])
    # Some clients put encoded words inside the quotes, which RFC 2047 forbids.
    return decode_words(phrase.encode("utf-8")) if "=?" in phrase else phrase
