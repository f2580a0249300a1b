"""Bytes of a mail as text, whatever charset they claim to be in. Never fails.

Names are widened to the superset that senders really use (gb2312 -> gb18030); a claim that does
not decode is dropped for what the bytes look like.
"""

import binascii
import codecs
import re
from urllib.parse import unquote_to_bytes

ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "hz-gb-2312": "hz",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "euc-kr": "cp949",
    "euc_kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "ascii",
    "ansi_x3.4-1968": "ascii",
}
WITHOUT_MEANING = frozenset({"", "unknown-8bit", "unknown", "x-unknown", "8bit", "default", "none"})
NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that decode to text and are no charsets; a mail does not get to choose them."""

_ENCODED_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN = re.compile(rb"\s*")
_HIGH = re.compile(rb"[\x80-\xff]")


def decode_bytes(raw: bytes, charset: str | None = None) -> str:
    """Text of `raw`: as claimed if that fits, else UTF-8, else what the bytes look like."""
    codec = codec_of(charset)
    if codec is not None and not (codec == "ascii" and _HIGH.search(raw)):
        try:
            return _clean(raw.decode(codec))
        except (UnicodeDecodeError, ValueError):
            pass
    try:
        return _clean(raw.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    if codec is not None and codec not in ("utf-8", "ascii", "cp1252"):
        return _clean(raw.decode(codec, "replace"))
    return _clean(raw.decode(guess(raw), "replace"))


def codec_of(charset: str | None) -> str | None:
    """The codec for a claimed charset; None if it claims nothing that we know."""
    name = (charset or "").strip().strip("\"'").lower()
    if name in WITHOUT_MEANING or len(name) > 40:
        return None
    name = ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name
        # Some turn bytes into bytes and are none for text; asking decides it for all of them.
        b"a".decode(found)
    except (LookupError, ValueError):
        return None
    return None if found.replace("_", "-") in NO_CHARSETS else name


def guess(raw: bytes) -> str:
    """The likeliest charset of 8-bit text that is not UTF-8.

    Valid GB18030 with mostly two-byte pairs in the range of common characters is Chinese; anything
    else is read as windows-1252, the commonest single-byte charset.
    """
    sample = raw[:20_000]
    high = len(_HIGH.findall(sample))
    pairs = len(re.findall(rb"[\xb0-\xf7][\xa1-\xfe]", sample))
    if high >= 4 and pairs * 2 >= high * 0.9:
        try:
            sample.decode("gb18030")
        except UnicodeDecodeError as error:
            return "gb18030" if error.start >= len(sample) - 4 else "cp1252"
        return "gb18030"
    return "cp1252"


def decode_words(raw: bytes) -> str:
    """A header's value with its encoded words decoded (RFC 2047).

    Neighbouring words of one charset are joined as bytes first: senders split characters.
    """
    pieces: list[str] = []
    pending = b""
    pending_charset = ""
    end = 0
    for word in _ENCODED_WORD.finditer(raw):
        between = raw[end : word.start()]
        charset = word[1].decode("ascii", "replace").partition("*")[0].lower()
        is_next = bool(pending_charset) and not between.strip()
        if not is_next or charset != pending_charset:
            if pending_charset:
                pieces.append(decode_bytes(pending, pending_charset))
            if not is_next:
                pieces.append(decode_bytes(between))
            pending = b""
        pending += _decode_word(word[2], word[3])
        pending_charset = charset
        end = word.end()
    if pending_charset:
        pieces.append(decode_bytes(pending, pending_charset))
    pieces.append(decode_bytes(raw[end:]))
    return "".join(pieces)


def decode_parameter(value: bytes) -> str:
    """A parameter of RFC 2231 (`charset'language'percent-encoded`) or with encoded words."""
    parts = value.split(b"'", 2)
    if (len(parts) == 3 and b"%" in parts[2]) or (len(parts) == 3 and parts[0]):
        return decode_bytes(unquote_to_bytes(parts[2]), parts[0].decode("ascii", "replace"))
    return decode_words(value)


def _decode_word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
        if len(kept) % 4 == 1:
            kept = kept[:-1]
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    return binascii.a2b_qp(text.replace(b"_", b" "), header=True)


def _clean(text: str) -> str:
    """Without NUL and lone surrogates, which nothing later can store or encode."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
