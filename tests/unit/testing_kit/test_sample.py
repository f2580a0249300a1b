"""A correct connector passes the whole kit, and nothing of it is skipped."""

from core.testing.conformance import ConnectorConformance
from tests.unit.testing_kit.sample.connector import SampleConnector
from tests.unit.testing_kit.sample.sandbox import SampleNetwork


class TestSample(ConnectorConformance):
    connector = SampleConnector
    network = SampleNetwork
