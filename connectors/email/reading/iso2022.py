"""Text that switches charsets by escape sequences: ISO-2022-JP, -KR, -CN and their variants.

Windows senders write the characters of their code page between the escapes (circled numbers,
half-width katakana), which Python's own codecs refuse.
"""

import re

from connectors.email.reading.cns import cns_character

CODECS = frozenset(
    {"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3"}
    | {"iso2022_jp_ext", "iso2022_kr", "iso2022_cn"}
)
_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([DQO]|\([BJHI]|\$\)C)")
_KOREAN = b"\x1b$)C"
_SHIFT = re.compile(rb"[\x0e\x0f]")
_CHINESE = re.compile(rb"\x1b\$(?:\)[AGE]|\*H|\+[IJKLM])|\x1bN|[\x0e\x0f\r\n]")
"""The marks of RFC 1922: which set the shift calls, one character of plane 2, shift out and in."""
_CHINESE_SETS = (b"\x1b$)A", b"\x1b$)G", b"\x1b$)E")


def iso_2022_of(raw: bytes, codec: str | None) -> str | None:
    """Which of them the escapes speak; None if they are none of these."""
    if codec in CODECS:
        return codec
    if _KOREAN in raw:
        return "iso2022_kr"
    if any(mark in raw for mark in _CHINESE_SETS):
        return "iso2022_cn"
    return "iso2022_jp" if _ESCAPE.search(raw) else None


def decode_iso_2022(raw: bytes, codec: str) -> str:
    """Never fails. A missing return to ASCII at the end does no harm."""
    if codec == "iso2022_kr":
        return _decode_korean(raw)
    if codec == "iso2022_cn":
        return _decode_chinese(raw)
    for strict in ("iso2022_jp_2", "iso2022_jp_ext"):
        try:
            return raw.decode(strict)
        except UnicodeDecodeError:
            continue
    return _decode_japanese(raw)


def _decode_korean(raw: bytes) -> str:
    try:
        return raw.decode("iso2022_kr")
    except UnicodeDecodeError:
        pass
    pieces = []
    is_korean = False
    for piece in _SHIFT.split(raw.replace(_KOREAN, b"")):
        pieces.append(bytes(byte | 0x80 for byte in piece) if is_korean else piece)
        is_korean = not is_korean
    return b"".join(pieces).decode("cp949", "replace")


def _decode_chinese(raw: bytes) -> str:
    """Each line begins in ASCII (RFC 1922, 3.1); the set called last is still known there."""
    pieces: list[str] = []
    called = b"A"
    is_shifted = False
    end = 0
    for mark in _CHINESE.finditer(raw):
        if mark.start() < end:
            continue
        pieces.append(_chinese(raw[end : mark.start()], called if is_shifted else b""))
        end = mark.end()
        match mark[0]:
            case b"\x0e":
                is_shifted = True
            case b"\x0f":
                is_shifted = False
            case b"\r" | b"\n":
                is_shifted = False
                pieces.append(mark[0].decode("ascii"))
            case b"\x1bN":
                pieces.append(_chinese(raw[end : end + 2], b"H"))
                end += 2
            case escape if escape.startswith(b"\x1b$)"):
                called = escape[-1:]
    pieces.append(_chinese(raw[end:], called if is_shifted else b""))
    return "".join(pieces)


def _chinese(raw: bytes, called: bytes) -> str:
    if not called:
        return raw.decode("ascii", "replace")
    if called in (b"A", b"E"):
        return bytes(byte | 0x80 for byte in raw).decode("gb18030", "replace")
    plane = 1 if called == b"G" else 2
    pairs = zip(raw[::2], raw[1::2], strict=False)
    return "".join(cns_character(plane, row & 0x7F, cell & 0x7F) for row, cell in pairs)


def _decode_japanese(raw: bytes) -> str:
    """Each stretch as the Shift-JIS that holds the same characters, which knows the extensions."""
    pieces = []
    end = 0
    mode = b"(B"
    for escape in _ESCAPE.finditer(raw):
        pieces.append(_stretch(raw[end : escape.start()], mode))
        mode, end = escape[1], escape.end()
    pieces.append(_stretch(raw[end:], mode))
    return "".join(pieces)


def _stretch(raw: bytes, mode: bytes) -> str:
    if mode in (b"$@", b"$B"):
        return _shifted(raw).decode("cp932", "replace")
    if mode == b"(I":
        return bytes(byte | 0x80 if byte > 0x20 else byte for byte in raw).decode(
            "cp932", "replace"
        )
    if mode.startswith(b"$"):
        return (b"\x1b" + mode + raw).decode("iso2022_jp_3", "replace")
    return raw.decode("cp932", "replace")


def _shifted(raw: bytes) -> bytes:
    """JIS X 0208 rows and cells as Shift-JIS."""
    shifted = bytearray()
    position = 0
    while position < len(raw):
        row = raw[position]
        if row < 0x21 or row > 0x7E or position + 1 >= len(raw):
            shifted.append(row)
            position += 1
            continue
        cell = raw[position + 1]
        position += 2
        first = ((row - 0x21) >> 1) + (0x81 if row < 0x5F else 0xC1)
        second = cell + 0x1F + (cell >= 0x60) if row % 2 else cell + 0x7E
        shifted += bytes((first, min(second, 0xFC)))
    return bytes(shifted)
