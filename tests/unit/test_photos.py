"""Photos of agents: what is kept of a JPEG, and what is none."""

import base64

import pytest

from core.photos import LARGEST, BadPhoto, plain_jpeg

# One grey pixel, as a camera's program wrote it.
PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJ"
    "DRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


def frame(width: int = 8, height: int = 8, kind: int = 0xC0, parts: int = 1) -> bytes:
    sides = height.to_bytes(2) + width.to_bytes(2)
    return segment(kind, b"\x08" + sides + bytes((parts,)) + b"\x01\x11\x00" * parts)


TABLES = segment(0xDB, bytes(65)) + segment(0xC4, bytes(20))
SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
EXIF = segment(0xE1, b"Exif\x00\x00GPS 59.93 N")
START, END = b"\xff\xd8", b"\xff\xd9"
PLAIN = START + TABLES + frame() + SCAN + END


def test_place_camera_comment_and_what_comes_after_the_end_are_not_kept() -> None:
    told = segment(0xE0, b"JFIF\x00") + EXIF + segment(0xFE, b"Bo's phone")
    content = START + told + TABLES + frame() + EXIF + SCAN + END + b"<script>alert(1)</script>"

    assert plain_jpeg(content) == PLAIN
    assert plain_jpeg(PLAIN) == PLAIN


def test_each_scan_of_a_progressive_picture_is_kept() -> None:
    content = START + TABLES + frame(kind=0xC2, parts=3) + SCAN + segment(0xC4, b"\x00") + SCAN

    assert plain_jpeg(content + END) == content + END


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        PIXEL,  # Arithmetic coding, which no browser draws.
        START + END,
        START + TABLES + frame() + END,
        START + TABLES + SCAN + END,
        START + TABLES + frame(width=513) + SCAN + END,
        START + TABLES + frame(height=0) + SCAN + END,
        START + TABLES + frame(parts=4) + SCAN + END,
        START + TABLES + frame() + frame() + SCAN + END,
        START + segment(0xC0, b"\x08") + SCAN + END,
        START + b"\xff\xdb\xff\xff" + SCAN + END,
        START + TABLES + b"\x00" + frame() + SCAN + END,
        PLAIN[:-2],
        PLAIN[:-1],
        START + EXIF * (LARGEST // len(EXIF) + 1) + PLAIN[2:],
    ],
)
def test_what_is_no_small_jpeg_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(BadPhoto, match=r"\.$"):
        plain_jpeg(content)
