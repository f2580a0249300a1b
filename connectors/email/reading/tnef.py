"""What is inside winmail.dat (TNEF, MS-OXTNEF), which Outlook sends to those who can't read it.

Own reader: the one library for it fails on Chinese names, raises whatever comes, and unpacks what
we have no use for. Sizes are checked before anything is cut out, so nothing is read twice.
"""

import struct
from dataclasses import dataclass, field

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.mail import Body
from connectors.email.reading.rich_text import rtf_to_text
from connectors.email.reading.rtf_compressed import decompress_rtf

SIGNATURE = 0x223E9F78
MAX_FILES = 200
MAX_ATTRIBUTES = 5000
MAX_PROPERTIES = 2000

_BODY, _TITLE, _CONTENT = 0x800C, 0x8010, 0x800F
_ATTACH_START, _ATTACH_PROPERTIES, _PROPERTIES, _CODE_PAGE = 0x9002, 0x9005, 0x9003, 0x9007

_PR_BODY, _PR_HTML, _PR_RTF = 0x1000, 0x1013, 0x1009
_PR_DISPLAY_NAME, _PR_LONG_NAME, _PR_NAME = 0x3001, 0x3707, 0x3704
_PR_CONTENT, _PR_MIME, _PR_CONTENT_ID, _PR_CODE_PAGE = 0x3701, 0x370E, 0x3712, 0x3FDE
_STRING, _UNICODE, _BINARY, _OBJECT = 0x1E, 0x1F, 0x0102, 0x0D
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8}
_GUID = 16


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    media_type: str = ""
    content: bytes = b""
    content_id: str = ""


@dataclass(slots=True)
class Tnef:
    files: list[TnefFile] = field(default_factory=list)
    body: Body | None = None


def is_tnef(media_type: str, name: str) -> bool:
    return media_type in ("application/ms-tnef", "application/vnd.ms-tnef") or (
        name.lower() == "winmail.dat"
    )


def read_tnef(content: bytes) -> Tnef | None:
    """None if it is none, or nothing can be read in it. Never fails."""
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != SIGNATURE:
        return None
    reader = _Reader()
    position = 6
    for _ in range(MAX_ATTRIBUTES):
        if position + 9 > len(content):
            break
        _, attribute, _, size = struct.unpack_from("<BHHI", content, position)
        start = position + 9
        if start + size > len(content):
            break
        reader.take(attribute, content[start : start + size])
        position = start + size + 2
    return reader.result()


