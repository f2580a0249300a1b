"""The header block of a raw mail, read under caps before any parser sees it.

Linear in its input: the standard parser took 225 s for one header of 976 KiB, so what reaches it
is cut here first (RFC 5322, 2.2).
"""

import re
from dataclasses import dataclass, field

from connectors.email.reading.charsets import decode_bytes, decode_words

MAX_HEADER = 16 * 1024
MAX_HEADERS = 64 * 1024
MAX_FIELDS = 1000

# A lone CR is no line end: a mail server that strips forged headers doesn't see one there either.
_BLOCK_END = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_INNER = re.compile(rb"[\r\x00]+")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]{1,100}")
_BLANKS = re.compile(r"[ \t\r\n\x00]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Name (lower case) and raw value of each header, unfolded, topmost first."""

    fields: tuple[tuple[str, bytes], ...] = ()
    problems: tuple[str, ...] = ()
    body_start: int = 0
    """Where in the raw mail the body begins."""
    block: bytes = field(default=b"", repr=False)
    """The header block under the caps, ready for a parser; ends with an empty line."""

    def raw_all(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def all(self, name: str) -> list[str]:
        """As text, white space collapsed, encoded words left as they are."""
        return [_one_line(decode_bytes(value)) for value in self.raw_all(name)]

    def first(self, name: str) -> str:
        values = self.all(name)
        return values[0] if values else ""

    def text(self, name: str) -> str:
        """The first one as a person reads it: encoded words decoded."""
        values = self.raw_all(name)
        return _one_line(decode_words(values[0])) if values else ""


def read_headers(raw: bytes) -> Headers:
    """Never fails: what is no header is left out, what is too long is cut, and both are noted."""
    start = _skip_leading(raw)
    window = raw[start : start + MAX_HEADERS * 4]
    end = _BLOCK_END.search(window)
    problems: list[str] = []
    if end is None:
        body_start = _find_body(raw, start)
        text = window
    else:
        body_start = start + end.end()
        text = window[: end.start()]
    fields: list[tuple[str, bytes]] = []
    kept: list[bytes] = []
    total = 0
    for line in _logical_lines(text):
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if not colon or not _NAME.fullmatch(name):
            problems.append("a line in the header is no header")
            continue
        if len(value) > MAX_HEADER:
            problems.append(f"header {name.decode('ascii')} was cut at {MAX_HEADER} bytes")
            value = _cut(value)
        total += len(name) + len(value) + 4
        if total > MAX_HEADERS or len(fields) >= MAX_FIELDS:
            problems.append("the header is too long: the rest of it was left out")
            break
        if _INNER.search(value):
            # Other programs end the line there, and read another header behind it.
            problems.append(f"header {name.decode('ascii')} has a control character in it")
        value = _INNER.sub(b" ", value).strip()
        fields.append((name.decode("ascii").lower(), value))
        kept.append(name + b": " + value + b"\r\n")
    if end is None and len(window) == MAX_HEADERS * 4:
        problems.append("the header is too long: the rest of it was left out")
    return Headers(
        fields=tuple(fields),
        problems=tuple(dict.fromkeys(problems)),
        body_start=body_start,
        block=b"".join(kept) + b"\r\n",
    )


def _skip_leading(raw: bytes) -> int:
    """Past a byte order mark, an mbox line and empty lines, none of which are headers."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    if raw.startswith((b"From ", b">From "), start):
        line = _LINE.search(raw, start, start + 1000)
        start = line.end() if line else start
    return start


def _find_body(raw: bytes, start: int) -> int:
    end = _BLOCK_END.search(raw, start)
    return end.end() if end else len(raw)


def _logical_lines(block: bytes) -> list[bytes]:
    """Unfolded (RFC 5322, 2.2.3): a line break before white space is no line break."""
    return [line for line in _LINE.split(_FOLD.sub(b"", block)) if line.strip()]


def _cut(value: bytes) -> bytes:
    """At a blank if one is near, so that no encoded word is split."""
    cut = value[:MAX_HEADER]
    blank = cut.rfind(b" ", MAX_HEADER - 200)
    return cut[:blank] if blank > 0 else cut


def _one_line(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
