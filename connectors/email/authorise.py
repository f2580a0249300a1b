"""How a person at a terminal lets us into a mailbox: `onethread account authorise`."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from connectors.email.config import Config
from connectors.email.oauth import (
    client_fields,
    exchange,
    post_form,
    provider_of,
    refusal_of,
)
from core.clock import Clock
from core.connector import Interview
from core.errors import AuthRefused, BadConfig, TransientError

REDIRECT = "http://127.0.0.1"
"""Google sends the browser there (RFC 8252, 7.3). Nobody listens: its address bar is pasted."""
LONGEST_WAIT = 900.0


async def authorise(config: Config, http: Any, clock: Clock, person: Interview) -> dict[str, str]:
    """The refresh token, by the field that keeps it.

    Microsoft: by a code that is typed on another device (RFC 8628). Others: by an address that is
    opened and one that is pasted, with a proof key (RFC 7636); Google gives mail scopes to no
    device code.
    """
    match config.oauth:
        case "none":
            raise BadConfig("This mailbox has a password: set oauth to google or microsoft first.")
        case "microsoft":
            granted = await _by_device(config, http, clock, person)
        case _:
            granted = await _by_browser(config, http, person)
    token = granted.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise BadConfig("The provider gave no refresh token: ask for offline access in its scope.")
    return {"oauth_refresh_token": token}


async def _by_device(
    config: Config, http: Any, clock: Clock, person: Interview
) -> Mapping[str, Any]:
    provider = provider_of(config)
    asked = await post_form(
        http,
        provider.authorise_url,
        {"client_id": config.oauth_client_id, "scope": provider.scope},
    )
    device_code, code = asked.get("device_code"), asked.get("user_code")
    where = asked.get("verification_uri") or asked.get("verification_url")
    if not device_code or not code or not where:
        raise TransientError("The provider's answer has no code in it.")
    person.tell(f"Open {where} in any browser, sign in as {config.address}, and enter: {code}")
    pause, waited = max(1.0, float(asked.get("interval", 5))), 0.0
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": str(device_code),
        **client_fields(config),
    }
    while waited < LONGEST_WAIT:
        await clock.sleep(pause)
        waited += pause
        status, answer = await exchange(http, provider.token_url, form)
        if status == 200:
            return answer
        match answer.get("error"):
            case "authorization_pending":
                continue
            case "slow_down":
                pause += 5.0
            case "authorization_declined" | "access_denied":
                raise AuthRefused("You declined.")
            case "expired_token" | "code_expired":
                break
            case _:
                raise refusal_of(status, answer)
    raise AuthRefused("The code was not entered in time: begin again.")


async def _by_browser(config: Config, http: Any, person: Interview) -> Mapping[str, Any]:
    provider = provider_of(config)
    if not provider.authorise_url:
        raise BadConfig("oauth_authorise_url is missing: where does the provider ask people?")
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    question = urlencode(
        {
            "client_id": config.oauth_client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": provider.scope,
            "state": state,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
            "access_type": "offline",
            "prompt": "consent",
            "login_hint": config.address,
        }
    )
    person.tell(f"Open this address, sign in as {config.address}, and allow access:")
    person.tell(f"{provider.authorise_url}?{question}")
    person.tell("The page that follows does not load; that is right.")
    pasted = await person.ask("Paste its address from the address bar")
    answered = {
        name: values[0] for name, values in parse_qs(urlsplit(pasted.strip()).query).items()
    }
    if "error" in answered:
        raise AuthRefused(f"The provider says: {answered['error'][:100]}.")
    if not secrets.compare_digest(answered.get("state", ""), state) or not answered.get("code"):
        raise AuthRefused("That address does not belong to this question: begin again.")
    return await post_form(
        http,
        provider.token_url,
        {
            "grant_type": "authorization_code",
            "code": answered["code"],
            "redirect_uri": REDIRECT,
            "code_verifier": verifier,
            **client_fields(config),
        },
    )
