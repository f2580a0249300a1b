"""How long triage does nothing after a round, by what the rest of its process takes."""

import pytest

from router.runtime.rest import Rest
from router.runtime.triage import LONGEST_REST, SHARES


class Spending:
    """Seconds on the clock, and of a processor, as a test lets them pass."""

    def __init__(self) -> None:
        self.now, self.used = 100.0, 10.0

    def pass_by(self, seconds: float, *, share: float) -> None:
        self.now += seconds
        self.used += seconds * share

    def __call__(self) -> tuple[float, float]:
        return self.now, self.used


def _rest(spending: Spending) -> Rest:
    return Rest(idle=SHARES[0], busy=SHARES[1], longest=LONGEST_REST, spent=spending)


@pytest.mark.parametrize(
    ("beside", "share", "wanted"),
    [
        (1.0, 0.0, 0.015),  # Idle: two fifths of a processor.
        (1.0, 0.49, 0.015),
        (1.0, 0.5, 0.19),  # Busy: a twentieth.
        (1.0, 1.0, 0.19),
        (0.0, 0.0, 0.015),  # One round behind the other, with nothing between them.
    ],
)
def test_rest_gives_reading_its_share_of_a_processor(
    beside: float, share: float, wanted: float
) -> None:
    spending = Spending()
    rest = _rest(spending)
    spending.pass_by(beside, share=share)
    began = rest.begin()
    spending.pass_by(0.01, share=1.0)

    assert rest.after(began) == pytest.approx(wanted)


def test_what_a_round_took_is_not_counted_as_that_of_others() -> None:
    spending = Spending()
    rest = _rest(spending)
    for _ in range(2):
        spending.pass_by(0.01, share=0.0)
        began = rest.begin()
        spending.pass_by(1.0, share=0.1)
        found = rest.after(began)

    assert found == pytest.approx(0.15)


def test_rest_is_never_longer_than_its_bound() -> None:
    spending = Spending()
    rest = _rest(spending)
    spending.pass_by(1.0, share=1.0)
    began = rest.begin()
    spending.pass_by(3.0, share=1.0)

    assert rest.after(began) == LONGEST_REST
