"""What ops set for one site: how the widget looks, who may embed it, and whose tokens count."""

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.webchat.tokens import Algorithm, VerifyingKey, load_key
from core.connector import ConnectorConfig

SITE = r"^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$"
COLOR = r"^#[0-9a-fA-F]{6}$"
LANGUAGE = r"^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$"
ORIGIN = re.compile(r"https?://(?:\*\.)?[a-z0-9.-]+(?::(?:\d{1,5}|\*))?")


class TokenKey(ConnectorConfig):
    """A key with which the host's site signs tokens. Several at once make rotation possible."""

    kid: str = Field(min_length=1, max_length=64, title="Key id")
    """The `kid` that your tokens name in their header."""
    algorithm: Algorithm = "HS256"
    """With it and no other is this key ever used, whatever a token's header says."""
    key: SecretStr = Field(title="Key")
    """For HS256 the shared secret, at least 32 characters; else the public key in PEM form."""

    @model_validator(mode="after")
    def _key_fits(self) -> Self:
        try:
            load_key(self.algorithm, self.key.get_secret_value())
        except ValueError as error:
            raise ValueError(f"key {error}") from error
        return self

    def verifying(self) -> VerifyingKey:
        key = load_key(self.algorithm, self.key.get_secret_value())
        return VerifyingKey(kid=self.kid, algorithm=self.algorithm, key=key)


class Config(ConnectorConfig):
    """One widget on one site."""

    site: str = Field(pattern=SITE, title="Site")
    """Short name of the site, such as example.com. Its visitors are known by it for ever."""
    title: str = Field(default="Support", min_length=1, max_length=60, title="Title")
    """Stands at the head of the widget."""
    greeting: str = Field(default="", max_length=500, title="Greeting")
    """Shown before the first message. Empty: a greeting in the visitor's own language."""
    color: str = Field(default="#0f766e", pattern=COLOR, title="Colour")
    """Of the launcher and of the visitor's own messages, as #rrggbb."""
    language: str = Field(default="auto", pattern=LANGUAGE, title="Language")
    """Of the widget's own words. auto: the visitor's browser decides."""
    position: str = Field(default="right", pattern=r"^(left|right)$", title="Position")
    """In which lower corner the launcher stands: left or right."""
    allowed_origins: tuple[str, ...] = Field(default=(), max_length=100, title="Allowed origins")
    """Pages that may embed the widget: https://example.com, https://*.example.com. Empty: only
    this installation's own pages."""

    require_signed: bool = Field(default=False, title="Only signed-in people")
    """On: nobody may write without a token of your site. Needs a key."""
    audience: str = Field(default="onethread", min_length=1, max_length=200, title="Audience")
    """What the `aud` of your tokens must be. Give each site its own."""
    keys: tuple[TokenKey, ...] = Field(default=(), max_length=8, title="Token keys")
    """Keys with which your site signs tokens that say who is signed in there."""

    messages_per_minute: int = Field(default=30, ge=1, le=60_000, title="Messages per minute")
    """The most that one visitor may write."""
    sessions_per_minute: int = Field(default=30, ge=1, le=60_000, title="New visitors per minute")
    """The most that may come from one network address."""
    requests_per_minute: int = Field(default=600, ge=10, le=6_000_000, title="Requests per minute")
    """The most that one network address may ask for, of any kind."""

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        cleaned = tuple(value.strip().lower().rstrip("/") for value in values)
        for value in cleaned:
            if not ORIGIN.fullmatch(value):
                raise ValueError(
                    f"{value} is no origin: write it as https://example.com, without a path"
                )
        return cleaned

    @field_validator("title", "greeting")
    @classmethod
    def _is_clean(cls, value: str) -> str:
        if not all(c.isprintable() or c == "\n" for c in value):
            raise ValueError("must not hold control characters")
        return value.strip()

    @model_validator(mode="after")
    def _keys_are_told_apart(self) -> Self:
        kids = [key.kid for key in self.keys]
        if len(set(kids)) != len(kids):
            raise ValueError("keys: two have the same kid, so a token could not name one of them")
        if self.require_signed and not self.keys:
            raise ValueError("require_signed is on, and keys is empty: nobody could ever write")
        return self
