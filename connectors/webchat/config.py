"""What ops set for one site: how the widget looks, who may embed it, and whose tokens count."""

import re
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.webchat.jwks import check_url
from connectors.webchat.tokens import LONGEST_KID, Algorithm, VerifyingKey, load_key
from core.connector import ConnectorConfig
from core.hours import OpenHours, zone_of

SITE = r"^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$"
COLOR = r"^#[0-9a-fA-F]{6}$"
FIELD_NAME = r"^[a-z][a-z0-9_]{0,29}$"
LANGUAGE = r"^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$"
ORIGIN = re.compile(r"https?://(?:\*\.)?[a-z0-9.-]+(?::(?:\d{1,5}|\*))?")


class TokenKey(ConnectorConfig):
    """A key with which the host's site signs tokens. Several at once make rotation possible."""

    kid: str = Field(min_length=1, max_length=LONGEST_KID, title="Key id")
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


class Question(ConnectorConfig):
    """One field of the form that an unknown visitor fills in before they write."""

    name: str = Field(pattern=FIELD_NAME, title="Name")
    """Under it agents see the answer, such as order or topic."""
    label: str = Field(min_length=1, max_length=100, title="Question")
    """What the visitor reads."""
    kind: Literal["text", "email", "choice", "consent"] = Field(default="text", title="Kind")
    """text: one line. email: an address. choice: one of a list. consent: a box to tick."""
    choices: tuple[str, ...] = Field(default=(), max_length=20, title="Choices")
    """For a choice: what there is to choose from."""
    is_required: bool = Field(default=False, title="Required")
    """On: the form is not sent without it."""
    asked: Literal["always", "open", "closed"] = Field(default="always", title="Asked")
    """always, or only while somebody is there (open), or only while nobody is (closed)."""

    @model_validator(mode="after")
    def _has_choices(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices belong to the kind choice, and it needs some")
        return self


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
    launcher: str = Field(default="", max_length=24, title="Words on the launcher")
    """Beside its picture, such as Help. Empty: the picture alone."""
    position: str = Field(default="right", pattern=r"^(left|right)$", title="Position")
    """In which lower corner the launcher stands: left or right."""
    allowed_origins: tuple[str, ...] = Field(default=(), max_length=100, title="Allowed origins")
    """Pages that may embed the widget: https://example.com, https://*.example.com. Empty: only
    this installation's own pages."""

    require_signed: bool = Field(default=False, title="Only signed-in people")
    """On: nobody may write without a token of your site. Needs a key, or their address."""
    audience: str = Field(default="onethread", min_length=1, max_length=200, title="Audience")
    """What the `aud` of your tokens must be. Give each site its own."""
    keys: tuple[TokenKey, ...] = Field(default=(), max_length=8, title="Token keys")
    """Keys with which your site signs tokens that say who is signed in there."""
    jwks_url: str = Field(default="", max_length=500, title="Address of your public keys")
    """Where your site publishes the keys it signs with (JWKS, RFC 7517), so that you change them
    without telling us. Each of your tokens must name its key."""

    form: tuple[Question, ...] = Field(default=(), max_length=6, title="Form before the chat")
    """What unknown visitors are asked before their first message. Answers prove nothing."""
    form_note: str = Field(default="", max_length=300, title="Note below the form")
    """What the answers are for, and where your privacy policy stands."""
    hours: tuple[OpenHours, ...] = Field(default=(), max_length=21, title="Opening hours")
    """When somebody answers. Empty: in the hours of the whole desk, and always if it has none. At
    other times the widget takes messages and says when somebody is back."""
    timezone: str = Field(default="UTC", title="Time zone")
    """Of the opening hours, such as Europe/Berlin."""
    reply_minutes: int | None = Field(default=None, ge=1, le=10_080, title="Answers within")
    """Minutes within which visitors may expect an answer. Empty: nothing is promised."""
    continue_by: str = Field(default="", max_length=200, title="Go on by")
    """Label of a mail account: by it goes what a signed-in visitor has not seen in the chat, to the
    address that your site has verified. Empty: it waits in the chat."""
    continue_after_minutes: int = Field(default=10, ge=1, le=10_080, title="Unread for")
    """Minutes that an answer stays unread before it goes there."""

    show_photos: bool = Field(default=False, title="Show photos of agents")
    """On: beside an answer stands the photo of whoever wrote it, if they have put one. Off: the
    first letter of their name."""

    ask_rating: bool = Field(default=False, title="Ask for a rating by mail")
    """On: once a case is solved, who has left the chat is asked there too how it was, once."""

    note_pages: bool = Field(default=False, title="Note the pages visited")
    """On: agents see which of your pages somebody looked at who chats, without what stands behind
    a ? or # in their addresses. Say so in your privacy policy."""

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

    @field_validator("jwks_url")
    @classmethod
    def _keys_are_at_an_address(cls, value: str) -> str:
        return check_url(value) if value else value

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        zone_of(value)
        return value

    @field_validator("title", "greeting", "form_note", "launcher")
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
        names = [question.name for question in self.form]
        if len(set(names)) != len(names):
            raise ValueError("form: two questions have the same name")
        if self.require_signed and not self.keys and not self.jwks_url:
            raise ValueError("require_signed is on, and keys is empty: nobody could ever write")
        return self
