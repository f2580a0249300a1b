"""Named points at which a test build dies, hangs or fails. Elsewhere a point costs one look.

Armed by `ONETHREAD_FAILPOINTS=name:nth:action,...` and only together with `ONETHREAD_TEST_BUILD=1`:
at the nth time that the process passes the point, once. Actions: `exit` (at once, nothing is
flushed or closed), `hang` (for ever, until cancelled) and `error` (raises FailpointReached).
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

EXIT_STATUS = 70
"""Tells a death at a point from one by a signal."""


class Action(StrEnum):
    EXIT = "exit"
    HANG = "hang"
    ERROR = "error"


class FailpointReached(RuntimeError):
    """What the action `error` raises."""


@dataclass(slots=True)
class _Armed:
    nth: int
    action: Action
    passed: int = 0


def read(environment: Mapping[str, str]) -> dict[str, _Armed] | None:
    """None: nothing is armed. Raises ValueError for what cannot be read."""
    text = environment.get("ONETHREAD_FAILPOINTS", "")
    if environment.get("ONETHREAD_TEST_BUILD") != "1" or not text:
        return None
    armed: dict[str, _Armed] = {}
    for part in text.split(","):
        name, nth, action = part.strip().split(":")
        if int(nth) < 1:
            raise ValueError(f"ONETHREAD_FAILPOINTS: {part} is not name:nth:exit|hang|error")
        armed[name] = _Armed(nth=int(nth), action=Action(action))
    return armed


_armed = read(os.environ)


async def failpoint(name: str) -> None:
    """Does nothing unless this point is armed and its turn has come."""
    if _armed is not None:
        await _reach(_armed, name)


async def _reach(armed: dict[str, _Armed], name: str) -> None:
    point = armed.get(name)
    if point is None:
        return
    point.passed += 1
    if point.passed != point.nth:
        return
    match point.action:
        case Action.EXIT:
            os._exit(EXIT_STATUS)
        case Action.HANG:
            await asyncio.Event().wait()
        case Action.ERROR:
            raise FailpointReached(name)
