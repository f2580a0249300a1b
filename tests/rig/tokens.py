"""The unique words by which the rig knows its texts again wherever they come up.

`m03-00017` is the seventeenth text of the author `m03`; an author's numbers rise without a gap.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\b[a-z]+\d+-\d{5}\b")


def token(author: str, number: int) -> str:
    return f"{author}-{number:05}"


def tokens_in(text: str) -> list[str]:
    return _TOKEN.findall(text)


def author_of(word: str) -> str:
    return word.rpartition("-")[0]


def number_of(word: str) -> int:
    return int(word.rpartition("-")[2])
