"""The value and parameters of Content-Type and Content-Disposition, as bytes (RFC 2045, RFC 2231).

Own reader, because the standard one loses raw 8-bit file names.
"""

import re
from dataclasses import dataclass, field

from connectors.email.reading.charsets import decode_bytes, decode_parameter, decode_words

MAX_PARAMETERS = 100
_PARAMETER = re.compile(rb';\s*([^\s=;"]{1,100})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_SECTION = re.compile(r"([^*]+)\*(\d{1,3})(\*?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    value: str = ""
    """What stands before the first semicolon, lower case."""
    named: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.named.get(name, "")


def read_parameters(raw: bytes) -> Parameters:
    """Never fails; of two parameters with one name the first counts."""
    raw = raw[:16_384]
    head = raw.partition(b";")[0]
    named: dict[str, bytes] = {}
    for count, match in enumerate(_PARAMETER.finditer(raw, len(head))):
        if count >= MAX_PARAMETERS:
            break
        name = match[1].decode("ascii", "replace").lower()
        named.setdefault(name, _unquote(match[2]))
    return Parameters(value=decode_bytes(head).strip().lower(), named=_join_sections(named))


def _join_sections(named: dict[str, bytes]) -> dict[str, str]:
    """`name*0*=`, `name*1=` … put together before their charset is applied (RFC 2231, 3)."""
    joined: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, bytes]]] = {}
    for name, value in named.items():
        section = _SECTION.fullmatch(name)
        if section is not None:
            sections.setdefault(section[1], []).append((int(section[2]), bool(section[3]), value))
        elif name.endswith("*"):
            joined[name[:-1]] = decode_parameter(value)
        else:
            joined.setdefault(name, decode_words(value))
    for name, pieces in sections.items():
        pieces.sort()
        whole = b"".join(piece for _, _, piece in pieces)
        is_encoded = any(encoded for _, encoded, _ in pieces)
        joined[name] = decode_parameter(whole) if is_encoded else decode_words(whole)
    return joined


def _unquote(value: bytes) -> bytes:
    value = value.strip()
    if value.startswith(b'"'):
        return _ESCAPED.sub(rb"\1", value.strip(b'"'))
    return value
