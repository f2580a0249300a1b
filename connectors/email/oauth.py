"""Access tokens for mailboxes that take no password: XOAUTH2's side of OAuth 2.0 (RFC 6749)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from connectors.email.config import Config
from core.clock import Clock
from core.errors import AuthRefused, BadConfig, ConnectorError, TransientError

REFRESH_BEFORE = timedelta(minutes=5)
"""A token is renewed this long before it ends: it must outlive the session that it opens."""
SHORTEST_LIFE = timedelta(minutes=1)
USUAL_LIFE = timedelta(hours=1)
ANSWER_SECONDS = 20.0
MAX_ANSWER = 64 * 1024
AUTHORISE = "run `onethread account authorise` for this account, then resume it"

_WITHDRAWN = ("invalid_grant", "interaction_required", "consent_required", "login_required")
_OF_THE_APPLICATION = (
    "invalid_client",
    "unauthorized_client",
    "invalid_scope",
    "unsupported_grant_type",
    "invalid_request",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where one provider grants access to mail, and under which name."""

    token_url: str
    authorise_url: str
    scope: str


def provider_of(config: Config) -> Provider:
    """The provider's addresses, each replaced by the setting that is not empty."""
    match config.oauth:
        case "google":
            token = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
            authorise = "https://accounts.google.com/o/oauth2/v2/auth"
            scope = "https://mail.google.com/"
        case "microsoft":
            base = f"https://login.microsoftonline.com/{config.oauth_tenant}/oauth2/v2.0"
            token, authorise = f"{base}/token", f"{base}/devicecode"
            scope = (
                "https://outlook.office.com/IMAP.AccessAsUser.All"
                " https://outlook.office.com/SMTP.Send offline_access"
            )
        case _:
            token, authorise, scope = "", "", ""
    return Provider(
        token_url=config.oauth_token_url or token,
        authorise_url=config.oauth_authorise_url or authorise,
        scope=config.oauth_scope or scope,
    )


@dataclass(slots=True)
class TokenSource:
    """The access token of one account, for SMTP and IMAP alike. One refresh at a time."""

    config: Config
    http: Any
    clock: Clock
    keep_secret: Callable[[str, str], Awaitable[None]]
    _token: str = field(default="", repr=False)
    _ends_at: datetime | None = None
    _refresh_token: str = field(default="", repr=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self) -> str:
        """One that is good for five minutes at least, if the provider gives any that long.

        Raises AuthRefused: the permission was withdrawn; BadConfig; TransientError.
        """
        async with self._lock:
            if self._ends_at is None or self.clock.now() >= self._ends_at:
                await self._refresh()
            return self._token

    def forget(self, token: str | None = None) -> None:
        """A server refuses this token, or the last one: the next one will be new."""
        if token in (None, self._token):
            self._ends_at = None

    async def _refresh(self) -> None:
        granted = await self._ask(self._refresh_token or _first_token(self.config))
        token = granted.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise TransientError("The mail provider's answer has no access token in it.")
        life = max(_life(granted) - REFRESH_BEFORE, SHORTEST_LIFE)
        self._token, self._ends_at = token, self.clock.now() + life
        renewed = granted.get("refresh_token")
        if isinstance(renewed, str) and renewed not in ("", self._refresh_token):
            # Microsoft's end after 90 days, and each refresh brings one with 90 days of its own.
            self._refresh_token = renewed
            if renewed != _first_token(self.config):
                await self.keep_secret("oauth_refresh_token", renewed)

    async def _ask(self, refresh_token: str) -> Mapping[str, Any]:
        provider = provider_of(self.config)
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if self.config.oauth == "microsoft":
            form["scope"] = provider.scope
        return await post_form(self.http, provider.token_url, form | client_fields(self.config))


def client_fields(config: Config) -> dict[str, str]:
    """By what the application names itself (RFC 6749, 2.3.1)."""
    fields = {"client_id": config.oauth_client_id}
    if config.oauth_client_secret is not None:
        fields["client_secret"] = config.oauth_client_secret.get_secret_value()
    return fields


async def post_form(http: Any, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON object of a good answer. Raises what `refusal_of` makes of another."""
    status, answer = await exchange(http, url, form)
    if status == 200:
        return answer
    raise refusal_of(status, answer)


async def exchange(http: Any, url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    """(status, JSON object) of a form that was posted. Raises TransientError without an answer."""
    try:
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            http.post(url, data=dict(form), allow_redirects=False) as response,
        ):
            body = await response.content.read(MAX_ANSWER)
            status: int = response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise TransientError(
            "The mail provider's sign-in does not answer.", detail=type(error).__name__
        ) from error
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    return status, answer if isinstance(answer, dict) else {}


def refusal_of(status: int, answer: Mapping[str, Any]) -> ConnectorError:
    """What an error of a token endpoint means (RFC 6749, 5.2). Its texts may quote no secret."""
    code = str(answer.get("error", ""))[:60]
    detail = f"HTTP {status} {code}".strip()
    if code in _WITHDRAWN:
        return AuthRefused(
            f"The mail provider has withdrawn our access to this mailbox: {AUTHORISE}.",
            detail=detail,
        )
    if code in _OF_THE_APPLICATION or (status == 401 and not code):
        return BadConfig(
            "The mail provider refuses the registered application: check oauth_client_id,"
            f" oauth_client_secret and oauth_tenant ({code or status}).",
            detail=detail,
        )
    return TransientError("The mail provider's sign-in fails for now.", detail=detail)


def _first_token(config: Config) -> str:
    if config.oauth_refresh_token is None:
        raise AuthRefused(f"Nobody has let us into this mailbox yet: {AUTHORISE}.")
    return config.oauth_refresh_token.get_secret_value()


def _life(granted: Mapping[str, Any]) -> timedelta:
    seconds = granted.get("expires_in")
    try:
        return timedelta(seconds=min(int(seconds), 86_400)) if seconds is not None else USUAL_LIFE
    except (TypeError, ValueError):
        return USUAL_LIFE
