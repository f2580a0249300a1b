"""The value and parameters of Content-Type and Content-Disposition, as bytes (RFC 2045, RFC 2231).

Own reader, because the standard one loses raw 8-bit file names.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.words import decode_words

MAX_PARAMETERS = 100
_NAME = re.compile(rb"([^\s=;\"]{1,40})[ \t\r\n]{0,9}=[ \t\r\n]{0,9}")
_QUOTED = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"?', re.DOTALL)
_BARE = re.compile(rb"[^;]*")
_BLANK_BYTES = frozenset(bytes((byte,)) for byte in b"; \t\r\n\f\v")
_ESCAPED = re.compile(rb"\\([\"\\])", re.DOTALL)
_SECTION = re.compile(r"([^*]{1,40})\*(\d{1,3})(\*?)")
_COMMENT = re.compile(r"\([^()]*\)")
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_OTHER_PARAMETER = re.compile(rb"[ \t](?=[A-Za-z][\w-]{0,30}\*?[\d*]{0,4}=)")
_NAMES_OF_FILES = ("filename", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    value: str = ""
    """What stands before the first semicolon, lower case."""
    named: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.named.get(name, "")


def read_parameters(raw: bytes, hint: str | None = None) -> Parameters:
    """Never fails; of two parameters with one name the first counts.

    `hint` is the charset of raw 8-bit values.
    """
    raw = raw[:16_384]
    head, semicolon, rest = raw.partition(b";")
    value = decode_bytes(head)
    if "=" in value and "/" not in value.partition("=")[0]:
        # The value was forgotten, or the semicolon after it: `attachment filename=a.pdf`.
        value, _, _ = value.partition(" ") if " " in value.strip() else ("", "", "")
        rest, semicolon = raw[len(value.encode()) :], b";"
    if "(" in value:
        value = _COMMENT.sub("", value)
    named = _join_sections(_read_named(rest), hint) if semicolon else {}
    return Parameters(value=value.strip().strip("\"'").rstrip("/ ").lower(), named=named)


def _read_named(rest: bytes) -> dict[str, bytes]:
    named: dict[str, bytes] = {}
    position = 0
    for _ in range(MAX_PARAMETERS):
        while rest[position : position + 1] in _BLANK_BYTES:
            position += 1
        match = _NAME.match(rest, position)
        if match is None:
            # A word without a value: go on behind it.
            semicolon = rest.find(b";", position)
            if semicolon < 0 or semicolon == len(rest) - 1:
                break
            position = semicolon + 1
            continue
        name = match[1].decode("ascii", "replace").lower()
        value, position = _read_value(rest, match.end(), name)
        named.setdefault(name, value)
    return named


def _read_value(rest: bytes, start: int, name: str) -> tuple[bytes, int]:
    if rest.startswith(b'"', start):
        quoted = _QUOTED.match(rest, start)
        assert quoted is not None
        # A backslash before anything else is one of a Windows path, not an escape.
        return _ESCAPED.sub(rb"\1", quoted[1]), quoted.end()
    bare = _BARE.match(rest, start)
    assert bare is not None
    value, end = bare[0], bare.end()
    if b"=?" in value:
        return value.strip(), end
    if (forgotten := _OTHER_PARAMETER.search(value)) is not None:
        value, end = value[: forgotten.start()], start + forgotten.end()
    value = value.strip().strip(b"'") if name not in _NAMES_OF_FILES else value.strip()
    return value, end


def _join_sections(named: dict[str, bytes], hint: str | None) -> dict[str, str]:
    """`name*0*=`, `name*1=` … put together before their charset is applied (RFC 2231, 3).

    What RFC 2231 says wins over the plain parameter of the same name, which is there for old
    programs.
    """
    joined: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, bytes]]] = {}
    for name, value in named.items():
        section = _SECTION.fullmatch(name)
        if section is not None:
            pieces = sections.setdefault(section[1], {})
            pieces.setdefault(int(section[2]), (bool(section[3]), value))
        elif name.endswith("*"):
            joined[name[:-1]] = decode_parameter(value, hint)
        else:
            joined.setdefault(name, _plain(name, value, hint))
    for name, pieces in sections.items():
        if not name.endswith("*") and f"{name}*" not in named:
            joined[name] = _from_sections([pieces[number] for number in sorted(pieces)], hint)
    return joined


def _from_sections(pieces: list[tuple[bool, bytes]], hint: str | None) -> str:
    """Only the pieces marked with a star are percent-encoded; the first names the charset."""
    if not any(is_encoded for is_encoded, _ in pieces):
        return decode_words(b"".join(value for _, value in pieces), hint)
    charset = ""
    found = b""
    for number, (is_encoded, value) in enumerate(pieces):
        if number == 0 and is_encoded and value.count(b"'") >= 2:
            name, _, value = value.split(b"'", 2)
            charset = name.decode("ascii", "replace")
        found += unquote_to_bytes(value) if is_encoded else value
    return decode_bytes(found, charset, hint)


def decode_parameter(value: bytes, hint: str | None = None) -> str:
    """`charset'language'percent-encoded`, also with one quote only or none."""
    if b"=?" in value and b"?=" in value:
        return decode_words(value, hint)
    parts = value.split(b"'", 2)
    if len(parts) == 3:
        return decode_bytes(unquote_to_bytes(parts[2]), parts[0].decode("ascii", "replace"), hint)
    return decode_bytes(unquote_to_bytes(value), None, hint)


def _plain(name: str, value: bytes, hint: str | None) -> str:
    """Encoded words are forbidden here, and common."""
    if b"=?" in value:
        return decode_words(value, hint)
    if name in _NAMES_OF_FILES and _PERCENT.search(value) and value.isascii():
        # Percent-encoding without the star. Kept unless it is text outside ASCII for certain.
        if value.lower().startswith((b"utf-8''", b"iso-8859-1''")):
            return decode_parameter(value, hint)
        decoded = unquote_to_bytes(value)
        if not decoded.isascii():
            try:
                return decoded.decode("utf-8")
            except UnicodeDecodeError:
                pass
    return decode_bytes(value, None, hint)
