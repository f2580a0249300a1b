"""What is inside an S/MIME signature that was put around a mail (RFC 5652, 5; RFC 8551, 3.5.2).

Own reader of the few fields on the way: mail programs write BER with lengths left open, which the
DER readers of the libraries at hand refuse. Linear in its input; nothing is verified.
"""

from dataclasses import dataclass

_SEQUENCE, _SET, _OID, _INTEGER, _OCTETS, _CONTEXT_0 = 0x30, 0x31, 0x06, 0x02, 0x04, 0xA0
_OCTETS_IN_PIECES = 0x24
_SIGNED = bytes.fromhex("2a864886f70d010702")
_LONGEST_LENGTH = 4
"""Bytes of a length: more than any mail is long."""
_MAX_DEPTH = 6
_MAX_PIECES = 100_000


class _NotSignedError(Exception):
    """The bytes are no signed data, or are cut."""


@dataclass(frozen=True, slots=True)
class _Field:
    tag: int
    start: int
    end: int | None
    """None: open, up to an end mark."""


def signed_content(content: bytes) -> bytes | None:
    """The mail inside; None if it is no signature around one, or a broken one."""
    try:
        reader = _Reader(content)
        reader.enter(_SEQUENCE)
        if reader.value(_OID) != _SIGNED:
            return None
        reader.enter(_CONTEXT_0)
        reader.enter(_SEQUENCE)
        reader.value(_INTEGER)
        reader.skip(_SET)
        reader.enter(_SEQUENCE)
        reader.value(_OID)
        reader.enter(_CONTEXT_0)
        return reader.octets()
    except _NotSignedError:
        return None


class _Reader:
    """Goes forward through nested fields, and never beyond the end."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def enter(self, tag: int) -> None:
        self._at = self._expect(tag).start

    def value(self, tag: int) -> bytes:
        field = self._expect(tag)
        if field.end is None:
            raise _NotSignedError
        self._at = field.end
        return self._content[field.start : field.end]

    def skip(self, tag: int) -> None:
        self._at = self._end_of(self._expect(tag), 0)

    def octets(self) -> bytes:
        """A string in one piece, or in the pieces in which a program wrote it while it read."""
        field = self._field(self._at)
        if field.tag == _OCTETS:
            return self.value(_OCTETS)
        if field.tag != _OCTETS_IN_PIECES:
            raise _NotSignedError
        pieces: list[bytes] = []
        position = field.start
        while len(pieces) < _MAX_PIECES and not self._is_over(field, position):
            piece = self._field(position)
            if piece.tag != _OCTETS or piece.end is None:
                raise _NotSignedError
            pieces.append(self._content[piece.start : piece.end])
            position = piece.end
        return b"".join(pieces)

    def _expect(self, tag: int) -> _Field:
        field = self._field(self._at)
        if field.tag != tag:
            raise _NotSignedError
        return field

    def _field(self, position: int) -> _Field:
        content = self._content
        if position + 2 > len(content):
            raise _NotSignedError
        tag, first = content[position], content[position + 1]
        start = position + 2
        if first == 0x80:
            return _Field(tag, start, None)
        length = first
        if first > 0x80:
            size = first & 0x7F
            if size > _LONGEST_LENGTH or start + size > len(content):
                raise _NotSignedError
            length = int.from_bytes(content[start : start + size])
            start += size
        if start + length > len(content):
            raise _NotSignedError
        return _Field(tag, start, start + length)

    def _end_of(self, field: _Field, depth: int) -> int:
        if field.end is not None:
            return field.end
        if depth >= _MAX_DEPTH:
            raise _NotSignedError
        position = field.start
        while not self._is_over(field, position):
            position = self._end_of(self._field(position), depth + 1)
        return position + 2

    def _is_over(self, field: _Field, position: int) -> bool:
        if field.end is not None:
            return position >= field.end
        return self._content[position : position + 2] == b"\0\0"
