"""Encoded words in headers (RFC 2047), as they should be and as programs really write them.

Words with blanks inside, without an end, inside quotes, with the wrong letter for their encoding,
split in the middle of a character: each is read as it was meant.
"""

import binascii
import re
from dataclasses import dataclass

from connectors.email.reading.charsets import codec_of, decode_bytes

_START = re.compile(rb"=\?([^?\s=]{0,60})\?([bBqQ])\?")
_BLANK = b" \t\r\n"
_ENDS_BEFORE = b' \t\r\n"()<>,;:=?'
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_LOOKS_QUOTED = re.compile(rb"=[0-9A-Fa-f]{2}")
_LOOKS_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    charset: str
    encoding: str
    text: bytes


def decode_words(raw: bytes, hint: str | None = None) -> str:
    """A header's value with its encoded words decoded; `hint` is the charset of its raw bytes.

    Neighbouring words of one charset are joined as bytes first: senders split characters.
    """
    if b"=?" not in raw:
        return decode_bytes(raw, hint=hint)
    text = _decode_once(raw, hint)
    # A gateway that encoded what was encoded already leaves exactly words behind.
    if text.startswith("=?") and text.endswith("?=") and text.isascii():
        return _decode_once(text.encode("ascii"), None)
    return text


def _decode_once(raw: bytes, hint: str | None) -> str:
    pieces: list[str] = []
    run: list[_Word] = []
    end = 0
    for word in _words(raw):
        between = raw[end : word.start]
        is_next = bool(run) and not between.strip(_BLANK)
        if not (is_next and run[-1].charset == word.charset):
            pieces.append(_text_of(run))
            run = []
        if not is_next:
            pieces.append(decode_bytes(between, hint=hint))
        run.append(word)
        end = word.end
    pieces.append(_text_of(run))
    pieces.append(decode_bytes(raw[end:], hint=hint))
    return "".join(pieces)


def _words(raw: bytes) -> list[_Word]:
    words: list[_Word] = []
    position = 0
    while (start := _START.search(raw, position)) is not None:
        end = _end_of(raw, start.end(), is_quoted=start[2] in b"qQ")
        if end is None:
            text, position = raw[start.end() :], len(raw)
        else:
            text, position = raw[start.end() : end], end + 2
        charset = start[1].partition(b"*")[0].decode("ascii", "replace").lower()
        words.append(
            _Word(start.start(), position, charset, start[2].decode("ascii").lower(), text)
        )
    return words


def _end_of(raw: bytes, start: int, *, is_quoted: bool) -> int | None:
    """Where the closing mark is; None: it was cut off.

    In Q a question mark may stand unencoded, so `?=` followed by a letter may be text.
    """
    end = raw.find(b"?=", start)
    if end < 0 or not is_quoted:
        return end if end >= 0 else None
    first = end
    limit = start + 200
    while 0 <= end <= limit:
        following = raw[end + 2 : end + 3]
        if not following or following in _ENDS_BEFORE:
            return end
        if raw.find(b"=?", start, end) >= 0:
            break
        end = raw.find(b"?=", end + 2)
    return first


def _text_of(run: list[_Word]) -> str:
    if not run:
        return ""
    charset = run[0].charset
    joined = b"".join(_bytes_of(run))
    if len(run) > 1 and (codec := codec_of(charset)) is not None:
        try:
            joined.decode(codec)
        except (UnicodeDecodeError, ValueError):
            # One of them is broken: it shall not take the others along.
            return "".join(decode_bytes(_word_bytes(word), charset) for word in run)
    return decode_bytes(joined, charset)


def _bytes_of(run: list[_Word]) -> list[bytes]:
    """The bytes of each; base64 that was cut between its groups of four is put together first."""
    found: list[bytes] = []
    held = b""
    for position, word in enumerate(run):
        if word.encoding == "b" and not _is_really_quoted(word.text):
            kept = held + _NO_BASE64.sub(b"", word.text)
            following = run[position + 1] if position + 1 < len(run) else None
            whole = len(kept) - len(kept) % 4
            if following is not None and following.encoding == "b" and b"=" not in word.text:
                held, kept = kept[whole:], kept[:whole]
            else:
                held = b""
            found.append(_base64(kept))
        else:
            found.append(_word_bytes(word))
    return found


def _word_bytes(word: _Word) -> bytes:
    if word.encoding == "b" and not _is_really_quoted(word.text):
        return _base64(_NO_BASE64.sub(b"", word.text))
    if word.encoding == "q" and _is_really_base64(word):
        return _base64(word.text.rstrip(b"="))
    return binascii.a2b_qp(word.text.replace(b"_", b" "), header=True)


def _base64(kept: bytes) -> bytes:
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _is_really_quoted(text: bytes) -> bool:
    return _LOOKS_QUOTED.search(text) is not None and _NO_BASE64.sub(b"", text) != text.rstrip(b"=")


def _is_really_base64(word: _Word) -> bool:
    """Marked Q, but nothing is quoted in it and as base64 it is text outside ASCII."""
    if not _LOOKS_BASE64.fullmatch(word.text):
        return False
    try:
        decoded = _base64(word.text.rstrip(b"="))
        text = decoded.decode(codec_of(word.charset) or "utf-8")
    except (UnicodeDecodeError, ValueError):
        return False
    return not decoded.isascii() and text.isprintable()
