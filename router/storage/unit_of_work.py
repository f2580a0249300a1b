"""One transaction: its connection, and the facts that its commit announces."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from core.clock import Clock


class Fact(StrEnum):
    """Kinds of outbox rows; `ref` is the id of the thing."""

    MESSAGE_CREATED = "message.created"
    MESSAGE_CHANGED = "message.changed"
    DELIVERY_CHANGED = "delivery.changed"
    CASE_CHANGED = "case.changed"
    ACCESS_CHANGED = "access.changed"
    """Others see a case now than before: what was kept of its person is to be read anew. `ref`: the
    `Sight.bits` of whoever saw it or sees it now."""
    PERSON_CHANGED = "person.changed"
    PERSON_MERGED = "person.merged"
    PERSON_SPLIT = "person.split"
    READ_CHANGED = "read.changed"
    """`ref` is the agent whose own marks changed: what they have read, or begun to write."""
    MESSAGE_SEEN = "message.seen"
    """An agent read what somebody said, `ref` the newest of it: told to visitors alone."""
    ACCOUNT_CHANGED = "account.changed"
    JOB_CHANGED = "job.changed"
    VIEWS_CHANGED = "views.changed"
    """Saved views: `ref` is the agent whose own they are, or nobody's: then anybody's."""
    WORKSPACE_CHANGED = "workspace.changed"
    RULES_CHANGED = "rules.changed"
    """Of rules and macros: of no person."""
    APPROVAL_CHANGED = "approval.changed"
    """An answer waits for a second agent, or no more; or what needs one changed. Of no person."""
    WEBHOOKS_CHANGED = "webhooks.changed"
    """Who else is told of facts, or how their receivers fare: of no person."""
    ROTA_CHANGED = "rota.changed"
    """Who works when: of no person."""
    DEADLINES_CHANGED = "deadlines.changed"
    """What is owed by when, in the case `ref`, or in many: of no person."""
    HANDOVER_CHANGED = "handover.changed"
    """One shift hands over to the next, or somebody took over: of no person."""
    INCIDENT_CHANGED = "incident.changed"
    """One was opened, changed or noted, or other cases are in it: of no person."""
    PROPOSAL_CHANGED = "proposal.changed"
    """Of two persons, so of none."""
    QUEUE_CHANGED = "queue.changed"
    """The waiting queue, or who serves it."""
    FINDING_CHANGED = "finding.changed"
    """Triage read a message, `ref`: of no person, once. Of its person: what that means for the case
    was decided, an agent said something of it, or nobody need be told any more."""
    WATCHES_CHANGED = "watches.changed"
    """`ref` is the agent who watches other conversations now."""
    DESK_CHANGED = "desk.changed"
    """`ref` is the agent whose own availability, cases or offers changed."""


OUTBOX = "outbox"
"""The row of `relay_state` that holds the outbox's newest position."""


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the feed of this process has told, and whom."""

    position: int
    agent_ids: tuple[int, ...]
    hear: Callable[[Any, "UnitOfWork"], Awaitable[None]]
    """Takes what `storage.feed.told_with_members` would read of what is behind the position."""


class UnitOfWork:
    """Made by `Database.transaction` and `Database.reading`."""

    def __init__(
        self, driver: asyncpg.Connection, clock: Clock, *, fence: int | None = None
    ) -> None:
        """`fence`: of the outbox's relay, if it runs in this process."""
        self.driver = driver
        """asyncpg's own `fetch`, `fetchrow`, `execute` with $1 parameters."""
        self._clock = clock
        self.fence = fence
        self._announced: list[tuple[str, int | None, int | None]] = []
        self.has_announced = False
        self.numbered: int | None = None
        """The newest position, if the facts announced last have theirs already. Valid once it is
        committed."""
        self.followed: Followed | None = None
        self.on_commit: list[Callable[[UnitOfWork], Awaitable[None]]] = []
        """Called, in order, before anybody is told of the facts. They must not raise."""
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

    def announced(self, fact: Fact) -> set[int | None]:
        """The `ref` of each fact of this kind that the commit is to say so far."""
        return {ref for kind, _, ref in self._announced if kind == fact.value}

    def take_announced(self) -> list[object]:
        """The values of `announce_statement`: whoever takes the facts writes them."""
        rows = list(dict.fromkeys(self._announced))
        self._announced.clear()
        self.has_announced = self.has_announced or bool(rows)
        return [*([row[column] for row in rows] for column in range(3)), self.now(), self.fence]

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What the block writes, announces and queues is undone if it raises; the rest stays."""
        announced, queued = len(self._announced), set(self.queued_accounts)
        try:
            async with self.driver.transaction():
                yield
        except BaseException:
            del self._announced[announced:]
            self.queued_accounts = queued
            raise

    async def flush(self) -> None:
        """Write the announced facts. Called by the transaction before it commits."""
        if self._announced:
            self.numbered = await self.driver.fetchval(
                f"with {announce_statement(announced_rows(1), at='$4', fence='$5')}"
                f" select {NUMBERED}",
                *self.take_announced(),
            )


def announced_rows(first: int) -> str:
    """For `announce_statement`, from the first three of `take_announced` as its parameters."""
    kinds, persons, refs = (f"${first + number}" for number in range(3))
    return f"""
        select kind, person_id, ref, ord
        from unnest({kinds}::text[], {persons}::bigint[], {refs}::bigint[])
            with ordinality u(kind, person_id, ref, ord)
    """


def announce_statement(rows: str, *, at: str, fence: str, once: str = "true") -> str:
    """Parts of a WITH that write facts: `rows` gives kind, person_id, ref, and ord from 1 on.

    They get their positions at once if the relay is ours, no other transaction is just giving
    some out, and nothing waits: everything of these persons that was committed before, under the
    locks that we have now, has positions already. Else the relay numbers them. Whoever gives out
    positions keeps the row locked until the commit, so that they become visible in order.

    `once`: what must be known first, where the same statement takes those locks.
    """
    return f"""
        free as materialized (
            select position from relay_state
            where name = '{OUTBOX}' and fence = {fence}::bigint
              and case when {once} then not outbox_waits() end
            for update skip locked
        ), told as (
            insert into outbox (kind, person_id, ref, at, position)
            select kind, person_id, ref, {at}::timestamptz, (select position from free) + ord
            from ({rows}) u order by ord
            returning position
        ), given as (
            update relay_state set position = free.position + (select count(*) from told)
            from free where name = '{OUTBOX}'
        )
    """


NUMBERED = "(select max(position) from told)"
"""After `announce_statement`: the newest position, or null if the relay is to give it."""
