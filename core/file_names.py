"""Names of files as strangers give them, made fit to be shown and saved."""

import re
import unicodedata

LONGEST_NAME = 180
"""Bytes; file systems take 255, and a browser adds to it."""
_SEPARATORS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[:*?"<>|]+')
_BLANKS = re.compile(r"\s+")
_LONGEST_EXTENSION = 20


def clean_file_name(name: str, fallback: str = "file") -> str:
    """Without folders, leading dots, control, direction and invisible characters; never empty.

    Those of Unicode's category C turn `gpj.exe` round or hide an extension (CVE-2026-28289). The
    extension survives the cut.
    """
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    shown = "".join(one for one in last if not unicodedata.category(one).startswith("C"))
    shown = _BLANKS.sub(" ", _FORBIDDEN.sub("_", shown)).strip(" .")
    stem, dot, extension = shown.rpartition(".")
    if not dot or len(extension.encode()) > _LONGEST_EXTENSION:
        return _cut(shown, LONGEST_NAME) or fallback
    return f"{_cut(stem, LONGEST_NAME - len(extension.encode()) - 1)}.{extension}"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore").rstrip()
