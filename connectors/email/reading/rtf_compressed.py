"""RTF as Outlook packs it (MS-OXRTFCP): LZ with a dictionary that begins filled."""

import struct

MAX_SIZE = 4_000_000
"""Bytes that are unpacked at most: two bytes of input make up to eighteen."""
_PREFILLED = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_RING = 4096


def decompress_rtf(packed: bytes) -> bytes | None:
    """None if it is not of this format. What is cut off at the end is left out."""
    if len(packed) < 16:
        return None
    _, raw_size, kind, _ = struct.unpack_from("<IIII", packed)
    size = min(raw_size, MAX_SIZE)
    if kind == _PLAIN:
        return packed[16 : 16 + size]
    if kind != _COMPRESSED:
        return None
    ring = bytearray(_PREFILLED.ljust(_RING, b" "))
    write = len(_PREFILLED)
    found = bytearray()
    position = 16
    while position < len(packed) and len(found) < size:
        flags = packed[position]
        position += 1
        for bit in range(8):
            if not flags >> bit & 1:
                if position >= len(packed):
                    break
                found.append(packed[position])
                ring[write] = packed[position]
                write = (write + 1) % _RING
                position += 1
                continue
            if position + 1 >= len(packed):
                return bytes(found[:size])
            token = packed[position] << 8 | packed[position + 1]
            position += 2
            read = token >> 4
            if read == write:
                return bytes(found[:size])
            for _ in range((token & 0xF) + 2):
                byte = ring[read]
                found.append(byte)
                ring[write] = byte
                read = (read + 1) % _RING
                write = (write + 1) % _RING
    return bytes(found[:size])
