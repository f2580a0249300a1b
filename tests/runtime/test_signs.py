"""Signs that an agent reads or types: shown where the network can, not often, never in the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import structlog

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.errors import RateLimited, TransientError, Unsupported
from core.ids import RemoteId
from core.messages import Place
from router.bus import signals
from router.bus.local import LocalBus
from router.bus.signals import ReadSignal, Signal, TypingSignal
from router.runtime.signs import TYPING_EVERY, Signs
from tests.runtime.sending_desk import WillingConnector

ACCOUNT = 7


class Showing(WillingConnector):
    """Records what people were shown."""

    def __init__(self, capabilities: Capabilities) -> None:
        super().__init__(capabilities)
        self.shown: list[str] = []
        self.troubles: list[BaseException] = []

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        self._show(f"{place.remote} {'types' if is_typing else 'stops'}")

    async def mark_read(self, place: Place, remote_id: RemoteId) -> None:
        self._show(f"{place.remote} read {remote_id}")

    def _show(self, what: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.shown.append(what)


class Stand:
    def __init__(self, connector: Showing, bus: LocalBus, clock: FakeClock) -> None:
        self.connector, self.bus, self.clock = connector, bus, clock

    async def say(self, *said: Signal) -> list[str]:
        """What was shown in all, once these were heard."""
        for one in said:
            await self.bus.say_live(signals.encode(one))
        for _ in range(10 * len(said)):
            await asyncio.sleep(0)
        return self.connector.shown


@asynccontextmanager
async def standing(
    clock: FakeClock, *, typing: bool = False, mark_read: bool = False
) -> AsyncIterator[Stand]:
    connector = Showing(Capabilities(typing=typing, mark_read=mark_read))
    bus = LocalBus()
    task = asyncio.create_task(Signs(connector, ACCOUNT, bus, clock).run())
    await asyncio.sleep(0)
    try:
        yield Stand(connector, bus, clock)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def typing(place: str = "ann", *, is_typing: bool = True, account: int = ACCOUNT) -> TypingSignal:
    return TypingSignal(side="agent", account_id=account, remote_place=place, is_typing=is_typing)


def read(remote_id: str, place: str = "ann") -> ReadSignal:
    return ReadSignal(account_id=ACCOUNT, remote_place=place, remote_id=remote_id)


async def test_typing_is_shown_again_only_when_the_last_sign_fades(clock: FakeClock) -> None:
    async with standing(clock, typing=True) as stand:
        await stand.say(typing(), typing(), typing("bob"))
        clock.advance(timedelta(seconds=TYPING_EVERY))
        shown = await stand.say(typing(), typing())

    assert shown == ["ann types", "bob types", "ann types"]


async def test_end_of_typing_is_shown_once_and_not_without_a_beginning(clock: FakeClock) -> None:
    async with standing(clock, typing=True) as stand:
        stop = typing(is_typing=False)
        shown = await stand.say(stop, typing(), stop, stop, typing())

    assert shown == ["ann types", "ann stops", "ann types"]


async def test_what_was_read_is_shown_once(clock: FakeClock) -> None:
    async with standing(clock, mark_read=True) as stand:
        shown = await stand.say(read("1"), read("1"), read("2"), read("1", "bob"))

    assert shown == ["ann read 1", "ann read 2", "bob read 1"]


@pytest.mark.parametrize("capabilities", [{"typing": True}, {"mark_read": True}])
async def test_network_is_shown_no_sign_that_it_lacks(
    clock: FakeClock, capabilities: dict[str, bool]
) -> None:
    async with standing(clock, **capabilities) as stand:
        shown = await stand.say(typing(), read("1"))

    assert shown == (["ann types"] if "typing" in capabilities else ["ann read 1"])


async def test_signs_of_other_accounts_and_of_the_person_are_not_ours(clock: FakeClock) -> None:
    theirs = TypingSignal(side="person", account_id=ACCOUNT, remote_place="ann", is_typing=True)
    async with standing(clock, typing=True) as stand:
        shown = await stand.say(theirs, typing(account=8))

    assert shown == []


@pytest.mark.parametrize("trouble", [TransientError("Down."), ValueError("a fault of ours")])
async def test_sign_that_fails_is_let_be_and_the_next_is_shown(
    clock: FakeClock, trouble: Exception
) -> None:
    async with standing(clock, mark_read=True) as stand:
        stand.connector.troubles.append(trouble)
        shown = await stand.say(read("1"), read("2"))

    assert shown == ["ann read 2"]


async def test_place_that_has_no_read_marks_is_no_trouble(clock: FakeClock) -> None:
    async with standing(clock, mark_read=True) as stand:
        stand.connector.troubles.append(Unsupported("not here"))
        with structlog.testing.capture_logs() as logs:
            shown = await stand.say(
                ReadSignal(account_id=ACCOUNT, remote_place="a", remote_id="1"),
                ReadSignal(account_id=ACCOUNT, remote_place="b", remote_id="2"),
            )
        assert (shown, logs) == (["b read 2"], [])


async def test_nothing_is_shown_while_the_network_asks_to_wait(clock: FakeClock) -> None:
    async with standing(clock, mark_read=True) as stand:
        stand.connector.troubles.append(
            RateLimited("Slow down.", retry_after=timedelta(seconds=30))
        )
        await stand.say(read("1"), read("2"))
        clock.advance(timedelta(seconds=30))
        shown = await stand.say(read("3"))

    assert shown == ["ann read 3"]
