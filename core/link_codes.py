"""Link codes: how one is made, and how it is found in what somebody typed. Pure but for chance.

A code is three groups of four symbols of Crockford's base 32 (https://www.crockford.com/base32.html)
without I, L, O and U. Each group has a digit from 2 to 9 and a letter, so that neither a word nor a
telephone number is ever taken for a code; 58.29 bits are left.
"""

import re
import secrets
import unicodedata
from datetime import timedelta
from math import log2

from core.ids import digest

LIFE = timedelta(minutes=10)
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP = 3, 4
LONGEST_TYPED = 64
"""Characters: no longer line is looked at."""

_DIGITS = frozenset("23456789")
_LETTERS = frozenset(SYMBOLS[10:])
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# Escaped: a bare dash makes a range of the tab before it, and with that matching takes for ever.
_BETWEEN = rf"[ \t{re.escape(_DASHES)}]*"
_CODE = re.compile(rf"[^\W_](?:{_BETWEEN}[^\W_]){{{GROUPS * GROUP - 1}}}")
# Letters of a Cyrillic keyboard that look like those that somebody sees.
_CYRILLIC = "\u0410\u0412\u0415\u041a\u041c\u041d\u0420\u0421\u0422\u0423\u0425"
_READ_AS = str.maketrans(
    dict.fromkeys("O\u041e", "0")
    | dict.fromkeys("IL\u0406", "1")
    | dict(zip(_CYRILLIC, "ABEKMHPCTYX", strict=True))
    | dict.fromkeys(f" \t{_DASHES}", "")
)


def new_code() -> str:
    """A code that nobody can guess, as it is shown: `K7PM-2QXA-9T4D`."""
    return "-".join(_new_group() for _ in range(GROUPS))


def bits() -> float:
    """How many bits of chance a code holds."""
    every, digits, letters = len(SYMBOLS), len(_DIGITS), len(_LETTERS)
    neither = every - digits - letters
    good = every**GROUP - (every - digits) ** GROUP - (every - letters) ** GROUP + neither**GROUP
    return GROUPS * log2(good)


def find_code(text: str) -> str | None:
    """The code that a message consists of: its first line that is not blank is a code, alone.

    Whatever its case, with spaces and dashes anywhere or nowhere, and O, I and L read as 0, 1, 1.
    A code inside a line or further down is none: what people quote is not what they say.
    """
    line = text.lstrip()[: 4 * LONGEST_TYPED].partition("\n")[0].strip()
    return read_code(line)


def read_code(typed: str) -> str | None:
    """What a network carried, or somebody typed, as the code that it is; None: it has no such form.

    As `new_code` gives it.
    """
    if len(typed) > LONGEST_TYPED:
        return None
    plain = unicodedata.normalize("NFKC", typed).strip().upper()
    if not _CODE.fullmatch(plain):
        return None
    symbols = plain.translate(_READ_AS)
    groups = [symbols[at : at + GROUP] for at in range(0, GROUPS * GROUP, GROUP)]
    if len(symbols) != GROUPS * GROUP or not all(map(_is_group, groups)):
        return None
    return "-".join(groups)


def hash_code(code: str) -> bytes:
    """What is stored of it: of the form that `new_code` and `find_code` give."""
    return bytes.fromhex(digest(f"link-code:{code}".encode()))


def _new_group() -> str:
    while True:
        group = "".join(secrets.choice(SYMBOLS) for _ in range(GROUP))
        if _is_group(group):
            return group


def _is_group(group: str) -> bool:
    symbols = frozenset(group)
    return bool(symbols & _DIGITS) and bool(symbols & _LETTERS) and symbols <= frozenset(SYMBOLS)
