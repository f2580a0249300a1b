"""Bytes that fit the charset which they claim, and were written in another one.

Every single-byte charset can be read in every other, and Chinese in Korean: only the language shows
what was meant. A claim is given up if the text makes no sense by it and very much by another.
"""

import math
import re

from connectors.email.reading.guessing import SAMPLE, commonness, from_first_high

_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866")
_WIDE = ("gb18030", "big5hkscs", "cp949", "cp932", "euc_jp")
FEWEST_LETTERS = 8
CLEARER = 0.5
"""By how much a rival must be likelier, in natural logarithms for each letter."""
_RARE = math.log(0.0005)
_SIGN = math.log(0.00005)
_PER_MILLE = {
    **dict(zip("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", (
        109, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14, 12,
        10, 9, 7, 6, 5, 4, 3, 3, 2, 3), strict=True)),
    **dict.fromkeys("іїєґў", 12),
}  # fmt: skip
_LOG = {letter: math.log(share / 1000) for letter, share in _PER_MILLE.items()}

NONSENSE = 0.08
SENSE = 0.25
"""Of the characters of a text, so many are among the most frequent ones of its language."""
RARE_WORDS, PLAIN_SENSE = 0.25, 0.5
"""Short texts hit a frequent character by chance: then the rival has to be plain."""
FEWEST_WIDE = 6
_ALPHABETIC = 0.3
_OF_ALPHABETS = re.compile("[\u0370-\u052f\u3041-\u30ff]")
"""Greek, Cyrillic and kana: Chinese and Korean charsets hold them too, in the same places."""
_PRIVATE = re.compile("[\ue000-\uf8ff]")

_ALPHABETS = {
    "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúñü¿¡ºª", "pt": "áâãàçéêíóôõúüºª",
    "it": "àèéìîòù", "nl": "éëïóöüè", "sv": "åäöé", "da": "æøåé", "fi": "åäöšž", "et": "äöõüšž",
    "is": "áéíóúýþæöð", "ca": "àçèéíïòóúü·",
}  # fmt: skip
"""The accented letters of one language each; what windows-1252 is for."""
_RIVALS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pl": ("ąćęłńóśźż", ("cp1250", "iso8859-2")),
    "cs": ("áčďéěíňóřšťúůýž", ("cp1250", "iso8859-2")),
    "sk": ("áäčďéíĺľňóôŕšťúýž", ("cp1250", "iso8859-2")),
    "hu": ("áéíóöőúüű", ("cp1250", "iso8859-2")),
    "hr": ("čćđšž", ("cp1250", "iso8859-2")),
    "ro": ("ăâîșşțţ", ("cp1250", "iso8859-2")),
    "tr": ("çğıöşüâîû", ("cp1254",)),
    "lt": ("ąčęėįšųūž", ("cp1257",)),
    "lv": ("āčēģīķļņšūž", ("cp1257",)),
}
FEWEST_ACCENTS = 4
FEWEST_UNCLAIMED = 3
"""Where nothing was claimed, so that nothing has to be refuted."""
THINNEST = 0.04
"""Of all letters, so many are accented in a text by whose accents its language is told."""
FOREIGN = 0.86
OWN = 0.97
"""Shares of the accented letters that one language has, below and above which it is told."""
_LETTER = re.compile(r"[^\W\d_]")
_SWITCH = re.compile(r"[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_HARMLESS = frozenset("\u00a0–—‘’“”„‚…€«»·•©®™§°´\u00ad")


def meant(raw: bytes, codec: str) -> str | None:
    """The codec in which it was really written; None: nothing speaks against the claim."""
    sample = from_first_high(raw)
    if codec in _CYRILLIC:
        return _clearest(sample, codec)
    if codec in _WIDE:
        return _sensible(sample, codec)
    return None


def meant_beyond_western(raw: bytes, fewest: int = FEWEST_ACCENTS) -> str | None:
    """Central European, Baltic or Turkish text that is read as windows-1252; None: it is not."""
    sample = from_first_high(raw)
    western = _accents(sample, "cp1252")
    letters = len(_LETTER.findall(sample.decode("cp1252", "replace")))
    if len(western) < fewest or len(western) < letters * THINNEST:
        return None
    if max(_share(western, set(alphabet)) for alphabet in _ALPHABETS.values()) >= FOREIGN:
        return None
    best, best_share = None, OWN
    for alphabet, codecs in _RIVALS.values():
        for codec in codecs:
            found = _accents(sample, codec)
            share = _share(found, set(alphabet)) if len(set(found)) >= 2 else 0.0
            if share > best_share or (share == best_share and best is None):
                best, best_share = codec, share
    return best


def _accents(sample: bytes, codec: str) -> list[str]:
    """Letters outside ASCII, in lower case, and the signs that no text has within its words."""
    return [
        one.lower()
        for one in sample.decode(codec, "replace")
        if one > "\x7f" and one not in _HARMLESS
    ]


def _share(found: list[str], alphabet: set[str]) -> float:
    # The dotted capital I of Turkish is two characters in lower case.
    alphabet = {*alphabet, "i\u0307"} if "ı" in alphabet else alphabet
    return sum(one in alphabet for one in found) / len(found) if found else 0.0


def _clearest(sample: bytes, claimed: str) -> str | None:
    own = _likelihood(sample.decode(claimed, "replace"))
    if own is None:
        return None
    others = {codec: _likelihood(sample.decode(codec, "replace")) for codec in _CYRILLIC}
    best = max(others, key=lambda codec: others[codec] or -math.inf)
    return best if (others[best] or -math.inf) - own >= CLEARER else None


def _likelihood(text: str) -> float | None:
    """Of the letters outside ASCII, the mean; None if there are too few."""
    found = [one for one in text[:SAMPLE] if one > "\x7f" and one not in _HARMLESS]
    if len(found) < FEWEST_LETTERS:
        return None
    total = 0.0
    for one in found:
        total += _LOG.get(one.lower(), _RARE if one.isalpha() else _SIGN)
    return (total + _case_switches(text[:SAMPLE]) * _RARE) / len(found)


def _case_switches(text: str) -> int:
    """Words that go on in capitals, as Russian does in the other of its two old charsets."""
    return len(_SWITCH.findall(text))


def _sensible(sample: bytes, claimed: str) -> str | None:
    own = _sense(sample, claimed, claimed)
    if own is None or own >= RARE_WORDS:
        return None
    scores = {codec: _sense(sample, codec, claimed) or 0.0 for codec in _WIDE}
    best = max(_WIDE, key=lambda codec: scores[codec])
    needed = SENSE if own < NONSENSE else max(PLAIN_SENSE, 3 * own)
    return best if scores[best] >= needed else None


def _sense(sample: bytes, codec: str, claimed: str) -> float | None:
    """None: too short to tell, or not valid in it."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4 or len(sample) < SAMPLE:
            return None
        text = sample[: error.start].decode(codec)
    if _PRIVATE.search(text) is not None and len(_PRIVATE.findall(text)) * 20 > len(text):
        return 0.0
    letters = [one for one in text if one > "\x7f"]
    if len(_OF_ALPHABETS.findall(text)) >= len(letters) * _ALPHABETIC and codec != "cp932":
        return 1.0 if codec == claimed else commonness(letters, codec)
    return commonness(letters, codec) if len(letters) >= FEWEST_WIDE else None
