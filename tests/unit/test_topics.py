"""Topics as a tree: what binds one binds those below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.topics import CircleFound, Own, TooDeep, bind, default_priority, in_order

LEVELS = st.integers(0, 3)
CHANNELS = st.lists(st.sampled_from(["chat", "mail", "sms"]), unique=True).map(tuple)


@st.composite
def trees(draw: st.DrawFn) -> dict[int, Own]:
    """Of up to eight topics, none deeper than three."""
    parents: dict[int, int | None] = {}
    for topic in range(1, draw(st.integers(1, 8)) + 1):
        shallow = [one for one, above in parents.items() if above is None or parents[above] is None]
        parents[topic] = draw(st.sampled_from([None, *shallow]))
    return {
        topic: Own(parent_id=parent, minimum_level=draw(LEVELS), allowed_channels=draw(CHANNELS))
        for topic, parent in parents.items()
    }


@given(trees())
def test_topic_needs_what_it_says_and_all_that_those_above_need(tree: dict[int, Own]) -> None:
    bound = bind(tree)

    for topic, own in tree.items():
        above = None if own.parent_id is None else bound[own.parent_id]
        assert bound[topic].level == max(own.minimum_level, above.level if above else 0)
        lists = (*(above.channels if above else ()), own.allowed_channels)
        assert bound[topic].channels == tuple(one for one in lists if one)
        assert bound[topic].path == (*(above.path if above else ()), topic)


def test_topic_below_itself_and_one_too_deep_are_refused() -> None:
    def own(parent: int | None) -> Own:
        return Own(parent_id=parent, minimum_level=0, allowed_channels=())

    with pytest.raises(CircleFound):
        bind({1: own(2), 2: own(1)})
    with pytest.raises(TooDeep):
        bind({1: own(None), **{one: own(one - 1) for one in range(2, 8)}})


@pytest.mark.parametrize(
    ("now", "of_former", "of_topic", "then"),
    [(3, None, 1, 1), (1, None, 2, 1), (1, 1, 2, 2), (3, None, None, 3), (1, 1, None, 1)],
)
def test_topic_gives_its_priority_unless_somebody_decided(
    now: int, of_former: int | None, of_topic: int | None, then: int
) -> None:
    assert default_priority(now, of_former=of_former, of_topic=of_topic) == then


def test_tree_is_listed_each_topic_right_before_those_below_it() -> None:
    names = {1: "Money", 2: "access", 3: "Sign-in", 4: "Deposit", 5: "Cards"}

    assert in_order({1: None, 2: None, 3: 2, 4: 1, 5: 1}, names) == [2, 3, 1, 5, 4]
