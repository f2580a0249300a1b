"""Header lines of a mail of ours: nothing that comes in as text can end one or begin another.

They are made here and not by the standard generator, which folds long Message-IDs into encoded
words and, before Python 3.11.10, lets a display name break out of its line (CVE-2024-6923).
"""

import re
from collections.abc import Sequence
from email.header import Header

from connectors.email.reading.addresses import Mailbox, without_hidden
from core.errors import ContentRejected

MAX_NAME = 120
LINE_LIMIT = 998
"""Bytes of one line without its end (RFC 5322, 2.1.1)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ATEXT = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def plain(text: str) -> str:
    """Line ends as LF, no other control character, no lone surrogate."""
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", text))


def header(name: str, value: str, *, allows_utf8: bool = False) -> str:
    """One header, folded as `value` is. A bare line end or a control character is a defect."""
    unfolded = value.replace("\r\n ", "")
    if _CONTROL.search(unfolded) or "\n" in unfolded:
        raise ContentRejected(f"The {name} header would not be one line.")
    if not allows_utf8 and not unfolded.isascii():
        raise ContentRejected(f"The {name} header would not be ASCII.")
    made = f"{name}: {value}\r\n"
    if any(len(line.encode()) > LINE_LIMIT for line in made.split("\r\n")):
        raise ContentRejected(f"A line of the {name} header would be too long.")
    return made


def words(name: str, text: str) -> str:
    """Text on one line, as encoded words where it has to be (RFC 2047), folded."""
    text = without_hidden(plain(text))
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    folded = Header(text, charset, header_name=name, maxlinelen=76).encode(linesep="\r\n")
    if any(len(line) > LINE_LIMIT for line in folded.split("\r\n")):
        # A word without a blank cannot be folded, but it can be encoded in pieces.
        folded = Header(text, "utf-8", header_name=name, maxlinelen=76).encode(linesep="\r\n")
    return folded


def mailbox(one: Mailbox) -> str:
    """A name and an address. An address with letters outside ASCII stays as it is (RFC 6532)."""
    name = without_hidden(plain(one.name))[:MAX_NAME]
    if not name:
        return one.address
    if _ATEXT.fullmatch(name) and "=?" not in name:
        return f"{name} <{one.address}>"
    if name.isascii() and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{one.address}>'
    return f"{words('From', name)} <{one.address}>"


def mailboxes(several: Sequence[Mailbox]) -> str:
    """One on each line."""
    return ",\r\n ".join(mailbox(one) for one in several)
