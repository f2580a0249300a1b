"""The Telegram connector keeps the contract, whichever way its updates come."""

from connectors.telegram.connector import TelegramConnector
from core.testing.conformance import ConnectorConformance
from tests.connectors.telegram.network import CalledNetwork, TelegramNetwork


class TestPolling(ConnectorConformance):
    connector = TelegramConnector
    network = TelegramNetwork


class TestWebhook(ConnectorConformance):
    connector = TelegramConnector
    network = CalledNetwork
