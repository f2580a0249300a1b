"""Names of folders: as people write them, and as they are on the wire (RFC 3501, 5.1.3)."""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

from connectors.email.imap.answers import Listed

_ENCODED = re.compile(r"&([A-Za-z0-9+,]*)-")
_FOREIGN = re.compile(r"[^\x20-\x7e]+")
MAX_SHOWN = 12


def to_wire(name: str) -> str:
    """Modified UTF-7."""
    return _FOREIGN.sub(_encoded, name.replace("&", "&-"))


def from_wire(name: str) -> str:
    """As people read it; what is not modified UTF-7 stays as it is."""
    return _ENCODED.sub(_decoded, name)


def quoted(text: str) -> str:
    """As a quoted string (RFC 3501, 4.3). Line ends were refused by the configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def find_folder(wanted: str, folders: Sequence[Listed]) -> Listed | None:
    """The folder that ops mean, however this server writes it.

    Its own spelling comes first; then `/` or `.` for another delimiter, and names below INBOX,
    where Courier and others keep every folder.
    """
    by_name = {one.name: one for one in folders}
    if wanted.upper() == "INBOX":
        return next((one for one in folders if one.name.upper() == "INBOX"), None)
    for spelling in _spellings(wanted, {one.delimiter for one in folders if one.delimiter}):
        if spelling in by_name:
            return by_name[spelling]
    return None


def shown(folders: Sequence[Listed]) -> str:
    """What there is, for a sentence to ops."""
    names = sorted(from_wire(one.name) for one in folders if not one.has("\\noselect"))
    more = "" if len(names) <= MAX_SHOWN else f" and {len(names) - MAX_SHOWN} more"
    return ", ".join(names[:MAX_SHOWN]) + more


def _spellings(wanted: str, delimiters: set[str]) -> Iterator[str]:
    for name in (to_wire(wanted), wanted):
        yield name
        for delimiter in sorted(delimiters):
            other = delimiter.join(re.split(r"[/.]", name))
            yield other
            yield f"INBOX{delimiter}{other}"


def _encoded(found: re.Match[str]) -> str:
    coded = base64.b64encode(found[0].encode("utf-16-be", "replace")).decode()
    return f"&{coded.rstrip('=').replace('/', ',')}-"


def _decoded(found: re.Match[str]) -> str:
    coded = found[1].replace(",", "/")
    if not coded:
        return "&"
    try:
        return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return found[0]
