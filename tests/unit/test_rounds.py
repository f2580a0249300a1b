"""Between two rounds of a loop: its period, a breath, or a rest while others are busy."""

import asyncio

import pytest

from router.runtime import rounds

EVERY, BREATH, REST = 7.0, 0.1, 0.3


class Leases:
    """Held by this process."""

    def want(self, lease: str) -> None:
        pass

    def fence_of(self, lease: str) -> int:
        return 1


class LongRest:
    """Of a process that is busy with other things."""

    def __init__(self, **_: float) -> None:
        pass

    def begin(self) -> tuple[float, float]:
        return 0.0, 0.0

    def after(self, began: tuple[float, float]) -> float:
        return REST


@pytest.mark.parametrize(
    ("can_wait", "found", "pauses"),
    [
        (False, [True, True, False], [BREATH, BREATH, EVERY]),
        (True, [True, True, False], [REST, REST, EVERY]),
    ],
)
async def test_a_backlog_of_what_can_wait_leaves_a_busy_process_alone(
    monkeypatch: pytest.MonkeyPatch, can_wait: bool, found: list[bool], pauses: list[float]
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == len(found):
            raise asyncio.CancelledError

    async def work() -> bool:
        return found[len(slept)]

    monkeypatch.setattr(rounds, "Rest", LongRest)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await rounds.run_rounds(
            Leases(),  # type: ignore[arg-type]  # what a loop asks of them
            "a lease",
            work,
            name="test",
            every=EVERY,
            breath=BREATH,
            can_wait=can_wait,
        )

    assert slept == pauses
