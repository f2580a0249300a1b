"""Asking the DNS for the records that mails depend on: never long, and seldom twice."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.email.trust.records import Records
from core.clock import Clock

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as NameServers

DEADLINE = 3.0
"""Seconds for all names of one mail together."""
MAX_NAMES = 40
"""Of one mail; more are trouble, as if the DNS had not answered."""
SHORTEST_KEPT = timedelta(seconds=60)
LONGEST_KEPT = timedelta(hours=1)
MISSING_KEPT = timedelta(minutes=5)
TROUBLE_KEPT = timedelta(seconds=30)
"""So that a domain whose servers are silent costs one wait, and not one for each of its mails."""
MAX_KEPT = 10_000
MAX_TEXTS = 20
MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The TXT records of one name, and for how long they hold."""

    texts: tuple[str, ...]
    kept: timedelta


Ask = Callable[[str], Awaitable[Answer]]
"""Asks the DNS for one name. Raises TimeoutError or OSError for trouble."""


class Resolver:
    """Looks names up once, for all mails of one program that depend on them."""

    def __init__(self, clock: Clock, ask: Ask | None = None, *, deadline: float = DEADLINE) -> None:
        self._clock = clock
        self._ask = ask or ask_dns
        self._deadline = deadline
        self._known: dict[str, tuple[datetime, tuple[str, ...] | None]] = {}

    async def look_up(self, names: Iterable[str]) -> Records:
        """Each name's texts; None for those that the DNS could not tell in time. Never raises."""
        wanted = sorted({name.lower().rstrip(".") for name in names})
        now = self._clock.now()
        missing = [name for name in wanted if self._fresh(name, now) is None]
        await self._fetch(missing[:MAX_NAMES])
        return {
            name: found[1] if (found := self._fresh(name, now)) is not None else None
            for name in wanted
        }

    def _fresh(self, name: str, now: datetime) -> tuple[datetime, tuple[str, ...] | None] | None:
        found = self._known.get(name)
        return found if found is not None and found[0] > now else None

    async def _fetch(self, names: list[str]) -> None:
        if not names:
            return
        tasks = {name: asyncio.ensure_future(self._one(name)) for name in names}
        try:
            await asyncio.wait(tasks.values(), timeout=self._deadline)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        now = self._clock.now()
        for name, task in tasks.items():
            answer = None if task.cancelled() else task.result()
            if answer is None:
                self._keep(name, now + TROUBLE_KEPT, None)
            else:
                kept = max(SHORTEST_KEPT, min(answer.kept, LONGEST_KEPT))
                self._keep(name, now + kept, answer.texts)

    async def _one(self, name: str) -> Answer | None:
        try:
            return await self._ask(name)
        except (TimeoutError, OSError):
            return None

    def _keep(self, name: str, until: datetime, texts: tuple[str, ...] | None) -> None:
        if len(self._known) >= MAX_KEPT:
            for old in list(self._known)[: MAX_KEPT // 10]:
                del self._known[old]
        self._known.pop(name, None)
        self._known[name] = (until, texts)


async def ask_dns(
    name: str, resolver: "NameServers | None" = None, *, lifetime: float = DEADLINE
) -> Answer:
    """By the machine's own name servers. Raises TimeoutError or OSError for trouble."""
    # 2 MiB that a mailbox without a mail does without.
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    try:
        asked = resolver or dns.asyncresolver.Resolver()
        found = await asked.resolve(
            name.rstrip(".") + ".", "TXT", lifetime=lifetime, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN:
        return Answer(texts=(), kept=MISSING_KEPT)
    except dns.exception.Timeout as error:
        raise TimeoutError(name) from error
    # No name servers, a refusal, a name that is none: all of them tell nothing.
    except dns.exception.DNSException as error:
        raise OSError(f"the DNS did not tell: {type(error).__name__}") from error
    if found.rrset is None:
        return Answer(texts=(), kept=MISSING_KEPT)
    texts = tuple(
        b"".join(record.strings).decode("utf-8", "replace")[:MAX_LENGTH]
        for record in list(found.rrset)[:MAX_TEXTS]
    )
    return Answer(texts=texts, kept=timedelta(seconds=found.rrset.ttl))
