"""Checks of what the network says beside messages: what is lost for good, and places that close."""

from core.messages import HistoryGap, PlaceChanged
from core.testing.checks.intake import require_storable
from core.testing.trial import Trial, marker
from core.testing.verdict import require


async def check_lost_history_is_told_as_a_gap(trial: Trial) -> None:
    """What nothing can bring back is told with its times and why; what follows still comes, and the
    same gap, told to the next reader, has the same key."""
    async with trial.opened() as connector:
        await trial.correspondence(connector)
    trial.clock.advance(await trial.network.lose_history())
    gap = await _gap(trial)
    require(bool(gap.reason.strip()), "a gap without a reason: nobody would know what to do")
    require(
        gap.since is None or gap.since <= gap.until,
        f"the gap ends at {gap.until}, before it begins at {gap.since}",
    )
    require_storable(gap)
    again = await _gap(trial)
    require(
        again.event_key == gap.event_key,
        f"one gap, told twice, has two event keys: {gap.event_key}, {again.event_key}",
    )


async def check_place_that_closes_and_opens_is_told(trial: Trial) -> None:
    """A place that takes nothing from us any more is told with why, and when it opens again."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("before it closes")
        await trial.network.say(text)
        await reception.message(text)
        await trial.network.close_place()
        closed = await reception.event(
            PlaceChanged, lambda one: one.is_reachable is False, what="a place that is closed"
        )
        require(bool(closed.reason.strip()), "a place is closed, and nothing says why")
        require(bool(closed.place.remote), "place.remote is empty: no place could be found by it")
        require_storable(closed)
        before = len(reception.sink.events)
        await trial.network.open_place()
        opened = await reception.event(
            PlaceChanged,
            lambda one: one.is_reachable is True and one in reception.sink.events[before:],
            what="a place that is open again",
        )
        require(
            opened.place.remote == closed.place.remote,
            f"{closed.place.remote!r} was closed, and {opened.place.remote!r} is open again",
        )
        require(opened.event_key != closed.event_key, "opening has the event key of closing")


async def _gap(trial: Trial) -> HistoryGap:
    """As somebody is told who goes on where the first reader stopped."""
    async with (
        trial.opened() as connector,
        trial.receiving(connector, cursors=trial.cursors) as reception,
    ):
        gap = await reception.event(HistoryGap)
        text = marker("after the gap")
        await trial.network.say(text)
        await reception.message(text)
        return gap


HISTORY_CHECKS = (
    check_lost_history_is_told_as_a_gap,
    check_place_that_closes_and_opens_is_told,
)
