"""How large a picture is, read from its first bytes. Pure."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame with its size (ITU T.81, B.1.1.3)."""


def size_of(content: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels of a PNG or JPEG. None: it is neither, or broken."""
    if content.startswith(PNG) and content[12:16] == b"IHDR" and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith(JPEG):
        return _jpeg_size(content)
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in FRAMES:
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            return int.from_bytes(content[at + 7 : at + 9], "big"), height
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
