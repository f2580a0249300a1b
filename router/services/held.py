"""Deliveries that need a decision, many at a time: each under its own lock, each in the record."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from core.delivery import DeliveryState
from router.services import audit
from router.services.decisions import decide_delivery
from router.services.errors import Conflict, NotFound, ServiceError
from router.services.viewer import Viewer, find_conversation
from router.storage import deliveries, held, ladder, persons, timeline
from router.storage.engine import Database
from router.storage.held import HeldRow, Trouble
from router.storage.unit_of_work import Fact

Decision = Literal["resend", "drop", "mark_sent", "other_way"]
_DONE: dict[Decision, str] = {
    "resend": "delivery.resent",
    "drop": "delivery.dropped",
    "mark_sent": "delivery.marked_sent",
    "other_way": "delivery.sent_on",
}
"""The audit log's word for each."""


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """One that stays as it was, and why."""

    id: int
    code: str
    detail: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    done: tuple[int, ...]
    refused: tuple[Undecided, ...]


async def list_held(
    database: Database,
    viewer: Viewer,
    *,
    account_id: int | None,
    trouble: Sequence[Trouble],
    before: int | None,
    limit: int,
) -> list[HeldRow]:
    """Newest first."""
    async with database.reading() as work:
        return await held.list_held(
            work,
            account_id=account_id,
            trouble=trouble,
            before=before,
            limit=limit,
            sight=viewer.sight,
        )


async def decide_all(
    database: Database,
    viewer: Viewer,
    delivery_ids: Sequence[int],
    decision: Decision,
    *,
    actor: str,
) -> Decided:
    """Each by itself, the oldest first: one that cannot be decided on stops no other."""
    done: list[int] = []
    refused: list[Undecided] = []
    for delivery_id in sorted(set(delivery_ids)):
        try:
            if decision == "other_way":
                await send_on(database, viewer, delivery_id)
            else:
                await decide_delivery(database, viewer, delivery_id, decision)
        except ServiceError as error:
            refused.append(Undecided(id=delivery_id, code=error.code, detail=str(error)))
            continue
        async with database.transaction() as work:
            await audit.record(work, actor, _DONE[decision], f"deliveries/{delivery_id}")
        done.append(delivery_id)
    return Decided(done=tuple(done), refused=tuple(refused))


async def send_on(database: Database, viewer: Viewer, delivery_id: int) -> None:
    """Its message is due for the ladder, which looks for another way under all of its rules.

    Raises NotFound, Conflict `too_late` (it did not fail), `no_other_way` (it was looked already,
    or it is nothing that goes on).
    """
    unknown = NotFound(f"There is no delivery {delivery_id}.")
    async with database.transaction() as work:
        rows = await timeline.deliveries_by_id(work, [delivery_id])
        if not rows:
            raise unknown
        found = await find_conversation(work, viewer, rows[0]["root_id"])
        if rows[0]["case_id"] in found.hidden_cases:
            raise unknown
        await persons.lock_root(work, rows[0]["root_id"])
        row = await deliveries.lock_delivery(work, delivery_id)
        if row is None:
            raise unknown
        if row.state is not DeliveryState.FAILED:
            raise Conflict(
                "Only what certainly did not arrive goes on elsewhere.",
                code="too_late",
                state=row.state.value,
            )
        if not await ladder.ask_for_step(work, delivery_id):
            raise Conflict("Another way was looked for already.", code="no_other_way")
        work.announce(Fact.MESSAGE_CHANGED, person=row.root_id, ref=row.message_id)
