"""What `onethread connector check` says of a connector that does not run."""

from core.testing.inspection import faults_of
from tests.unit.testing_kit.local_sample.connector import KioskConnector
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.planted_sending import ClaimsEdit


def test_correct_connectors_have_no_faults() -> None:
    assert faults_of(KioskConnector) == ()


def test_every_fault_is_named_in_a_sentence() -> None:
    found = faults_of(ClaimsEdit)
    assert any("edit is not written" in sentence for sentence in found)
    assert any("manifest: entry" in sentence for sentence in found)


def test_one_fault_does_not_hide_the_others() -> None:
    class Sample(SampleConnector):
        Config = dict  # type: ignore[assignment]  # the fault

    found = faults_of(Sample)
    assert len(found) >= 2
