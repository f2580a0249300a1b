"""The test class that a connector's tests derive from. The only module here that needs pytest.

class TestSms(ConnectorConformance):
    connector = SmsConnector
    network = SmsNetwork
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from core.connector import Connector
from core.testing.checks.abilities import ABILITY_CHECKS, check_flags_match_methods
from core.testing.checks.changing import CHANGING_CHECKS
from core.testing.checks.formatting import FORMATTING_CHECKS
from core.testing.checks.history import HISTORY_CHECKS
from core.testing.checks.intake import INTAKE_CHECKS
from core.testing.checks.life import LIFE_CHECKS
from core.testing.checks.linking import LINKING_CHECKS
from core.testing.checks.package import PACKAGE_CHECKS
from core.testing.checks.sandbox import SANDBOX_CHECKS, play
from core.testing.checks.secrecy import SECRECY_CHECKS
from core.testing.checks.sending import SENDING_CHECKS, check_fault
from core.testing.network import FakeNetwork, Fault, check_reasons
from core.testing.subject import Subject
from core.testing.trial import Check, Trial, run_check
from core.testing.verdict import Declined


def claim(check: Callable[..., object]) -> str:
    """A check's name as the sentence that it proves."""
    return check.__name__.removeprefix("check_")


@contextmanager
def skipped() -> Iterator[None]:
    """What is declined inside becomes a skip with its reason."""
    try:
        yield
    except Declined as reason:
        pytest.skip(str(reason))


class ConnectorConformance:
    """Every claim of the contract as one test. A skip shows the network's or the flag's reason."""

    connector: ClassVar[type[Connector]]
    network: ClassVar[Callable[[], FakeNetwork]]

    @property
    def subject(self) -> Subject:
        return Subject(connector=type(self).connector, network=type(self).network)

    def prove(self, check: Check) -> None:
        """Run one check on a fresh network; a declined one is skipped with its reason."""
        with skipped():
            run_check(check, self.subject, type(self).network())

    def test_every_skip_has_a_reason(self) -> None:
        check_reasons(type(self).network())

    @pytest.mark.parametrize("check", PACKAGE_CHECKS, ids=claim)
    def test_package(self, check: Callable[[Subject], None]) -> None:
        with skipped():
            check(self.subject)

    def test_capability_flags_match_methods(self) -> None:
        check_flags_match_methods(self.subject)

    @pytest.mark.parametrize("check", LIFE_CHECKS, ids=claim)
    def test_life(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", SECRECY_CHECKS, ids=claim)
    def test_secrecy(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", [*INTAKE_CHECKS, *HISTORY_CHECKS], ids=claim)
    def test_intake(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", LINKING_CHECKS, ids=claim)
    def test_linking(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", SENDING_CHECKS, ids=claim)
    def test_sending(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("fault", Fault)
    def test_error_table(self, fault: Fault) -> None:
        async def check(trial: Trial) -> None:
            await check_fault(trial, fault)

        self.prove(check)

    @pytest.mark.parametrize("check", FORMATTING_CHECKS, ids=claim)
    def test_formatting(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", [*ABILITY_CHECKS, *CHANGING_CHECKS], ids=claim)
    def test_ability(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", SANDBOX_CHECKS, ids=claim)
    def test_sandbox(self, check: Check) -> None:
        with skipped():
            play(check, self.subject)
