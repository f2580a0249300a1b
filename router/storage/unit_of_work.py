"""One transaction: its connection, and the facts that its commit announces."""

from datetime import datetime
from enum import StrEnum

import asyncpg

from core.clock import Clock


class Fact(StrEnum):
    """Kinds of outbox rows; `ref` is the id of the thing."""

    MESSAGE_CREATED = "message.created"
    MESSAGE_CHANGED = "message.changed"
    DELIVERY_CHANGED = "delivery.changed"
    CASE_CHANGED = "case.changed"
    PERSON_CHANGED = "person.changed"
    PERSON_MERGED = "person.merged"
    PERSON_SPLIT = "person.split"
    READ_CHANGED = "read.changed"
    """`ref` is the agent whose own marks changed: what they have read, or begun to write."""
    ACCOUNT_CHANGED = "account.changed"


class UnitOfWork:
    """Made by `Database.transaction` and `Database.reading`."""

    def __init__(self, driver: asyncpg.Connection, clock: Clock) -> None:
        self.driver = driver
        """asyncpg's own `fetch`, `fetchrow`, `execute` with $1 parameters."""
        self._clock = clock
        self._announced: list[tuple[str, int | None, int | None]] = []
        self.has_announced = False
        self.queued_accounts: set[int] = set()
        """Accounts for which deliveries were queued: their senders are woken after the commit."""

    def now(self) -> datetime:
        return self._clock.now()

    def announce(self, fact: Fact, *, person: int | None = None, ref: int | None = None) -> None:
        """Say at commit that this happened. Written in one statement by `flush`.

        Facts of one person must be announced under that person's lock: their order is the outbox
        row's id.
        """
        self._announced.append((fact.value, person, ref))

    def take_announced(self) -> tuple[list[str], list[int | None], list[int | None]]:
        """Kinds, persons and refs of the facts announced so far; whoever takes them writes them."""
        rows = list(dict.fromkeys(self._announced))
        self._announced.clear()
        self.has_announced = self.has_announced or bool(rows)
        return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]

    async def flush(self) -> None:
        """Write the announced facts. Called by the transaction before it commits."""
        if self._announced:
            await self.driver.execute(announce_statement(1), *self.take_announced(), self.now())


def announce_statement(first: int) -> str:
    """What `take_announced` gives, and the time, are its parameters from `first` on."""
    kinds, persons, refs, at = (f"${first + number}" for number in range(4))
    return f"""
        insert into outbox (kind, person_id, ref, at)
        select kind, person_id, ref, {at}
        from unnest({kinds}::text[], {persons}::bigint[], {refs}::bigint[])
            with ordinality u(kind, person_id, ref, ord) order by ord
    """
