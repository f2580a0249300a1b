"""Sessions that were alive a moment ago, so that each message does not ask the record again."""

from core.clock import Clock
from router.storage.visitors import SessionRow

KEEP_SECONDS = 4.0
"""Ending a session is noticed at once by the process that ended it, and so soon by the others."""
MAX_REMEMBERED = 20_000


class SessionCache:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[bytes, tuple[float, SessionRow]] = {}

    def find(self, account_id: int, token_hash: bytes) -> SessionRow | None:
        """None: ask the record."""
        until, row = self._known.get(token_hash, (0.0, None))
        if row is None or until < self._clock.monotonic() or row.account_id != account_id:
            return None
        return row if row.expires_at > self._clock.now() else None

    def keep(self, token_hash: bytes, row: SessionRow) -> None:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[token_hash] = (self._clock.monotonic() + KEEP_SECONDS, row)

    def drop(self, token_hash: bytes) -> None:
        self._known.pop(token_hash, None)
