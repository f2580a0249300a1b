"""Content as it was before it was encoded for transport (RFC 2045, 6), by tolerant readers.

Each is linear in its input and never fails: what is not encoded as its label says comes out as it
is, or without what does not belong there.
"""

import binascii
import re
from dataclasses import dataclass

_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,3}")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_BLANKS = b" \t\r\n"
_PADDED_SOFT_BREAK = re.compile(rb"=[ \t]{1,100}(?=\r?\n)")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} +([^\r\n]{1,255})\r?$", re.MULTILINE)
_UU_LINE = re.compile(rb"[\x20-\x60]{1,86}")
_JUNK_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class UuFile:
    """A file that stands uuencoded in text, and where."""

    name: bytes
    content: bytes
    start: int
    end: int


def encoding_of(label: str) -> str:
    """The encoding that a header means; an empty word for none."""
    name = label.partition(";")[0].partition("(")[0].strip().strip("\"'").lower().replace(" ", "-")
    if name.startswith("base") and name.endswith("64"):
        return "base64"
    if name.startswith("quoted"):
        return "quoted-printable"
    if name in ("x-uuencode", "uuencode", "x-uue", "uue", "x-uu"):
        return "uuencode"
    return ""


def decode_transfer(content: bytes, encoding: str) -> bytes:
    """`encoding` as `encoding_of` gives it."""
    if encoding == "base64":
        return decode_base64(content)
    if encoding == "quoted-printable":
        return _decode_quoted(content)
    if encoding == "uuencode":
        found = find_uuencoded(content)
        return found[0].content if found else content
    return content


def decode_base64(content: bytes) -> bytes:
    """Also without padding, in several padded pieces, and with lines that are none of it."""
    kept = content.translate(None, _BLANKS)
    if _BASE64.fullmatch(kept):
        return _decode_group(kept.rstrip(b"="))
    lines = [line for line in content.split(b"\n") if _is_base64_line(line)]
    if not lines:
        return content
    kept = _NO_BASE64.sub(b"", b"".join(lines))
    return b"".join(_decode_group(piece) for piece in kept.split(b"=") if piece)


def _is_base64_line(line: bytes) -> bool:
    """Not a line of text, such as the footer of a list, in the middle of base64."""
    line = line.strip()
    if not line or b" " in line:
        return False
    junk = sum(len(one) for one in _NO_BASE64.findall(line))
    return junk <= max(1, len(line) * _JUNK_SHARE)


def _decode_group(kept: bytes) -> bytes:
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _decode_quoted(content: bytes) -> bytes:
    if b"=" not in content:
        return content
    if b"= " in content or b"=\t" in content:
        content = _PADDED_SOFT_BREAK.sub(b"=", content)
    return binascii.a2b_qp(content)


def find_uuencoded(content: bytes, most: int = 20) -> list[UuFile]:
    """Every file that stands uuencoded in the text, up to `most`; what only looks so is left."""
    found: list[UuFile] = []
    if b"begin" not in content:
        return found
    position = 0
    while len(found) < most and (begin := _UU_BEGIN.search(content, position)) is not None:
        decoded, end, is_whole = _read_uu(content, begin.end() + 1)
        if is_whole:
            found.append(
                UuFile(name=begin[1].strip(), content=decoded, start=begin.start(), end=end)
            )
            position = end
        else:
            position = begin.end()
    return found


def _read_uu(content: bytes, position: int) -> tuple[bytes, int, bool]:
    """The content from here to `end`; whole if at least one line was there and all were right."""
    pieces: list[bytes] = []
    while position < len(content):
        line_end = content.find(b"\n", position)
        line_end = len(content) if line_end < 0 else line_end
        line = content[position:line_end].rstrip(b"\r")
        position = line_end + 1
        if line.rstrip() == b"end":
            return b"".join(pieces), min(position, len(content)), bool(pieces)
        if line.strip() in (b"", b"`"):
            continue
        if not _UU_LINE.fullmatch(line):
            return b"", position, False
        length = (line[0] - 32) & 0x3F
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders write blanks after the line, or cut those at its end.
            wanted = 1 + (length + 2) // 3 * 4
            try:
                pieces.append(binascii.a2b_uu(line[:wanted].ljust(wanted)))
            except binascii.Error:
                return b"", position, False
    return b"".join(pieces), len(content), len(pieces) > 1
