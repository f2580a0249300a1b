"""What ops set for one bot."""

from typing import Annotated

from pydantic import Field, SecretStr

from core.connector import ConnectorConfig

Snowflake = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
"""An id of Discord's, as its clients copy it in developer mode."""

MEBIBYTE = 1024 * 1024


class Config(ConnectorConfig):
    """One bot on Discord."""

    token: SecretStr = Field(min_length=8, title="Bot token")
    """From the developer portal, page Bot. Without the word "Bot" before it."""
    channel_ids: tuple[Snowflake, ...] = Field(default=(), title="Channels")
    """Ids of the text channels and forums that are read and answered in, with their threads."""
    guild_ids: tuple[Snowflake, ...] = Field(default=(), title="Servers")
    """Ids of servers of which every channel that the bot sees is read, as if it were listed."""
    staff_role_ids: tuple[Snowflake, ...] = Field(default=(), title="Staff roles")
    """Whoever has one of these roles and writes in a thread speaks for the desk."""
    reads_direct_messages: bool = Field(default=True, title="Read direct messages")
    """Whether what people write to the bot in private comes in."""
    reads_message_content: bool = Field(default=True, title="Message content intent")
    """Turn it on in the developer portal too, page Bot: without it, what is said in channels and
    threads comes in empty unless it mentions the bot. Direct messages don't need it."""
    support_channel_id: Snowflake | None = Field(default=None, title="Channel of /support")
    """The text channel in which /support opens a private thread. Empty: it opens a direct chat."""
    registers_commands: bool = Field(default=True, title="Register commands")
    """Whether the commands /support and /link are registered with Discord."""
    look_back_hours: int = Field(default=24, ge=0, le=24 * 30, title="Look back (hours)")
    """How much of what was said in listed channels before the account's first start is read."""
    max_file_size: int = Field(
        default=25 * MEBIBYTE, ge=0, le=500 * MEBIBYTE, title="Largest file (bytes)"
    )
    """Of what people send. Larger files are shown by name only."""
    api_base_url: str = Field(
        default="https://discord.com/api/v10",
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        title="API address",
    )
    """Of the REST API, with its version, without a slash at the end."""
    gateway_url: str = Field(default="", pattern=r"^(wss?://[^\s?#]+)?$", title="Gateway address")
    """Of the gateway. Empty: the API is asked for it."""
