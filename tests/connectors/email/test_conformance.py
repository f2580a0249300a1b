"""The e-mail connector keeps the contract, on a real IMAP and a real SMTP server."""

from connectors.email.connector import EmailConnector
from core.testing.conformance import ConnectorConformance
from tests.connectors.email.network import EmailNetwork


class TestEmail(ConnectorConformance):
    connector = EmailConnector
    network = EmailNetwork
