"""Mail addresses beyond ASCII: one spelling to compare by, and one that misleads no reader.

The spelling to compare by has the domain in its ASCII form. The readable one shows a label in its
own letters only where these could hardly be taken for others: a part of "Single Script" and of
"Whole-Script Confusables" of Unicode's UTS 39, without its table of all letters.
"""

import re
import unicodedata
from functools import lru_cache

from core.domains import ascii_domain

_PREFIX = "xn--"
_LETTERS = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc"})
_EAST_ASIAN = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)
_SCRIPTS = (
    " ARABIC ARMENIAN BENGALI BOPOMOFO CJK CYRILLIC DEVANAGARI ETHIOPIC GEORGIAN GREEK GUJARATI"
    " GURMUKHI HANGUL HEBREW HIRAGANA KANNADA KATAKANA KHMER LAO LATIN MALAYALAM MYANMAR ORIYA"
    " SINHALA TAMIL TELUGU THAANA THAI TIBETAN "
)
"""Those that people write today (UAX 31, table 5), by the first word of their letters' names."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_LIKE_LATIN = frozenset(
    "\u0430\u0433\u0435\u043e\u043f\u0440\u0441\u0443\u0445\u044c\u0455\u0456\u0458\u0461"
    "\u0475\u04af\u04bb\u04bd\u04cf\u0501\u051b\u051d"
    "\u03b1\u03b3\u03b7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7\u03c9"
    "\u0561\u0563\u0566\u056c\u0570\u0575\u0578\u057c\u057d\u0581\u0584\u0585"
    "\u05d5\u05d7\u05d8\u05d9\u05df\u05e1"
)
"""Small letters of Cyrillic, Greek, Armenian and Hebrew that stand in for Latin ones."""
_TOLD_APART = re.compile("[\u00df-\u00f6\u00f8-\u0130\u0132-\u0137\u0139-\u017e\u1e80-\u1ef9]*")
"""Latin letters whose marks are seen: without the i that lost its dot, and the small capital."""
_UNSEEN = frozenset("\u0640\u17b4\u17b5")
"""Letters and marks by their category, and nothing on the screen or a mere line."""
_SIGNS = re.compile(r"([!-/:-@\[-`{-~]+)")


def folded_local(local: str) -> str:
    """What stands before the @, in the one spelling by which people are known. Idempotent.

    Case is folded: no provider tells two people apart by it. Composed (NFC), as RFC 6532 asks.
    """
    if local.isascii():
        return local.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())


@lru_cache(maxsize=4096)
def readable_address(address: str, guarded: str = "") -> str:
    """As people write it, wherever that can be read in one way only. Anything else is as it was.

    A label of the domain that could mislead stays in its ASCII form (`xn--…`), also one that
    differs only by marks from a label of `guarded`, a domain of ours. Before the @ there is no
    such form: letters that could mislead are shown by their numbers (`[U+0430]`).
    """
    local, at, domain = address.rpartition("@")
    if not at or (address.isascii() and _PREFIX not in domain):
        return address
    shown = readable_domain(domain, guarded)
    is_mixed = _is_right_to_left(local) and not _is_right_to_left(shown)
    pieces = (_readable_piece(one, is_mixed=is_mixed) for one in _SIGNS.split(local))
    return f"{''.join(pieces)}@{shown}"


def is_clear_local(local: str) -> bool:
    """What stands before the @ can be shown in its own letters: each piece has one script."""
    return all(_readable_piece(one, is_mixed=False) == one for one in _SIGNS.split(local))


def readable_domain(domain: str, guarded: str = "") -> str:
    """See `readable_address`. Takes the ASCII form."""
    labels = domain.split(".")
    decoded = [_decoded(label) for label in labels]
    top = _script_of(decoded[-1] or labels[-1])
    is_ours = domain == guarded or domain.endswith(f".{guarded}")
    bare = set() if is_ours else {_bare(label) for label in guarded.split(".")[:-1]}
    shown = [
        label if text is None or not _is_clear(text, top) or _bare(text) in bare else text
        for label, text in zip(labels, decoded, strict=True)
    ]
    if all(map(_is_right_to_left, shown)):
        return ".".join(shown)
    # Beside a label of the other direction, the order on the screen is not that of the address.
    pairs = zip(labels, shown, strict=True)
    return ".".join(label if _is_right_to_left(text) else text for label, text in pairs)


def _decoded(label: str) -> str | None:
    """None for a label of ASCII, and for one that is not the ASCII form of what it decodes to."""
    if not label.startswith(_PREFIX):
        return None
    try:
        text = label[len(_PREFIX) :].encode("ascii").decode("punycode")
        return text if not text.isascii() and ascii_domain(text) == label else None
    except UnicodeError:
        return None


def _readable_piece(piece: str, *, is_mixed: bool) -> str:
    """Of what stands before the @, a piece between two signs of ASCII."""
    if piece.isascii():
        return piece
    is_stable = unicodedata.normalize("NFKC", piece) == piece
    if is_stable and _is_clear(piece) and not (is_mixed and _is_right_to_left(piece)):
        return piece
    return "".join(c if c.isascii() else f"[U+{ord(c):04X}]" for c in piece)


def _is_clear(label: str, top: str = "LATIN") -> bool:
    """It has one script, and a letter that this script alone has; or the top label has it too.

    Of Latin, only letters that are told apart; from right to left, not beginning with a digit.
    """
    script = _script_of(label)
    if script == "LATIN":
        return _TOLD_APART.fullmatch("".join(c for c in label if not c.isascii())) is not None
    if _is_right_to_left(label) and not _is_right_to_left(label[0]):
        return False
    letters = {c for c in _without_marks(label) if not c.isascii()}
    return script != "" and (script == top or not letters <= _LIKE_LATIN)


@lru_cache(maxsize=4096)
def _script_of(label: str) -> str:
    """The one script of its letters, `CJK` for those written together; empty if there is none.

    Small letters, their marks, digits of ASCII and hyphens are all that a label has.
    """
    found = set()
    for character in label:
        if character.isascii():
            if character.isalpha():
                found.add("LATIN")
            elif not (character.isdigit() or character == "-"):
                return ""
        else:
            found.add(_script_of_letter(character))
    if len(found) == 1:
        return found.pop()
    return "CJK" if found and any(found <= together for together in _EAST_ASIAN) else ""


def _script_of_letter(character: str) -> str:
    if unicodedata.category(character) not in _LETTERS or character in _UNSEEN:
        return ""
    words = unicodedata.name(character, "").replace("-", " ").split()
    script = "CJK" if words[:1] == ["IDEOGRAPHIC"] else "".join(words[:1])
    if script == "HANGUL" and words[1] != "SYLLABLE":
        return ""
    return script if f" {script} " in _SCRIPTS else ""


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)


def _bare(label: str) -> str:
    return _without_marks(_decoded(label) or label)


def _without_marks(label: str) -> str:
    apart = unicodedata.normalize("NFKD", label)
    return "".join(c for c in apart if not unicodedata.combining(c))
