"""The kit's checks of link codes: each finds the fault that it is for."""

import pytest

from core.connector import Connector
from core.testing.checks import linking
from core.testing.subject import Subject
from core.testing.trial import Check, run_check
from core.testing.verdict import ConformanceFailure, Declined
from tests.unit.testing_kit.sample import planted_linking as planted
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.sandbox import SampleNetwork

TYPED = linking.check_code_that_is_typed_comes_in_as_one
PRESSED = linking.check_deep_link_carries_the_code


@pytest.mark.parametrize(
    ("connector", "check", "sentence"),
    [
        (planted.AnnouncesWords, TYPED, "came in as"),
        (planted.TakesWordsForCodes, TYPED, "handed over as a code"),
        (planted.PutsLastWordFirst, TYPED, "came in as a code alone"),
        (planted.NamesNobody, PRESSED, "by nothing"),
        (planted.LeadsNowhere, PRESSED, "no whole address"),
        (planted.InClear, PRESSED, "in clear"),
        (planted.WithoutCode, PRESSED, "not in the address"),
        (planted.AnewEachTime, PRESSED, "whole address|two addresses"),
    ],
)
def test_fault_of_linking_is_found(connector: type[Connector], check: Check, sentence: str) -> None:
    subject = Subject(connector=connector, network=SampleNetwork)

    with pytest.raises(ConformanceFailure, match=sentence):
        run_check(check, subject, SampleNetwork(), patience=0.4)


def test_links_that_are_right_pass() -> None:
    run_check(PRESSED, Subject(connector=planted.HasLinks, network=SampleNetwork), SampleNetwork())


def test_network_without_such_addresses_is_declined() -> None:
    subject = Subject(connector=SampleConnector, network=SampleNetwork)

    with pytest.raises(Declined, match="no address"):
        run_check(PRESSED, subject, SampleNetwork())
