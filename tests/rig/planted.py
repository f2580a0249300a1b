"""The product with a fault planted in it: the test of the test.

`python -m tests.rig.planted ack_before_commit serve ...` is `python -m router serve ...` with one
promise broken. A proof that still passes with it proves nothing. Nothing of this is in the product.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Any

import msgspec

from core import delivery
from core.delivery import DeliveryState, Transition
from core.messages import MessageReceived
from router.runtime import committer, sender
from router.runtime.committer import AccountSink, Committer
from router.services.inbound import Accepted, Incoming

LATE_S = 0.4
"""How long after the acknowledgement the planted committer begins to commit."""


def ack_before_commit() -> None:
    """What was handed over counts as taken while it is only in memory."""
    accept = Committer.accept
    under_way: set[asyncio.Task[Any]] = set()

    async def accept_late(self: Committer, incoming: Incoming) -> None:
        await asyncio.sleep(LATE_S)
        await accept(self, incoming)

    async def acknowledge(self: Committer, incoming: Incoming) -> Accepted:
        task = asyncio.create_task(accept_late(self, incoming))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return [None for _ in incoming.events]

    committer.Committer.accept = acknowledge  # type: ignore[method-assign]  # the planted fault


def dedup_off() -> None:
    """The same network event read twice is two messages."""
    store = AccountSink.store

    async def store_anew(self: AccountSink, events: Sequence[Any], **more: Any) -> Accepted:
        changed = [
            msgspec.structs.replace(event, event_key=f"{event.event_key}/{token_hex(8)}")
            if isinstance(event, MessageReceived)
            else event
            for event in events
        ]
        return await store(self, changed, **more)

    committer.AccountSink.store = store_anew  # type: ignore[method-assign]  # the planted fault


def blind_resend() -> None:
    """An attempt whose outcome is unknown is simply made again."""

    def next_state(outcome: Any, **more: Any) -> Transition:
        if getattr(outcome, "code", "") == "outcome_unknown":
            return Transition(state=DeliveryState.QUEUED, due_at=more["now"])
        return delivery.next_state(outcome, **more)

    sender.next_state = next_state  # type: ignore[assignment]  # the planted fault


BUGS: dict[str, Callable[[], None]] = {
    "ack_before_commit": ack_before_commit,
    "dedup_off": dedup_off,
    "blind_resend": blind_resend,
}


def program(bug: str) -> tuple[str, ...]:
    """For `Product`: the program with this bug in it."""
    assert bug in BUGS
    return ("-m", "tests.rig.planted", bug)


if __name__ == "__main__":
    from router.cli import main

    BUGS[sys.argv.pop(1)]()
    main()
