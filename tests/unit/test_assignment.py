"""The order of the queue and the match with agents: nobody starves, nobody has too much."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.assignment import (
    Desk,
    Line,
    Waiting,
    hindrance_of,
    match,
)
from core.queue_order import MOST_AHEAD, MOST_TIER_AHEAD, rank_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
OPEN = Line(id=1, team_id=None, access_class="normal")
RUSSIAN = Line(id=2, team_id=None, access_class="normal", skills={"language:ru": 3})
TEAM = Line(id=3, team_id=7, access_class="fraud")
LINES = {line.id: line for line in (OPEN, RUSSIAN, TEAM)}

minutes = st.integers(0, 100_000).map(lambda n: timedelta(minutes=n))
priorities = st.integers(1, 4)
tiers = st.integers(0, 2_000).map(lambda n: timedelta(minutes=n))
desks = st.lists(
    st.builds(
        Desk,
        agent_id=st.integers(1, 30),
        capacity=st.none() | st.integers(1, 6),
        load=st.integers(0, 6),
        teams=st.sampled_from([frozenset(), frozenset({7})]),
        classes=st.sampled_from([frozenset({"normal"}), frozenset({"normal", "fraud"})]),
        skills=st.sampled_from([{}, {"language:ru": 2}, {"language:ru": 4}]),
    ),
    max_size=8,
    unique_by=lambda desk: desk.agent_id,
)
queues = st.lists(
    st.builds(
        Waiting,
        case_id=st.integers(1, 60),
        line_id=st.sampled_from([1, 2, 3]),
        rank=minutes.map(lambda after: NOON + after),
        weight=st.integers(1, 4),
        last_owner_id=st.none() | st.integers(1, 30),
        refused_by=st.frozensets(st.integers(1, 30), max_size=3),
    ),
    max_size=25,
    unique_by=lambda one: one.case_id,
)


def waits(case: int, at: int = 0, **fields: object) -> Waiting:
    made = {"line_id": 1, "weight": 1, "rank": NOON + timedelta(minutes=at)} | fields
    return Waiting(case_id=case, **made)  # type: ignore[arg-type]  # a test names real fields


@given(minutes, priorities, tiers, minutes, priorities, tiers)
def test_case_is_passed_only_by_those_that_came_within_the_longest_head_start(
    mine: timedelta,
    my_priority: int,
    my_tier: timedelta,
    theirs: timedelta,
    their_priority: int,
    their_tier: timedelta,
) -> None:
    ours = rank_of(NOON + mine, my_priority, my_tier)
    others = rank_of(NOON + theirs, their_priority, their_tier)

    if others < ours:
        assert theirs <= mine + MOST_AHEAD


@given(minutes, minutes, priorities, tiers)
def test_within_a_band_whoever_came_first_is_first(
    one: timedelta, other: timedelta, priority: int, tier: timedelta
) -> None:
    first = rank_of(NOON + min(one, other), priority, tier)

    assert first <= rank_of(NOON + max(one, other), priority, tier)


@given(minutes, priorities)
def test_higher_priority_and_a_tier_go_ahead_of_what_came_at_the_same_time(
    since: timedelta, priority: int
) -> None:
    plain = rank_of(NOON + since, priority, timedelta(0))

    assert rank_of(NOON + since, priority, timedelta(minutes=5)) < plain
    if priority > 1:
        assert rank_of(NOON + since, priority - 1, timedelta(0)) < plain


@settings(deadline=None)
@given(
    st.lists(st.tuples(priorities, st.integers(1, 3)), min_size=1, max_size=40),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
)
def test_every_case_is_served_within_a_bound_while_agents_free_up(
    others: list[tuple[int, int]], capacities: list[int]
) -> None:
    """The lowest case, of any weight, against a stream that never ends of higher ones."""
    step = timedelta(minutes=30)
    lowest = Waiting(case_id=0, line_id=1, rank=rank_of(NOON, 4, timedelta(0)), weight=3)
    waiting, held = [lowest], dict.fromkeys(range(1, len(capacities) + 1), 0)
    came = 0
    before = int((MOST_AHEAD / step + 1) * 4)
    for turn in range(before * max(capacities) * 3):
        priority, weight = others[turn % len(others)]
        if came < 10_000 and turn < 10 * before:
            came += 1
            rank = rank_of(NOON + turn * step, priority, MOST_TIER_AHEAD)
            waiting.append(Waiting(case_id=came, line_id=1, rank=rank, weight=weight))
        ready = [
            Desk(agent_id=agent, capacity=capacity, load=held[agent])
            for agent, capacity in enumerate(capacities, start=1)
        ]
        for one in match(waiting[:200], LINES, ready):
            held[one.agent_id] += one.weight
            waiting = [w for w in waiting if w.case_id != one.case_id]
            if one.case_id == 0:
                return
        freed = turn % len(capacities) + 1
        held[freed] = max(0, held[freed] - 1)
    raise AssertionError("the lowest case was never served")


@given(queues, desks)
def test_no_case_has_two_agents_and_no_agent_more_than_their_capacity(
    waiting: list[Waiting], ready: list[Desk]
) -> None:
    found = match(waiting, LINES, ready)

    assert len({one.case_id for one in found}) == len(found)
    by_case, by_agent = {w.case_id: w for w in waiting}, {d.agent_id: d for d in ready}
    for one in found:
        case, desk = by_case[one.case_id], by_agent[one.agent_id]
        assert desk.may_serve(LINES[case.line_id])
        assert one.agent_id not in case.refused_by
    for desk in ready:
        taken = sum(one.weight for one in found if one.agent_id == desk.agent_id)
        assert not taken or desk.capacity is None or desk.load + taken <= desk.capacity


@given(queues, desks)
def test_what_is_left_over_fits_nobody_who_was_not_kept_for_an_earlier_one(
    waiting: list[Waiting], ready: list[Desk]
) -> None:
    found = match(waiting, LINES, ready)
    given_to = {one.case_id for one in found}
    left = [one for one in waiting if one.case_id not in given_to]
    after = [
        Desk(
            agent_id=d.agent_id,
            capacity=d.capacity,
            load=d.load + sum(g.weight for g in found if g.agent_id == d.agent_id),
            teams=d.teams,
            classes=d.classes,
            skills=d.skills,
        )
        for d in ready
    ]
    if left:
        first = min(left, key=lambda one: (one.rank, one.case_id))
        line = LINES[first.line_id]
        assert not any(
            d.may_serve(line)
            and d.agent_id not in first.refused_by
            and d.room >= d.weight_of(first.weight)
            for d in after
        )


def test_last_owner_with_room_has_it_again_though_others_have_less_to_do() -> None:
    idle, last = Desk(agent_id=1, capacity=5, load=0), Desk(agent_id=2, capacity=5, load=4)

    [one] = match([waits(1, last_owner_id=2)], LINES, [idle, last])

    assert (one.agent_id, one.because) == (2, "last_owner")


def test_best_at_the_language_has_it_before_who_has_less_to_do() -> None:
    fair = Desk(agent_id=1, capacity=5, load=0, skills={"language:ru": 3})
    best = Desk(agent_id=2, capacity=5, load=3, skills={"language:ru": 5})

    [one] = match([waits(1, line_id=2)], LINES, [fair, best])

    assert (one.agent_id, one.because) == (2, "best_skill")


def test_heavy_case_is_not_passed_for_ever_by_light_ones() -> None:
    desk = Desk(agent_id=1, capacity=2, load=1)

    assert match([waits(1, weight=2), waits(2, at=1)], LINES, [desk]) == []


def test_reason_why_nobody_has_it_names_what_is_missing() -> None:
    full = Desk(agent_id=1, capacity=1, load=1)

    def why(one: Waiting, ready: list[Desk], *, manual: bool = False, offered: bool = False) -> str:
        line = LINES[one.line_id]
        return hindrance_of(one, line, ready, is_manual=manual, is_offered=offered)

    assert why(waits(1), [full]) == "all_full"
    assert why(waits(1), []) == "nobody_on"
    assert why(waits(1, line_id=2), [full]) == "no_skill"
    assert why(waits(1, line_id=3), [full]) == "nobody_on"
    assert why(waits(1, refused_by=frozenset({1})), [full]) == "declined"
    assert why(waits(1), [full], manual=True) == "manual"
    assert why(waits(1), [full], offered=True) == "offered"
    assert why(waits(1), [Desk(agent_id=2, capacity=None, load=9)]) == "next"
