"""The keys that the host publishes (RFC 7517): fetched, judged, kept, and looked for again.

Each key has one algorithm, which its own type gives: nothing that a token says is asked. A secret
is never taken from a document that anybody can read.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from connectors.webchat.tokens import (
    LONGEST_KID,
    SMALLEST_RSA,
    Algorithm,
    Key,
    VerifyingKey,
    check_strength,
)
from core.clock import Clock

FRESH_FOR = timedelta(minutes=10)
"""After it the keys are asked for again, so that one that the host has withdrawn ends here too."""
ASKED_EVERY = timedelta(seconds=30)
"""At most so often, whatever keys tokens name, and whether the host answers or not."""
KEPT_FOR = timedelta(hours=24)
"""While the host does not answer. Whoever can keep it silent must not keep a stolen key alive."""
TIMEOUT = aiohttp.ClientTimeout(total=5)
LARGEST = 64 * 1024
MOST_KEYS = 20
LARGEST_RSA = 8192
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def check_url(url: str) -> str:
    """Raises ValueError with a sentence for whoever configures it."""
    parts = urlsplit(url)
    is_near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or (parts.scheme != "https" and not is_near):
        raise ValueError("must be an address with https, such as https://example.com/jwks.json")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must hold no name, password or fragment")
    return url


def read_jwks(raw: bytes) -> dict[str, VerifyingKey]:
    """The keys of a document by their ids. Raises ValueError for one that is none.

    Left out: what is no key for one of our algorithms, says that it is for something else, is
    weak, has no id or one that another key has, or shows its private half.
    """
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("is no JSON") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("has no list of keys")  # noqa: TRY004 - the document's fault, not a type's
    if len(listed) > MOST_KEYS:
        raise ValueError(f"has more than {MOST_KEYS} keys")
    entries = [one for one in listed if isinstance(one, dict)]
    times = Counter(kid for one in entries if isinstance(kid := one.get("kid"), str))
    found = [key for one in entries if (key := _read_key(one)) is not None]
    return {one.kid: one for one in found if times[one.kid] == 1}


def _read_key(entry: Mapping[str, Any]) -> VerifyingKey | None:
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid.isprintable() or not 0 < len(kid) <= LONGEST_KID:
        return None
    if _PRIVATE & entry.keys() or entry.get("use", "sig") != "sig":
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    try:
        algorithm, key = _import(entry)
        check_strength(algorithm, key)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    named = entry.get("alg", algorithm)
    if named != algorithm and not (algorithm == "EdDSA" and named == "Ed25519"):
        return None
    return VerifyingKey(kid=kid, algorithm=algorithm, key=key)


def _import(entry: Mapping[str, Any]) -> tuple[Algorithm, Key]:
    """By the public members alone. Raises KeyError, ValueError, JoseError."""
    match entry.get("kty"), entry.get("crv"):
        case "RSA", None:
            if not SMALLEST_RSA <= len(entry["n"]) * 6 <= LARGEST_RSA + 16 or len(entry["e"]) > 8:
                raise ValueError("too small, or dear to calculate with")
            return "RS256", RSAKey.import_key({name: entry[name] for name in ("kty", "n", "e")})
        case "EC", "P-256":
            names = ("kty", "crv", "x", "y")
            return "ES256", ECKey.import_key({name: entry[name] for name in names})
        case "OKP", "Ed25519":
            return "EdDSA", OKPKey.import_key({name: entry[name] for name in ("kty", "crv", "x")})
        case _:
            raise ValueError("of no algorithm that we use")


class PublishedKeys:
    """What stands at one address, as it was when it last answered."""

    def __init__(self, url: str, *, clock: Clock, http: Any, log: Any) -> None:
        self._url = url
        self._clock = clock
        self._http = http
        self._log = log
        self._keys: dict[str, VerifyingKey] = {}
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._lock = asyncio.Lock()
        self.problem = ""
        """Why the last time it was asked was in vain; empty: it answered."""

    @property
    def keys(self) -> Mapping[str, VerifyingKey]:
        """Those that may be used now."""
        if self._read_at is None or self._clock.now() - self._read_at > KEPT_FOR:
            return {}
        return self._keys

    async def look_for(self, kid: str) -> None:
        """Ask the host if this key is not known or what is known is old; not more often than that.

        Under 6 s. Whose key is known does not wait for others; whose is not waits for the answer
        that somebody has asked for.
        """
        is_being_asked = self._lock.locked()
        if kid in self.keys if is_being_asked else not self._is_due(kid):
            return
        async with self._lock:
            if self._is_due(kid):
                await self.refresh()

    def _is_due(self, kid: str) -> bool:
        now = self._clock.now()
        if self._asked_at is not None and now - self._asked_at < ASKED_EVERY:
            return False
        is_old = self._read_at is None or now - self._read_at >= FRESH_FOR
        return is_old or kid not in self._keys

    async def refresh(self) -> None:
        """Ask now. What was known stays if the host does not answer, or not with keys."""
        self._asked_at = self._clock.now()
        try:
            found = read_jwks(await self._fetch())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if not self.problem:
                self._log.warning("webchat.keys_unreachable", fault=type(error).__name__)
            self.problem = str(error) or type(error).__name__
            return
        if self.problem:
            self._log.info("webchat.keys_back")
        self.problem = ""
        self._keys, self._read_at = found, self._clock.now()

    async def _fetch(self) -> bytes:
        options: dict[str, Any] = {
            "allow_redirects": False,
            "timeout": TIMEOUT,
            "headers": {"Accept": "application/json", "Accept-Encoding": "identity"},
        }
        async with self._http.get(self._url, **options) as response:
            if response.status != 200:
                raise ValueError(f"answered {response.status}")
            raw = bytearray()
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > LARGEST:
                    raise ValueError(f"is larger than {LARGEST} bytes")
            return bytes(raw)
