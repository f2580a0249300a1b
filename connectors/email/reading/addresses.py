"""Mail addresses: the strict reading that decides who wrote, and a tolerant one for lists.

Own parser, linear in its input: the standard one is quadratic, dies of nested comments, and on
Python before 3.11.10 returns the wrong address for some inputs (CVE-2023-27043).
"""

import re
import unicodedata
from dataclasses import dataclass

from connectors.email.reading.address_scan import Entry, scan
from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.words import decode_words
from core.addresses import folded_local
from core.domains import ascii_domain

MAX_ADDRESSES = 500
MAX_ADDRESS = 320
LOCAL_PART_LIMIT = 64

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LOOSE_LOCAL = re.compile(rf"(?:{_ATEXT}|\.)+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f.:]{2,45}\]")
_SAFE_QUOTED = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
_AROUND_DOT = re.compile(r"[ \t]{0,20}(\.)[ \t]{0,20}")
_TOKEN = re.compile(r"[^\s<>()\[\],;:\"']{1,320}")
_NOBODY = ("undisclosed", "unlisted", "recipient", "=?")
_BLANKS = re.compile(r"\s+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_WORDS = re.compile(rb"=\?[^?\s]{1,60}\?[bBqQ]\?")
# Joiners (U+200C, U+200D) are left in names: Persian and emoji need them. No address has any.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_WITHIN_WORDS = re.compile(
    r"[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ufff9-\ufffb]"
)
"""As little seen, and in honest words too, which stay one without them."""
_NOT_IN_ADDRESS = re.compile(
    r"[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\uf8ff"
    r"\U000e0000-\U000effff\U000f0000-\U0010ffff]"
)
"""What nobody sees, what turns the text around, blanks, and what is no character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    address: str
    """Canonical: composed and in lower case, domain in its ASCII form."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressList:
    mailboxes: tuple[Mailbox, ...] = ()
    is_exact: bool = True
    """Every part of the header was a well-formed address; nothing was guessed or skipped."""
    has_group: bool = False
    local_names: tuple[str, ...] = ()
    """Addresses without a domain, as programs on one machine write them (`root`). Shown only."""


def canonical_address(text: str) -> str | None:
    """The one spelling of an address by which an identity is known; None if it is not one.

    Case is folded in the local part too: no provider tells two people apart by it.
    """
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
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
    return f"{folded_local(local)}@{ascii_domain}"


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


def read_addresses(raw: bytes, hint: str | None = None) -> AddressList:
    """Every address of one header value (To, Cc, From). Never fails; at most `MAX_ADDRESSES`.

    `hint` is the charset of its raw 8-bit names.
    """
    text = decode_bytes(raw, hint=hint)
    found = scan(text)
    mailboxes: list[Mailbox] = []
    is_exact = found.is_exact
    family_name = ""
    local_names: list[str] = []
    for entry in found.entries:
        if len(mailboxes) >= MAX_ADDRESSES:
            is_exact = False
            break
        mailbox = _strict(entry)
        if mailbox is None:
            is_exact = False
            mailbox = _salvaged(entry)
        if mailbox is None:
            # `Lee, Ann <ann@…>` without quotes: the comma belonged to the name.
            family_name = _name_of(entry) if entry.bracketed is None else ""
            local_names += _local_names(entry)
            continue
        if family_name and mailbox.name and "@" not in family_name:
            mailbox = Mailbox(
                address=mailbox.address, name=show_name(f"{family_name}, {mailbox.name}")
            )
        family_name = ""
        mailboxes.append(mailbox)
    if not mailboxes and _QUOTED_WORDS.search(raw):
        return _inside_words(raw, hint)
    return AddressList(
        mailboxes=tuple(mailboxes),
        is_exact=is_exact,
        has_group=found.has_group,
        local_names=tuple(local_names[:MAX_ADDRESSES]),
    )


def show_name(text: str) -> str:
    """A display name on one line, without characters that hide or turn the text around."""
    return without_hidden(text)[:200]


