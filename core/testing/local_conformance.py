"""The test class for a connector whose network is the router itself (intake "local").

class TestKiosk(LocalConformance):
    connector = KioskConnector
    host = KioskHost
"""

from collections.abc import Callable
from typing import ClassVar

import pytest

from core.connector import LocalConnector
from core.testing.checks.abilities import check_flags_match_methods
from core.testing.checks.attestation import ATTESTATION_CHECKS
from core.testing.checks.life import LIVING_CHECKS
from core.testing.checks.package import PACKAGE_CHECKS
from core.testing.checks.reception import RECEPTION_CHECKS
from core.testing.checks.secrecy import check_no_secret_leaks
from core.testing.checks.visitors import VISITOR_CHECKS
from core.testing.conformance import claim, skipped
from core.testing.host import FakeHost
from core.testing.subject import Subject
from core.testing.trial import Check, run_check


class LocalConformance:
    """Every claim that the contract makes of a local connector as one test."""

    connector: ClassVar[type[LocalConnector]]
    host: ClassVar[Callable[[], FakeHost]]

    @property
    def subject(self) -> Subject:
        return Subject(connector=type(self).connector)

    def prove(self, check: Check) -> None:
        """Run one check; a declined one is skipped with its reason."""
        with skipped():
            run_check(check, self.subject, type(self).host())

    @pytest.mark.parametrize("check", PACKAGE_CHECKS, ids=claim)
    def test_package(self, check: Callable[[Subject], None]) -> None:
        with skipped():
            check(self.subject)

    def test_capability_flags_match_methods(self) -> None:
        check_flags_match_methods(self.subject)

    @pytest.mark.parametrize("check", LIVING_CHECKS, ids=claim)
    def test_life(self, check: Check) -> None:
        self.prove(check)

    def test_no_secret_leaks(self) -> None:
        self.prove(check_no_secret_leaks)

    @pytest.mark.parametrize("check", ATTESTATION_CHECKS, ids=claim)
    def test_attestation(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", VISITOR_CHECKS, ids=claim)
    def test_visitors(self, check: Check) -> None:
        self.prove(check)

    @pytest.mark.parametrize("check", RECEPTION_CHECKS, ids=claim)
    def test_reception(self, check: Check) -> None:
        self.prove(check)
