"""A picture of a page as a PNG of 256 colours: a third of the size, and the same file each time."""

from __future__ import annotations

import base64
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

from playwright.async_api import Page

MOST_COLOURS = 256
_NEAR = 4
"""Colours of letters' edges that differ by no more (of 255, in each part) become one."""
_READ = """async png => {
  const bytes = Uint8Array.from(atob(png), letter => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint8Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data);
  let text = "";
  for (let at = 0; at < pixels.length; at += 8192)
    text += String.fromCharCode(...pixels.subarray(at, at + 8192));
  return { width: bitmap.width, height: bitmap.height, pixels: btoa(text) };
}"""
Colour = tuple[int, int, int]


async def shrink(bench: Page, png: bytes) -> bytes:
    """The same picture in few colours. `bench` is an empty page, whose browser reads the PNG."""
    read = await bench.evaluate(_READ, base64.b64encode(png).decode())
    rgba = base64.b64decode(read["pixels"])
    pixels = list(zip(rgba[0::4], rgba[1::4], rgba[2::4], strict=True))
    return indexed(read["width"], read["height"], pixels)


def indexed(width: int, height: int, pixels: Sequence[Colour]) -> bytes:
    """A PNG (RFC 2083) of colour type 3; flat areas keep their very colours."""
    often = [colour for colour, _ in Counter(pixels).most_common()]
    palette = _palette(often)
    places = {colour: _nearest(colour, palette) for colour in often}
    rows = bytes(places[one] for one in pixels)
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, content)
        for kind, content in (
            (b"IHDR", header),
            (b"PLTE", bytes(part for colour in palette for part in colour)),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


def _palette(often: Iterable[Colour]) -> list[Colour]:
    """The most frequent colours, and of those that are nearly alike the more frequent one."""
    chosen: list[Colour] = []
    for colour in often:
        if len(chosen) == MOST_COLOURS:
            break
        if all(max(abs(a - b) for a, b in zip(colour, one, strict=True)) > _NEAR for one in chosen):
            chosen.append(colour)
    return chosen


def _nearest(colour: Colour, palette: Sequence[Colour]) -> int:
    red, green, blue = colour
    far = [(r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2 for r, g, b in palette]
    return far.index(min(far))


def _chunk(kind: bytes, content: bytes) -> bytes:
    named = kind + content
    return struct.pack(">I", len(content)) + named + struct.pack(">I", zlib.crc32(named))
