"""What ops set for one bot."""

import hashlib
import hmac
import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from core.connector import ConnectorConfig

Way = Literal["polling", "webhook"]

MIB = 1024 * 1024
OFFICIAL = "https://api.telegram.org"
_TOKEN = re.compile(r"[\w:.-]{1,200}", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Config(ConnectorConfig):
    """One bot: its token, how its updates come, and which server it talks to."""

    token: SecretStr = Field(title="Token")
    """What @BotFather gave for the bot, such as 123456789:AA… Whoever has it is the bot."""
    intake: Way = Field(default="polling", title="Updates")
    """polling: we ask for them, which works behind any firewall. webhook: Telegram calls us at
    public_url, which must be https on port 443, 80, 88 or 8443."""

    api_base_url: str = Field(default=OFFICIAL, title="Bot API server")
    """Where methods are called, without /bot… Another one for a Bot API server of your own."""
    file_base_url: str = Field(default="", title="File server")
    """Where files are fetched, without /bot… Empty: the Bot API server's address and /file."""
    max_download_mib: int = Field(default=20, ge=1, le=2000, title="Largest file in")
    """MiB. api.telegram.org gives no file over 20; a Bot API server of your own up to 2000."""
    max_upload_mib: int = Field(default=50, ge=1, le=2000, title="Largest file out")
    """MiB, at most what `Capabilities` promise. api.telegram.org takes no file over 50."""

    webhook_secret: SecretStr | None = Field(default=None, title="Webhook secret")
    """Of a webhook: what Telegram proves itself by, 1 to 256 of A-Z a-z 0-9 _ -. Empty: made from
    the token."""
    webhook_connections: int = Field(default=40, ge=1, le=100, title="Webhook connections")
    """How many calls of a webhook may run at once."""

    poll_seconds: int = Field(default=30, ge=1, le=50, title="Poll")
    """How long one request for updates may wait at the server."""
    messages_per_second: float = Field(default=30.0, gt=0, le=1000, title="Messages a second")
    """Of the whole bot. Telegram takes about 30, unless the bot pays for more."""

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr) -> SecretStr:
        bare = SecretStr(value.get_secret_value().strip())
        if not _TOKEN.fullmatch(bare.get_secret_value()):
            raise ValueError("a token looks like 123456789:AA…; @BotFather shows it")
        return bare

    @field_validator("webhook_secret")
    @classmethod
    def _is_taken_by_telegram(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("a webhook secret has 1 to 256 of the characters A-Z a-z 0-9 _ -")
        return value

    @field_validator("api_base_url", "file_base_url")
    @classmethod
    def _is_a_base(cls, value: str) -> str:
        bare = value.strip().rstrip("/").removesuffix("/bot")
        parts = urlsplit(bare)
        if bare and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
            raise ValueError("a base address looks like https://api.telegram.org")
        return bare

    @property
    def methods_url(self) -> str:
        """What the token and a method's name are put behind."""
        return f"{self.api_base_url or OFFICIAL}/bot"

    @property
    def files_url(self) -> str:
        """What the token and a file's path are put behind."""
        return f"{self.file_base_url or (self.api_base_url or OFFICIAL) + '/file'}/bot"

    @property
    def bot_id(self) -> int | None:
        """The account that the token names. None: a token of another form."""
        number = self.token.get_secret_value().partition(":")[0]
        return int(number) if number.isdecimal() and len(number) < 20 else None

    def derived(self, purpose: str) -> str:
        """A secret of 64 hexadecimal digits that only who knows the token can tell."""
        key = self.token.get_secret_value().encode()
        return hmac.new(key, f"onethread:{purpose}".encode(), hashlib.sha256).hexdigest()

    @property
    def call_secret(self) -> str:
        """What every call of the webhook must bring in its header."""
        if self.webhook_secret is not None:
            return self.webhook_secret.get_secret_value()
        return self.derived("webhook secret")

    @property
    def call_path(self) -> str:
        """The last part of the webhook's address."""
        return self.derived("webhook path")[:32]
