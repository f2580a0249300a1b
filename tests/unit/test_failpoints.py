"""A failpoint acts once, at its turn, in a test build, and is nothing anywhere else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from router import failpoints
from router.failpoints import FailpointReached, failpoint, read

ARMED = {"ONETHREAD_TEST_BUILD": "1", "ONETHREAD_FAILPOINTS": "before_ack:2:error"}


async def test_point_acts_at_its_turn_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_armed", read(ARMED))
    await failpoint("before_ack")
    await failpoint("another")
    with pytest.raises(FailpointReached, match="before_ack"):
        await failpoint("before_ack")
    await failpoint("before_ack")


async def test_hanging_point_ends_with_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    armed = ARMED | {"ONETHREAD_FAILPOINTS": "before_ack:1:hang"}
    monkeypatch.setattr(failpoints, "_armed", read(armed))
    task = asyncio.create_task(failpoint("before_ack"))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("missing", ARMED)
def test_without_both_variables_nothing_is_armed(missing: str) -> None:
    assert read({name: value for name, value in ARMED.items() if name != missing}) is None


@pytest.mark.parametrize("text", ["before_ack", "before_ack:0:exit", "before_ack:1:explode"])
def test_unreadable_points_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(ARMED | {"ONETHREAD_FAILPOINTS": text})


def test_exit_tidies_nothing_up() -> None:
    code = (
        "import asyncio, atexit\n"
        "from router.failpoints import failpoint\n"
        "atexit.register(print, 'tidied up')\n"
        "asyncio.run(failpoint('before_ack'))\n"
    )
    environment = os.environ | ARMED | {"ONETHREAD_FAILPOINTS": "before_ack:1:exit"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (failpoints.EXIT_STATUS, b"")
