"""What a test of an account finds: its steps, and where a connector calls."""

from urllib.parse import urlsplit

import msgspec

from core.clock import Clock


class CheckStep(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ok: bool
    detail: str = ""
    fix: str = ""
    """What to do if it is not ok."""
    code: str = ""
    """Of the error that ended the test here, such as auth_refused."""
    ms: int | None = None
    """How long it took, in milliseconds. None: it asked nobody."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a connector calls: the test says which step of getting there fails."""

    host: str
    port: int
    name: str = ""
    """What is there, such as IMAP: told apart by it where a connector calls at several."""
    is_tls: bool = False
    """TLS begins with the first byte; False also where it begins later on the connection."""
    is_guarded: bool = False
    """It is reached by our HTTP session, which refuses addresses inside: so does the test."""

    @classmethod
    def of_url(cls, url: str) -> "Endpoint":
        """Where this address leads, guarded. Raises ValueError: no host, or no possible port."""
        parts = urlsplit(url)
        is_tls = parts.scheme in ("https", "wss")
        if parts.hostname is None:
            raise ValueError(f"{url} names no host")
        port = parts.port or (443 if is_tls else 80)
        return cls(host=parts.hostname, port=port, is_tls=is_tls, is_guarded=True)


class Steps(list[CheckStep]):
    """The steps of a `check` as they come: each is given the time since the one before it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._at = clock.monotonic()

    def append(self, step: CheckStep) -> None:
        now = self._clock.monotonic()
        took, self._at = round((now - self._at) * 1000), now
        super().append(msgspec.structs.replace(step, ms=took))
