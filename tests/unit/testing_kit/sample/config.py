"""Settings of a sample account."""

from pydantic import SecretStr

from core.connector import ConnectorConfig


class SampleConfig(ConnectorConfig):
    api_base_url: str
    """Where the network's API is."""
    token: SecretStr
    """What the network gave us to sign in with."""
