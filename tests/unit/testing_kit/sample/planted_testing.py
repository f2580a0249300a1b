"""Connectors with one fault each in how an account writes to itself."""

from collections.abc import Sequence
from typing import Any

from core.checking import CheckStep
from tests.unit.testing_kit.sample.connector import SampleConnector


class ShowsItsTest(SampleConnector):
    def is_own_test(self, update: dict[str, Any]) -> bool:
        return False


class MissesItsTest(SampleConnector):
    async def round_trip(self) -> Sequence[CheckStep]:
        return [CheckStep(name="came", ok=False, detail="nothing came")]