def without_hidden(text: str) -> str:
    """On one line, without control, direction and invisible characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", _HIDDEN.sub(" ", _WITHIN_WORDS.sub("", text))).strip()


def _strict(entry: Entry) -> Mailbox | None:
    """As RFC 5322 has it. A comment inside the brackets is allowed there, and not believed here."""
    if entry.is_broken:
        return None
    if entry.bracketed is None:
        address = canonical_address(entry.text)
        return Mailbox(address=address, name=show_name(_name_in(entry))) if address else None
    bracketed = entry.bracketed.strip()
    if bracketed.startswith("@") and ":" in bracketed:
        return None  # a source route of RFC 821: nobody sends one honestly
    address = canonical_address(bracketed)
    if address is None:
        return None
    return Mailbox(address=address, name=show_name(_name_of(entry)))


def _salvaged(entry: Entry) -> Mailbox | None:
    """The address that a person would see in what is no address. Good to show, never to believe."""
    if entry.bracketed is not None:
        inner = entry.bracketed.strip(" <>'")
        if inner.startswith("@") and ":" in inner:
            inner = inner.rpartition(":")[2]
        inner = inner.removeprefix("mailto:").removeprefix("MAILTO:").removeprefix("smtp:")
        address = _shown_address(_without_comments(inner))
        if address is not None:
            return Mailbox(address=address, name=show_name(_name_of(entry)))
        # `ann@people.example <Ann Lee>`, the wrong way round.
    text = _without_comments(entry.text)
    address = _shown_address(text)
    if address is not None:
        return Mailbox(address=address, name=show_name(entry.bracketed or _name_in(entry)))
    for match in _TOKEN.finditer(text[:2000]):
        if "@" in match[0] and (address := canonical_address(match[0].rstrip(".:"))):
            before = text[: match.start()].rstrip(" <[(:'\"").removesuffix("mailto").rstrip(" [(:")
            return Mailbox(address=address, name=show_name(_unquoted(before)))
    return None


def _shown_address(text: str) -> str | None:
    """Also with an address literal or a quoted local part, whatever stands in it."""
    address = canonical_address(text)
    if address is not None or len(text) > MAX_ADDRESS:
        return address
    local, at, domain = text.strip().rpartition("@")
    domain = _AROUND_DOT.sub(r"\1", domain.lower()).strip()
    if not at or not local or _NOT_IN_ADDRESS.search(text):
        return None
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        if canonical_domain(domain) or _LITERAL.fullmatch(domain):
            return f"{local.lower()}@{domain}"
        return None
    local = _AROUND_DOT.sub(r"\1", local).strip()
    if _LITERAL.fullmatch(domain) and _LOOSE_LOCAL.fullmatch(local):
        return f"{local.lower()}@{domain}"
    return canonical_address(f"{local}@{domain}")


def _local_names(entry: Entry) -> list[str]:
    """Of `Mailer <MAILER-DAEMON>` or `root`; none of `undisclosed recipients` and other prose."""
    name = (entry.bracketed if entry.bracketed is not None else entry.text).strip().lower()
    is_one = _DOT_ATOM.fullmatch(name) is not None and len(name) <= LOCAL_PART_LIMIT
    return [name] if is_one and not name.startswith(_NOBODY) else []


def _inside_words(raw: bytes, hint: str | None) -> AddressList:
    """A program encoded the addresses along with the names, which RFC 2047 forbids."""
    decoded = decode_words(raw, hint)
    if "@" not in decoded or _QUOTED_WORDS.search(decoded.encode("utf-8")):
        return AddressList(is_exact=False)
    found = read_addresses(decoded.encode("utf-8"))
    return AddressList(mailboxes=found.mailboxes, is_exact=False, has_group=found.has_group)


def _name_of(entry: Entry) -> str:
    name = _unquoted(entry.text)
    return name or _name_in(entry)


def _name_in(entry: Entry) -> str:
    """The comment beside an address, which was where the name stood before RFC 822."""
    return decode_words(entry.comment.encode("utf-8")) if entry.comment else ""


def _unquoted(phrase: str) -> str:
    """Quotes taken off, encoded words decoded, inside quotes too, which RFC 2047 forbids."""
    if '"' in phrase:
        pieces = _split_quoted(phrase)
        phrase = "".join(
            _ESCAPED.sub(r"\1", piece[1:-1])
            if piece.startswith('"') and piece.endswith('"') and len(piece) > 1
            else piece
            for piece in pieces
        )
    if "=?" in phrase:
        phrase = decode_words(phrase.encode("utf-8"))
    phrase = phrase.strip()
    if len(phrase) > 1 and phrase[0] == phrase[-1] == "'":
        phrase = phrase[1:-1].strip()
    return phrase


def _split_quoted(phrase: str) -> list[str]:
    pieces: list[str] = []
    start = position = 0
    is_inside = False
    while position < len(phrase):
        if phrase[position] == "\\" and is_inside:
            position += 2
            continue
        if phrase[position] == '"':
            end = position + 1 if is_inside else position
            pieces.append(phrase[start:end])
            start, is_inside = end, not is_inside
        position += 1
    pieces.append(phrase[start:])
    return pieces


def _without_comments(text: str) -> str:
    """Each with what it holds; an unclosed one goes to the end."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for character in text:
        depth += character == "("
        if not depth:
            kept.append(character)
        depth -= character == ")" and depth > 0
    return "".join(kept)
