"""A small JPEG cut down to what draws it: no place, no camera, nothing behind its end.

https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B.
"""

LARGEST = 64 * 1024
"""Bytes of a photo."""
LONGEST = 512
"""Pixels of each side."""

_END, _SCAN = 0xD9, 0xDA
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive: what every browser draws."""
_TABLES = frozenset({0xC4, 0xDB, 0xDD})
_ASIDE = frozenset({*range(0xE0, 0xF0), 0xFE})
"""What applications write beside the picture, and comments."""


class BadPhoto(ValueError):
    """It is no such picture: why, in one sentence."""


def plain_jpeg(content: bytes) -> bytes:
    """The same picture and nothing else. Raises BadPhoto."""
    if len(content) > LARGEST:
        raise BadPhoto(f"A photo has at most {LARGEST // 1024} KB.")
    if not content.startswith(b"\xff\xd8\xff"):
        raise BadPhoto("A photo is a JPEG.")
    kept, at = [content[:2]], 2
    has_frame = has_scan = False
    while True:
        marker, at = _marker(content, at)
        if marker == _END and has_scan:
            return b"".join([*kept, b"\xff\xd9"])
        end = at + _length(content, at)
        segment = content[at:end]
        if marker in _FRAMES and not has_frame:
            _check_frame(segment)
            has_frame = True
        elif marker == _SCAN and has_frame:
            has_scan = True
            end = _end_of_scan(content, end)
        elif marker in _ASIDE:
            at = end
            continue
        elif marker not in _TABLES:
            raise BadPhoto("This JPEG cannot be read.")
        kept.append(bytes((0xFF, marker)) + content[at:end])
        at = end


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker that stands there, and where its segment begins."""
    if content[at : at + 1] != b"\xff":
        raise BadPhoto("This JPEG cannot be read.")
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content):
        raise BadPhoto("This JPEG has no end.")
    return content[at], at + 1


def _length(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at : at + 2])
    if length < 2 or at + length > len(content):
        raise BadPhoto("This JPEG has no end.")
    return length


def _check_frame(segment: bytes) -> None:
    if len(segment) < 8:
        raise BadPhoto("This JPEG cannot be read.")
    height, width = int.from_bytes(segment[3:5]), int.from_bytes(segment[5:7])
    if segment[2] != 8 or segment[7] not in (1, 3) or not height or not width:
        raise BadPhoto("This JPEG cannot be read.")
    if max(height, width) > LONGEST:
        raise BadPhoto(f"A photo has at most {LONGEST} × {LONGEST} pixels.")


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker is that is neither a stuffed byte nor a restart."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:
            return at
        at += 2
    raise BadPhoto("This JPEG has no end.")
