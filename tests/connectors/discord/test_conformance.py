"""Discord keeps the contract."""

from connectors.discord.connector import DiscordConnector
from core.testing.conformance import ConnectorConformance
from tests.connectors.discord.network import DiscordNetwork


class TestDiscord(ConnectorConformance):
    connector = DiscordConnector
    network = DiscordNetwork
