"""Building what reads messages keeps nobody waiting: it gives the interpreter away in between."""

import asyncio
import threading
import time

import pytest

from router.assist import bayes, breath, building, offline, sifting
from router.assist.findings import Example

EXAMPLES = (
    Example(text="My withdrawal is still pending", label="1"),
    Example(text="I cannot sign in", label="2"),
)
LEAST = 250
"""It takes half a second of a processor; each turn of it two milliseconds."""


async def test_the_loop_gets_its_turns_while_the_classifier_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = 0

    def counted() -> None:
        nonlocal turns
        turns += threading.current_thread() is not threading.main_thread()
        breath.breathe()

    for module in (bayes, offline, sifting):
        monkeypatch.setattr(module, "breathe", counted)

    await building.build(EXAMPLES)

    assert turns >= LEAST


async def test_a_thread_gives_the_interpreter_away_and_the_loop_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(time, "sleep", rests.append)

    breath.breathe()
    assert rests == []

    await asyncio.to_thread(breath.breathe)
    assert len(rests) == 1
    assert rests[0] > 0
