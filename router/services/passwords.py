"""Passwords: argon2id, off the loop, a few at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from router.services.errors import Refused

SHORTEST = 12
LONGEST = 256
_AT_ONCE = 2
_HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
"""Above the OWASP floor (19 MiB, 2 passes): about 60 ms and 32 MiB a try."""
NOBODY = f"$argon2id$v=19$m=32768,t=3,p=1${'A' * 22}${'A' * 43}"
"""What no password comes to. It takes as long to try as any other, and nothing to make at start."""


class Passwords:
    """One per process: bounds how much memory and CPU guesses may take."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str, *, field: str = "password") -> str:
        """Raises Refused if it is too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise Refused(
                f"A password has {SHORTEST} to {LONGEST} characters.",
                code="weak_password",
                field=field,
            )
        async with self._free:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def is_right(self, password: str, known: str | None) -> bool:
        """Takes as long for somebody who does not exist (`known` is None)."""
        async with self._free:
            matches = await asyncio.to_thread(_verify, known or NOBODY, password)
        return matches and known is not None


def _verify(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
