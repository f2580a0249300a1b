"""What can be said of a connector without running it: for `onethread connector check`."""

from contextlib import suppress

from core.connector import Connector
from core.testing.checks.abilities import check_flags_match_methods
from core.testing.checks.package import PACKAGE_CHECKS
from core.testing.subject import Subject
from core.testing.verdict import ConformanceFailure, Declined


def faults_of(connector: type[Connector]) -> tuple[str, ...]:
    """A sentence for each thing that is wrong with its folder, settings, imports or flags."""
    subject = Subject(connector=connector)
    found = []
    for check in (*PACKAGE_CHECKS, check_flags_match_methods):
        try:
            with suppress(Declined):
                check(subject)
        except ConformanceFailure as failure:
            found.append(str(failure))
    return tuple(found)
