"""The header block of a raw mail, read under caps before any parser sees it.

Linear in its input: the standard parser took 225 s for one header of 976 KiB, so what reaches it
is cut here first (RFC 5322, 2.2).
"""

import re
from dataclasses import dataclass, field

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.problems import NO_EMPTY_LINE, STRAY_LINE, TOO_LONG_HEADER
from connectors.email.reading.words import decode_words

MAX_HEADER = 16 * 1024
MAX_HEADERS = 64 * 1024
MAX_FIELDS = 1000
MAX_STRAY = 3
"""Lines that are no header and after which headers go on, as broken programs write them."""

# A lone CR is no line end: a mail server that strips forged headers doesn't see one there either.
_BLOCK_END = re.compile(rb"\n\r{0,2}\n")
_FOLDED = re.compile(rb"\r{0,2}\n(?=[ \t])")
_INNER = re.compile(rb"[\r\x00]+")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,100})[ \t]{0,20}:")
_BLANKS = re.compile(r"[ \t\r\n\x00]+")
# `From : eve@…` is an author to some programs, and to us.
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)")
_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}\"?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Name (lower case) and raw value of each header, unfolded, topmost first."""

    fields: tuple[tuple[str, bytes], ...] = ()
    problems: tuple[str, ...] = ()
    body_start: int = 0
    """Where in the raw mail the body begins."""
    _by_name: dict[str, list[bytes]] = field(init=False, repr=False, compare=False)
    _texts: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            by_name.setdefault(name, []).append(value)
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_texts", {})

    def raw_all(self, name: str) -> list[bytes]:
        return self._by_name.get(name, [])

    def raw_first(self, name: str) -> bytes:
        values = self._by_name.get(name)
        return values[0] if values else b""

    def all(self, name: str) -> list[str]:
        """As text, white space collapsed, encoded words left as they are."""
        values = self._by_name.get(name)
        if not values:
            return []
        return [self._decoded(value) for value in values]

    def first(self, name: str) -> str:
        values = self._by_name.get(name)
        return self._decoded(values[0]) if values else ""

    def text(self, name: str) -> str:
        """The first one as a person reads it: encoded words decoded."""
        # Asked again and again, and the subject is long: decoded once.
        found = self._texts.get(name)
        if found is None:
            found = self._texts[name] = _one_line(decode_words(self.raw_first(name), self.charset))
        return found

    def _decoded(self, value: bytes) -> str:
        return _one_line(decode_bytes(value, hint=None if value.isascii() else self.charset))

    @property
    def charset(self) -> str | None:
        """What the mail says of its body: raw bytes in its header are mostly in the same."""
        content_type = self.raw_first("content-type")
        if b"=" not in content_type:
            return None
        found = _CHARSET.search(content_type)
        return found[1].decode("ascii", "replace") if found is not None else None


@dataclass(slots=True)
class _Reader:
    """Collects fields under the caps."""

    fields: list[tuple[str, bytes]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    total: int = 0
    is_full: bool = False

    def add(self, name: bytes, value: bytes) -> None:
        if self.is_full:
            return
        if len(value) > MAX_HEADER:
            self.problems.append(f"header {name.decode('ascii')} was cut at {MAX_HEADER} bytes")
            value = _cut(value)
        self.total += len(name) + len(value) + 4
        if self.total > MAX_HEADERS or len(self.fields) >= MAX_FIELDS:
            self.problems.append(TOO_LONG_HEADER)
            self.is_full = True
            return
        if b"\n" in value:
            value = _FOLDED.sub(b"", value)
        value = value.removesuffix(b"\r")
        if b"\r" in value or b"\x00" in value:
            # Other programs end the line there, and read another header behind it.
            self.problems.append(f"header {name.decode('ascii')} has a control character in it")
            value = _INNER.sub(b" ", value)
        self.fields.append((name.decode("ascii").lower(), value.strip()))


def read_headers(raw: bytes, start: int = 0, end: int | None = None) -> Headers:
    """Of the mail or part between `start` and `end`. Never fails.

    What is no header is left out, what is too long is cut, and both are noted. A block that no
    empty line ends is over where a line is no header and none follows: there the body begins.
    """
    stop = len(raw) if end is None else end
    if start == 0:
        start = _skip_leading(raw)
    block_end, body_start = _find_end(raw, start, stop)
    reader = _Reader()
    position = start
    limit = min(block_end, start + MAX_HEADERS * 4)
    stray = 0
    while position < limit:
        line_end = _end_of_field(raw, position, limit)
        match = _FIELD.match(raw, position, line_end)
        if match is not None:
            reader.add(match[1], raw[match.end() : line_end])
        elif raw[position:line_end].strip():
            stray += 1
            if _is_body(raw, position, line_end, limit, stray):
                reader.problems.append(NO_EMPTY_LINE)
                body_start = position
                break
            reader.problems.append(STRAY_LINE)
        position = line_end + 1
    if limit < block_end:
        reader.problems.append(TOO_LONG_HEADER)
    return Headers(
        fields=tuple(reader.fields),
        problems=tuple(dict.fromkeys(reader.problems)),
        body_start=body_start,
    )


def _skip_leading(raw: bytes) -> int:
    """Past a byte order mark, an mbox line and empty lines, none of which are headers."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    if _MBOX_LINE.match(raw, start) is not None:
        line_end = raw.find(b"\n", start, start + 1000)
        start = line_end + 1 if line_end >= 0 else start
    return start


def _find_end(raw: bytes, start: int, stop: int) -> tuple[int, int]:
    """Where the block ends and the body starts; both at `stop` if there is no empty line."""
    if raw.startswith(b"\n", start, stop):
        return start, start + 1
    if raw.startswith(b"\r\n", start, stop):
        return start, start + 2
    found = _BLOCK_END.search(raw, start, stop)
    return (found.start() + 1, found.end()) if found is not None else (stop, stop)


def _end_of_field(raw: bytes, position: int, limit: int) -> int:
    """The line break that ends a field: one before white space is none (RFC 5322, 2.2.3)."""
    while True:
        line_end = raw.find(b"\n", position, limit)
        if line_end < 0:
            return limit
        if raw[line_end + 1 : line_end + 2] not in (b" ", b"\t") or line_end + 1 >= limit:
            return line_end
        position = line_end + 1


def _is_body(raw: bytes, position: int, line_end: int, limit: int, stray: int) -> bool:
    """Whether a line that is no header is the first one of a body without an empty line before."""
    if raw.startswith((b"From ", b">From ", b"--"), position) and not raw.startswith(
        b"--", position
    ):
        return False
    following = line_end + 1
    for _ in range(2):
        if following >= limit:
            return True
        end = _end_of_field(raw, following, limit)
        if _FIELD.match(raw, following, end) is not None:
            return stray > MAX_STRAY
        following = end + 1
    return True


def _cut(value: bytes) -> bytes:
    """At a blank if one is near, so that no encoded word is split."""
    cut = value[:MAX_HEADER]
    blank = cut.rfind(b" ", MAX_HEADER - 200)
    return cut[:blank] if blank > 0 else cut


def _one_line(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", text).strip()
