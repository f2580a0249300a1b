"""Bytes of a mail as text, whatever charset they claim to be in. Never fails.

A ladder: the claim, widened to the superset that senders really use (gb2312 -> gb18030); UTF-8,
which nothing else looks like by accident; what the bytes look like. A claim loses against certain
evidence only.
"""

import codecs
import re
from unicodedata import normalize

from connectors.email.reading.cns import decode_euc_tw
from connectors.email.reading.guessing import guess, is_certainly, looks_foreign
from connectors.email.reading.iso2022 import CODECS as ISO_2022
from connectors.email.reading.iso2022 import decode_iso_2022, iso_2022_of
from connectors.email.reading.mislabelled import FEWEST_UNCLAIMED, meant, meant_beyond_western

ALIASES = {
    **dict.fromkeys(
        ("gb2312", "gbk", "x-gbk", "gb_2312-80", "gb_2312", "cp936", "windows-936", "chinese"),
        "gb18030",
    ),
    **dict.fromkeys(
        ("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "ms932"), "cp932"
    ),
    **dict.fromkeys(
        ("euc-kr", "euc_kr", "ks_c_5601-1987", "ks_c_5601", "ksc5601", "ksc_5601", "korean"),
        "cp949",
    ),
    **dict.fromkeys(("windows-949", "x-windows-949", "uhc", "ks_c_5601-1989"), "cp949"),
    **dict.fromkeys(("big5", "x-big5", "cn-big5", "cp950", "big5-eten", "big-5"), "big5hkscs"),
    **dict.fromkeys(("big5-hkscs", "big5hk"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "l1", "ansi", "windows-ansi"), "cp1252"),
    **dict.fromkeys(("iso8859-1", "iso8859_1", "iso_8859-1", "8859_1", "iso-8859"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "iso8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("tis-620", "windows-874", "iso-8859-11", "tis620"), "cp874"),
    **dict.fromkeys(("utf8mb4", "utf8", "utf-8", "utf_8", "unicode-1-1-utf-8", "utf"), "utf-8"),
    **dict.fromkeys(("unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csunicode11utf7"), "utf-7"),
    **dict.fromkeys(("us-ascii", "ansi_x3.4-1968", "iso646-us", "us_ascii", "usascii"), "ascii"),
    **dict.fromkeys(("macintosh", "x-mac-roman", "mac", "x-macroman"), "mac-roman"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), "iso-8859-8"),
    **dict.fromkeys(("iso-8859-6-i", "iso-8859-6-e"), "iso-8859-6"),
    **dict.fromkeys(("unicode", "ucs-2", "iso-10646-ucs-2", "iso-10646"), "utf-16"),
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "hz-gb-2312": "hz",
    "x-euc-jp": "euc_jp",
    "dos-862": "cp862",
    "koi8": "koi8-r",
    **dict.fromkeys(("iso-2022-cn", "iso-2022-cn-ext", "csiso2022cn"), "iso2022_cn"),
    **dict.fromkeys(("euc-tw", "x-euc-tw", "euctw", "cns11643"), "euc_tw"),
}
WITHOUT_MEANING = frozenset(
    {"", "unknown-8bit", "unknown", "x-unknown", "8bit", "7bit", "default", "none", "binary"}
    | {"x-user-defined", "user-defined", "x-user", "null", "undefined", "auto", "_autodetect"}
)
NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that decode to text and are no charsets; a mail does not get to choose them."""

_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_WESTERN = frozenset({"ascii", "cp1252", "iso8859-15", "mac-roman", "cp850", "cp437"})
_MULTIBYTE = frozenset(
    {"utf-8", "gb18030", "big5hkscs", "cp932", "cp949", "euc_jp", "euc_jis_2004", "johab", "hz"}
)
_EUC_TW = "euc_tw"
_OWN = frozenset({_EUC_TW, *ISO_2022})
"""Codecs that Python does not have, or that are read here in a wider sense."""
_HIGH = re.compile(rb"[\x80-\xff]")
_THREE_BYTES = re.compile(rb"[\xe0-\xf4][\x80-\xbf][\x80-\xbf]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._:+-]{0,39}")
_HYPHENLESS = re.compile(r"(windows|cp|koi8|iso|ibm|x-cp)[-_]?(\d[\d_-]*|[ru])")
# What UTF-8 looks like after it was taken for windows-1252 and encoded as UTF-8 once more.
_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u0192-\u02dc\u2013-\u2122]+")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_CONTROLS = {code: None for code in (*range(9), 11, *range(14, 32), 127)} | {12: "\n"}
_WINDOWS = {
    code: bytes((code,)).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_HAS_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decode_bytes(raw: bytes, charset: str | None = None, hint: str | None = None) -> str:
    """Text of `raw`: as claimed if that fits, else UTF-8, else what the bytes look like.

    `hint` is tried before guessing: a charset named nearby, for what names none itself.
    """
    codec = codec_of(charset)
    if codec in _WIDE:
        return _clean(_decode_wide(raw, codec))
    if raw.isascii():
        return _clean(_decode_seven_bits(raw, codec))
    text = _by_claim(raw, codec)
    if text is None and codec != "utf-8":
        text = _strictly(raw, "utf-8")
    if text is None and (near := codec_of(hint)) not in (None, "ascii", "utf-8"):
        text = _by_claim(raw, near)
    if text is None:
        text = _at_any_price(raw, codec)
    return _clean(text)


def codec_of(charset: str | None) -> str | None:
    """The codec for a claimed charset; None if it claims nothing that we know."""
    if charset is None:
        return None
    name = charset.strip().strip("\"'").removeprefix("3D").strip("\"' ").lower()
    name = name.partition(";")[0].strip().strip("\"'")
    if name in ALIASES:
        return ALIASES[name]
    if name in WITHOUT_MEANING or not _NAME.fullmatch(name):
        return None
    return _CODECS.get(name) or _look_up(name)


_CODECS: dict[str, str] = {}


def _look_up(name: str) -> str | None:
    for spelling in (name, _HYPHENLESS.sub(r"\1-\2", name), name.removeprefix("x-")):
        spelling = ALIASES.get(spelling, spelling)
        try:
            found = codecs.lookup(spelling).name
            # Some turn bytes into bytes and are none for text; asking decides it for all of them.
            b"aaaa".decode(found, "replace")
        except (LookupError, ValueError):
            continue
        if found.replace("_", "-") in NO_CHARSETS:
            return None
        codec = ALIASES.get(found, found)
        if len(_CODECS) < 200:
            _CODECS[name] = codec
        return codec
    return None


def _decode_seven_bits(raw: bytes, codec: str | None) -> str:
    if b"\x1b" in raw and (stateful := iso_2022_of(raw, codec)) is not None:
        return decode_iso_2022(raw, stateful)
    if codec in ("utf-7", "hz"):
        return _strictly(raw, codec) or raw.decode("ascii")
    return raw.decode("ascii")


def _by_claim(raw: bytes, codec: str | None) -> str | None:
    """None if the claim is wrong for certain, or there is none."""
    if codec is None or codec == "ascii":
        return None
    if codec in ISO_2022:
        return decode_iso_2022(raw, codec) if b"\x1b" in raw else None
    if codec == _EUC_TW:
        decoded, lost = decode_euc_tw(raw)
        return decoded if lost * 10 <= len(decoded) else None
    if codec not in _MULTIBYTE:
        # One accent after another: no language does that, and UTF-8 always does.
        if (text := _strictly(raw, "utf-8")) is not None:
            return text
        if codec in _WESTERN and looks_foreign(raw):
            return None
    other = meant_beyond_western(raw) if codec == "cp1252" else meant(raw, codec)
    text = _strictly(raw, other or codec)
    if text is not None and codec != "utf-8" and _THREE_BYTES.search(raw):
        utf8 = _strictly(raw, "utf-8")
        if utf8 is not None and is_certainly(utf8, text):
            return utf8
    return text


def _at_any_price(raw: bytes, codec: str | None) -> str:
    if codec == "utf-8" or codec is None:
        text = raw.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        # UTF-8 that was cut or damaged here and there still is what most of it says.
        if broken and (len(_NOT_ASCII.findall(text)) - broken) >= broken * 4:
            return text
    elif codec not in _WESTERN and codec not in _OWN:
        text = raw.decode(codec, "replace")
        if text.count("\ufffd") * 10 <= len(_HIGH.findall(raw)):
            return text
    guessed = meant_beyond_western(raw, FEWEST_UNCLAIMED) or guess(raw)
    if guessed == "cp1252":
        return _western(raw)
    return raw.decode(guessed, "replace")


def _western(raw: bytes) -> str:
    """Windows-1252; the five bytes that it leaves open stay what they are in ISO 8859-1."""
    return raw.decode("latin-1").translate(_WINDOWS)


def _decode_wide(raw: bytes, codec: str | None) -> str:
    """UTF-16 and UTF-32 by what is there: a claim without any NUL is one that somebody re-coded."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    if b"\x00" not in raw[:4000] and not any(_odd_pairs(raw)):
        return decode_bytes(raw)
    if codec is not None and "32" in codec:
        return raw.decode(codec, "replace")
    if codec == "utf-16":
        # RFC 2781 says big endian without a mark; what is there says it more surely.
        is_little = raw[1:4000:2].count(0) > raw[0:4000:2].count(0)
        codec = "utf-16-le" if is_little else "utf-16-be"
    return raw.decode(codec or "utf-16-be", "replace")


def _odd_pairs(raw: bytes) -> tuple[bool, ...]:
    """Whether it is text of two-byte characters that needs no NUL, such as Chinese."""
    if raw.isascii() or len(raw) % 2 or _strictly(raw, "utf-8") is not None:
        return ()
    text = raw[:4000].decode("utf-16-be", "replace")
    return (sum("\u3000" <= one <= "\u9fff" for one in text) * 2 > len(text),)


def _strictly(raw: bytes, codec: str) -> str | None:
    try:
        text = raw.decode(codec)
    except (UnicodeDecodeError, ValueError):
        return None
    # Vietnamese stands there with its tones apart from its letters.
    return normalize("NFC", text) if codec == "cp1258" else text


def _clean(text: str) -> str:
    """Without controls and lone surrogates, which nothing later can store, show or encode."""
    if text.isascii():
        return text.translate(_CONTROLS) if _HAS_CONTROL.search(text) else text
    if _TWICE.search(text) is not None:
        text = _without_second_encoding(text)
    if _HAS_CONTROL.search(text):
        text = text.translate(_CONTROLS)
    return text.removeprefix("\ufeff").encode("utf-8", "replace").decode("utf-8")


def _without_second_encoding(text: str) -> str:
    """UTF-8 that was encoded twice, read right; only if every letter says so, and enough do."""
    found = _NOT_ASCII.findall(text)
    if len(found) < 4:
        return text
    try:
        once = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text
    return once if len(_NOT_ASCII.findall(once)) * 2 <= len(found) else text
