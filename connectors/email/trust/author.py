"""Who a mail says it is from: read so strictly that no two programs can read it differently.

Forged mail lives on disagreement: the server checks one address, the agent is shown another
(A10). Whatever leaves any doubt still names somebody, but only as a claim.
"""

import re
import unicodedata
from dataclasses import dataclass

from connectors.email.reading.addresses import (
    Mailbox,
    canonical_address,
    canonical_domain,
    read_addresses,
    show_name,
)
from connectors.email.reading.headers import Headers
from core.addresses import folded_local, is_clear_local

# Without ! and %, by which old servers route, and what no provider lets anybody have. Letters
# outside ASCII are judged apart.
_LOCAL = re.compile(r"[A-Za-z0-9#$&'*+/=_~-]+(?:\.[A-Za-z0-9#$&'*+/=_~-]+)*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
MAX_LOCAL = 64
"""Bytes (RFC 5321, 4.5.3.1)."""
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\.)*"')
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. \t\u0080-\U0010ffff-]*")
_COMMENT = re.compile(r"[ \t]\([^()<>@\\\"]*\)")
_ADDRESS_LIKE = re.compile(r"[^\s<>()\"',;:]{1,320}@[^\s<>()\"',;:]{1,255}")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)
_IN_NAMES = re.compile("[\u200c\u200d\ufe0e\ufe0f]")
"""Joiners and variants: Persian, Indic scripts and emoji need them in names."""
_DOUBTS = re.compile(r"is no header|control character|was cut|left out|empty line")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorReading:
    """Who a mail says it is from."""

    mailbox: Mailbox | None
    is_single: bool
    """Exactly one From header with exactly one address, in a form that has only one reading."""


def read_author(headers: Headers) -> AuthorReading:
    """Without a readable From, Sender and Reply-To name somebody, but only as a claim."""
    froms = headers.raw_all("from")
    if len(froms) == 1 and not _is_doubtful(headers):
        mailbox = read_single(froms[0])
        if mailbox is not None:
            return AuthorReading(mailbox=mailbox, is_single=True)
    for value in (
        *froms,
        *headers.raw_all("sender"),
        *headers.raw_all("reply-to"),
        *headers.raw_all("return-path"),
    ):
        for mailbox in read_addresses(value).mailboxes:
            return AuthorReading(mailbox=mailbox, is_single=False)
    return AuthorReading(mailbox=None, is_single=False)


def read_single(raw: bytes) -> Mailbox | None:
    """The one mailbox of a From header in the plain forms of RFC 5322, 3.4; None for any other.

    Plain: `a@b`, `<a@b>`, `name <a@b>`, `"name" <a@b>` and `a@b (name)`. Not plain: groups, routes,
    literals, quoted local parts, comments elsewhere, blanks inside, text behind the bracket, and
    names that hold an address other than that.
    """
    try:
        text = raw.decode("utf-8")
        is_guessed = False
    except UnicodeDecodeError:
        # A name in an old charset is no doubt about an address in ASCII.
        text = raw.decode("latin-1")
        is_guessed = True
    text = text.strip(" \t")
    if _UNSEEN.search(_IN_NAMES.sub("", text)):
        return None
    if not text.endswith(">"):
        bare = _COMMENT.sub("", text).rstrip(" \t") if text.endswith(")") else text
        if text.endswith(")") and text.count("(") != 1:
            return None
        return _agreed(raw, _strict_address(bare)) if bare.isascii() or not is_guessed else None
    phrase, bracket, rest = text.rpartition("<")
    if is_guessed and not rest.isascii():
        return None
    address = _strict_address(rest[:-1])
    if not bracket or address is None or not _is_phrase(phrase.strip(" \t")):
        return None
    return _agreed(raw, address)


def _agreed(raw: bytes, address: str | None) -> Mailbox | None:
    """With the name as the tolerant reader decodes it, which must see the same single address."""
    read = read_addresses(raw)
    if address is None or len(read.mailboxes) != 1 or read.has_group:
        return None
    if read.mailboxes[0].address != address:
        return None
    name = read.mailboxes[0].name
    said = unicodedata.normalize("NFKC", name)
    if "<" in said or ">" in said or "\n" in name or "\r" in name:
        return None
    if any(canonical_address(one) != address for one in _ADDRESS_LIKE.findall(said)):
        return None
    return Mailbox(address=address, name=show_name(name))


def _is_doubtful(headers: Headers) -> bool:
    """Some program may see another header than ours does."""
    return any(_DOUBTS.search(problem) for problem in headers.problems)


def _is_phrase(phrase: str) -> bool:
    """Quoted strings and atoms, encoded words among them; dots as everybody writes them."""
    return _ATOMS.fullmatch(_QUOTED.sub("", phrase)) is not None


def _strict_address(text: str) -> str | None:
    """Letters, digits and few signs before the @, which could hardly be taken for others; after it
    a domain name with a dot. Both in the spelling that no reader changes: composed (NFKC).
    """
    local, at, domain = text.partition("@")
    if not at or "@" in domain or "=?" in local or len(local.encode()) > MAX_LOCAL:
        return None
    if not _LOCAL.fullmatch(_NOT_ASCII.sub("a", local)):
        return None
    if unicodedata.normalize("NFKC", local) != local or not is_clear_local(folded_local(local)):
        return None
    if not domain.isascii():
        if unicodedata.normalize("NFKC", domain.lower()) != domain.lower():
            return None
        if any(not (one.isalnum() or one in "-." or unicodedata.combining(one)) for one in domain):
            return None
    elif not all(_LABEL.fullmatch(label) for label in domain.lower().split(".")):
        return None
    canonical = canonical_domain(domain)
    if canonical is None or "." not in canonical or canonical.rpartition(".")[2].isdigit():
        return None
    return f"{folded_local(local)}@{canonical}"
