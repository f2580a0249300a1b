"""What a case was for how long, from its history alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.case_times import Change, recompute

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
STATES = st.sampled_from(["open", "waiting", "snoozed", "solved"])
OWNERS = st.sampled_from([None, 1, 2])


@given(st.lists(st.tuples(st.integers(0, 5_000), STATES, OWNERS), min_size=1, max_size=12))
def test_times_add_up_to_all_the_time_and_end_at_what_it_is(
    steps: list[tuple[int, str, int | None]],
) -> None:
    at = BEGIN
    changes = []
    for minutes, state, owner in steps:
        at += timedelta(minutes=minutes)
        changes.append(Change(at=at, state=state, owner_id=owner))
    until = at + timedelta(hours=1)

    times = recompute(changes, until)

    assert sum(times.in_state.values(), timedelta()) == until - changes[0].at
    solved = times.in_state.get("solved", timedelta())
    assert sum(times.with_owner.values(), timedelta()) == until - changes[0].at - solved
    assert (times.state, times.owner_id) == steps[-1][1:]


def test_only_what_was_solved_is_reopened() -> None:
    states = ["open", "waiting", "open", "solved", "open", "solved", "waiting"]
    changes = [
        Change(at=BEGIN + timedelta(hours=hour), state=state, owner_id=None)
        for hour, state in enumerate(states)
    ]

    times = recompute(changes, BEGIN + timedelta(hours=9))

    assert (times.reopened_count, times.reopened_at) == (2, BEGIN + timedelta(hours=6))
    assert times.in_state["waiting"] == timedelta(hours=4)
