"""No pattern of the connector takes longer than its input is long, whatever a mail holds."""

import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import connectors.email
from tests.connectors.email.pattern_attacks import attacks

LENGTHS = (1_000, 4_000, 16_000, 64_000)
"""Each four times the one before. A header is cut at 16 KiB, a body at a million."""
LONGEST_S_PER_CHARACTER = 0.1 / 16_000
GROWTH = 4 * 1.5 * 1.5
"""Linear, and half as much again for each doubling; a square would be 16."""
TOO_QUICK_S = 0.003
"""What takes less cannot be measured on a busy machine: then a longer text is tried."""
TRIES = 6

Pattern = re.Pattern[str] | re.Pattern[bytes]


@cache
def patterns() -> dict[str, Pattern]:
    """Every compiled pattern that a module of the connector holds, by its name."""
    found: dict[str, Pattern] = {}
    for module in pkgutil.walk_packages(connectors.email.__path__, "connectors.email."):
        if module.name.endswith("__main__") or ".sandbox" in module.name:
            continue
        loaded = importlib.import_module(module.name)
        for name, value in sorted(vars(loaded).items()):
            for suffix, pattern in _held(value):
                short = module.name.removeprefix("connectors.email.")
                found.setdefault(f"{short}.{name}{suffix}", pattern)
    return found


def _held(value: object) -> Iterator[tuple[str, Pattern]]:
    if isinstance(value, re.Pattern):
        yield "", value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from ((f"[{key}]{suffix}", one) for suffix, one in _held(inner))
    elif isinstance(value, tuple | list):
        for position, inner in enumerate(value):
            yield from ((f"[{position}]{suffix}", one) for suffix, one in _held(inner))


@cache
def sources() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(Path(connectors.email.__path__[0]).rglob("*.py"))
    )


def is_anchored(name: str) -> bool:
    """Whether it is only ever tried at one place (`match`, `fullmatch`), as all code shows."""
    shown = re.escape(name.rpartition(".")[2])
    if "[" in name or not re.search(rf"\b{shown}\.(?:full)?match\b", sources()):
        return False
    other = rf"\b{shown}\b(?!\.match\b|\.fullmatch\b|,?$| =)"
    return not re.search(other, sources(), re.MULTILINE)


def seconds(pattern: Pattern, text: str, *, is_anchored: bool = False) -> float:
    method: Any = pattern.match if is_anchored else pattern.search
    subject = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
    started = time.thread_time()
    method(subject)
    return time.thread_time() - started


def grows_too_fast(pattern: Pattern, texts: Sequence[str], *, is_anchored: bool = False) -> bool:
    """`texts` are the same near miss at each of the lengths.

    Noise of a busy machine only adds: of several tries the quickest counts.
    """
    for shorter, longer in itertools.pairwise(texts):
        slow = seconds(pattern, longer, is_anchored=is_anchored)
        if slow <= TOO_QUICK_S:
            continue
        quick = seconds(pattern, shorter, is_anchored=is_anchored)
        for _ in range(TRIES):
            if slow <= quick * GROWTH and slow <= len(longer) * LONGEST_S_PER_CHARACTER:
                return False
            quick, slow = (
                min(quick, seconds(pattern, shorter, is_anchored=is_anchored)),
                min(slow, seconds(pattern, longer, is_anchored=is_anchored)),
            )
        return True
    return False


def near_misses(pattern: Pattern) -> Iterator[tuple[str, ...]]:
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    each = (attacks(text, pattern.flags, length) for length in LENGTHS)
    return zip(*each, strict=True)


@pytest.mark.parametrize("name", sorted(patterns()))
def test_time_of_the_pattern_grows_no_faster_than_its_input(name: str) -> None:
    pattern, at_one_place = patterns()[name], is_anchored(name)
    for texts in near_misses(pattern):
        is_slow = grows_too_fast(pattern, texts, is_anchored=at_one_place)
        assert not is_slow, (pattern.pattern, texts[0][:80])


def test_every_folder_of_the_connector_has_patterns_that_are_tried() -> None:
    folders = {name.partition(".")[0] for name in patterns()}
    assert {"reading", "reply_text", "kinds", "trust", "html", "thread_keys"} <= folders
    assert len(patterns()) > 80


@pytest.mark.parametrize("slow", [r"\s+$", r"<[^>]*>!", r"\d*y", r"[a-z]+@b"])
def test_pattern_that_goes_back_is_found_out(slow: str) -> None:
    """The test of the test."""
    pattern = re.compile(slow)
    assert any(grows_too_fast(pattern, texts) for texts in near_misses(pattern))