class _Reader:
    def __init__(self) -> None:
        self.found = Tnef()
        self.charset = "cp1252"
        self.titles: list[bytes] = []
        self.plain: bytes = b""
        self.properties: dict[int, tuple[int, bytes]] = {}
        self.attached: list[dict[int, tuple[int, bytes]]] = []
        self.contents: list[bytes] = []

    def take(self, attribute: int, value: bytes) -> None:
        if attribute == _CODE_PAGE and len(value) >= 4:
            self.charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _BODY:
            self.plain = value.rstrip(b"\x00")
        elif attribute == _PROPERTIES:
            self.properties = _read_properties(value)
        elif attribute == _ATTACH_START and len(self.titles) < MAX_FILES:
            self.titles.append(b"")
            self.contents.append(b"")
            self.attached.append({})
        elif self.titles and attribute == _TITLE:
            self.titles[-1] = value.rstrip(b"\x00")
        elif self.titles and attribute == _CONTENT:
            self.contents[-1] = value
        elif self.titles and attribute == _ATTACH_PROPERTIES:
            self.attached[-1] = _read_properties(value)

    def result(self) -> Tnef | None:
        files = [
            self._file(title, content, properties)
            for title, content, properties in zip(
                self.titles, self.contents, self.attached, strict=True
            )
        ]
        self.found.files = [file for file in files if file.content or file.name]
        self.found.body = self._body()
        return self.found if self.found.files or self.found.body is not None else None

    def _file(
        self, title: bytes, content: bytes, properties: dict[int, tuple[int, bytes]]
    ) -> TnefFile:
        name = ""
        for tag in (_PR_LONG_NAME, _PR_DISPLAY_NAME, _PR_NAME):
            name = name or self._text(properties.get(tag))
        kind, inner = properties.get(_PR_CONTENT, (0, b""))
        if not content and inner:
            # A message inside the message comes with the id of its form before it.
            content = inner[_GUID:] if kind == _OBJECT else inner
        nested = read_nested(content)
        return TnefFile(
            name=name or decode_bytes(title, self.charset),
            media_type="application/ms-tnef"
            if nested
            else self._text(properties.get(_PR_MIME)).strip().lower(),
            content=content,
            content_id=self._text(properties.get(_PR_CONTENT_ID)).strip("<> "),
        )

    def _body(self) -> Body | None:
        if (page := self.properties.get(_PR_CODE_PAGE)) is not None and len(page[1]) >= 4:
            html_charset = f"cp{struct.unpack_from('<I', page[1])[0]}".replace("cp65001", "utf-8")
        else:
            html_charset = self.charset
        plain = self._text(self.properties.get(_PR_BODY)) or decode_bytes(self.plain, self.charset)
        plain = plain.replace("\r\n", "\n").strip()
        kind, html = self.properties.get(_PR_HTML, (0, b""))
        if html:
            decoded = (
                self._text((kind, html)) if kind == _UNICODE else decode_bytes(html, html_charset)
            )
            return Body(plain=plain or None, html=decoded)
        if not plain and (packed := self.properties.get(_PR_RTF)) is not None:
            rtf = decompress_rtf(packed[1])
            plain = rtf_to_text(rtf.decode("cp1252", "replace")) if rtf is not None else ""
        return Body(plain=plain) if plain else None

    def _text(self, found: tuple[int, bytes] | None) -> str:
        if found is None:
            return ""
        kind, value = found
        if kind == _UNICODE:
            return value.decode("utf-16-le", "replace").rstrip("\x00")
        return decode_bytes(value.rstrip(b"\x00"), self.charset) if kind == _STRING else ""


def read_nested(content: bytes) -> bool:
    """Whether it is a message of the same format."""
    return len(content) > 6 and struct.unpack_from("<I", content)[0] == SIGNATURE


def _read_properties(value: bytes) -> dict[int, tuple[int, bytes]]:
    """Kind and first value of each property; what follows a broken one is left out."""
    found: dict[int, tuple[int, bytes]] = {}
    if len(value) < 4:
        return found
    count = min(struct.unpack_from("<I", value)[0], MAX_PROPERTIES)
    position = 4
    try:
        for _ in range(count):
            kind, tag = struct.unpack_from("<HH", value, position)
            position += 4
            if tag >= 0x8000:
                position = _skip_name(value, position)
            position, first = _read_values(value, position, kind)
            found.setdefault(tag, (kind & 0xFFF, first))
    except struct.error:
        pass
    return found


def _skip_name(value: bytes, position: int) -> int:
    """Past the name of a property that has one instead of a number."""
    position += 16
    (is_text,) = struct.unpack_from("<I", value, position)
    position += 4
    if not is_text:
        return position + 4
    (length,) = struct.unpack_from("<I", value, position)
    return position + 4 + _padded(length)


def _read_values(value: bytes, position: int, kind: int) -> tuple[int, bytes]:
    is_many = bool(kind & 0x1000)
    base = kind & 0xFFF
    count = 1
    if is_many or base in (_STRING, _UNICODE, _BINARY, _OBJECT):
        (count,) = struct.unpack_from("<I", value, position)
        position += 4
    if base in _FIXED:
        size = _FIXED[base] * (count if is_many else 1)
        return _end_at(value, position + size), value[position : position + size]
    if base not in (_STRING, _UNICODE, _BINARY, _OBJECT):
        raise struct.error("a kind of property that nobody writes")
    first = b""
    for number in range(min(count, MAX_PROPERTIES)):
        (length,) = struct.unpack_from("<I", value, position)
        position += 4
        if number == 0:
            first = value[position : position + length]
        position = _end_at(value, position + _padded(length))
    return position, first


def _end_at(value: bytes, position: int) -> int:
    """Raises struct.error beyond the end, but for the padding of the last value."""
    if position > len(value) + 3:
        raise struct.error("a property is longer than what holds it")
    return position


def _padded(length: int) -> int:
    return (length + 3) & ~3
