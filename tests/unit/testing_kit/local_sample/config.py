"""Settings of one kiosk."""

from pydantic import SecretStr

from core.connector import ConnectorConfig


class KioskConfig(ConnectorConfig):
    site: str
    """Its visitors are known by it."""
    origin: str
    """The page that may embed it."""
    audience: str
    """What the `aud` of tokens must be."""
    token_secret: SecretStr
    """The key with which the site signs its tokens."""
