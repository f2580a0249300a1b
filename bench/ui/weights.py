"""What the built pages weigh, compressed, as a browser fetches them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.rig.product import ROOT

STATIC = ROOT / "router" / "web" / "static"
INBOX = STATIC / "inbox"
WIDGET = STATIC / "widget"
FIRST = ("_desk-", "style.css")
"""What the desk needs before its first use, beside its entry, with which English comes."""

_WORDS = re.compile(r"i18n/\w+\.(\w+)\.ts$")

Chunk = dict[str, Any]


def of_first_load() -> float:
    """KB of the entry, the desk, its inbox, the sheet and words, with all that they import."""
    return _kilobytes(_first_load())


def files_of_first_load() -> int:
    """A browser fetches six at once, and each six take a turn of the line."""
    return len(_first_load())


def of_everything() -> float:
    """KB of all that one agent can ever load: every chunk, and of the languages the heaviest."""
    chunks = _chunks()
    by_language: dict[str | None, float] = {}
    for key, one in chunks.items():
        language = _language(key)
        by_language[language] = by_language.get(language, 0) + _kilobytes({one["file"]})
    del by_language[None]
    kept = {None, max(by_language, key=by_language.__getitem__)}
    return _kilobytes(_reach(lambda key, _one: _language(key) in kept))


def _language(key: str) -> str | None:
    """Of a chunk of words; all else is there for everybody."""
    words = _WORDS.search(key)
    return None if words is None else words[1]


def of_chunk(*endings: str) -> float:
    """KB of the chunks of these sources alone, without what they import."""
    return _kilobytes({one["file"] for key, one in _chunks().items() if key.endswith(endings)})


def of_widget(*patterns: str) -> float:
    return sum(path.stat().st_size for p in patterns for path in WIDGET.glob(f"{p}.gz")) / 1024


def _chunks() -> dict[str, Chunk]:
    found: dict[str, Chunk] = json.loads((INBOX / "assets.json").read_text())
    return found


def _first_load() -> set[str]:
    return _reach(lambda key, one: one.get("isEntry") or key.startswith(FIRST))


def _reach(is_wanted: Callable[[str, Chunk], Any]) -> set[str]:
    chunks = _chunks()
    files: set[str] = set()
    ahead = [one for key, one in chunks.items() if is_wanted(key, one)]
    while ahead:
        one = ahead.pop()
        if one["file"] not in files:
            files.update((one["file"], *one.get("css", ())))
            ahead.extend(chunks[key] for key in one.get("imports", ()))
    return files


def _kilobytes(files: Iterable[str]) -> float:
    wanted = [name for name in files if name.endswith((".js", ".css"))]
    return sum(_as_sent(INBOX / name).stat().st_size for name in wanted) / 1024


def _as_sent(file: Path) -> Path:
    """Packed, unless that makes it no smaller."""
    packed = file.with_name(f"{file.name}.gz")
    return packed if packed.exists() else file
