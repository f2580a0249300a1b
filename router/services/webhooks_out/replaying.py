"""What goes out to a receiver once more: one call at once, those of a period in the background."""

from core.ids import RowId
from router.failpoints import failpoint
from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.shown.names import named
from router.services.webhooks_out.shapes import Replay, Replaying
from router.storage import webhook_calls, webhook_replays, webhooks_out
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.webhook_replays import ReplayRow

BATCH = 500
"""Calls that one transaction looks at."""
MOST_WAITING = 1_000
"""While so many wait for a receiver, no more are added: what happens now does not queue up behind
two weeks."""
SYSTEM = "system"


async def replay(database: Database, caller: Caller, webhook_id: int, wanted: Replay) -> int | None:
    """One call goes out once more (1), or those of a period begin to (None: `advance` does that).

    Raises NotFound, Refused (neither, or both), Conflict `replaying`: another period's are still
    looked through.
    """
    has_period = wanted.since is not None or wanted.until is not None
    if has_period == (wanted.call_id is not None):
        raise Refused("Name one call, or a period.", code="bad_replay", field="call_id")
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise Refused("It ends before it begins.", code="bad_time", field="until")
    async with database.transaction() as work:
        if await webhooks_out.find_webhook(work, webhook_id, for_update=True) is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        if wanted.call_id is not None:
            await _replay_call(work, caller, webhook_id, wanted.call_id)
            return 1
        if not await webhook_replays.begin(
            work,
            webhook_id,
            since=wanted.since,
            until=wanted.until,
            only_failed=wanted.only_failed,
        ):
            raise Conflict("A period is being sent again already.", code="replaying")
        webhooks_out.announce(work)
        facts: dict[str, int | str] = {"only_failed": int(wanted.only_failed)}
        for name, at in (("since", wanted.since), ("until", wanted.until)):
            if at is not None:
                facts[name] = at.isoformat()
        await audit.record(work, caller.actor, "webhook.replayed", _about(webhook_id), facts)
    return None


async def advance(database: Database) -> bool:
    """Look at the next calls of each period that was asked for again; whether there are more.

    Each batch is committed with how far it came: who dies in one has done it or not.
    """
    async with database.reading() as work:
        running = await webhook_replays.list_running(work)
        waiting = await webhook_calls.count_waiting(work, running) if running else {}
    has_more = False
    for webhook_id in running:
        if waiting[webhook_id] < MOST_WAITING:
            has_more = await _advance(database, webhook_id) or has_more
    return has_more


async def _advance(database: Database, webhook_id: int) -> bool:
    async with database.transaction() as work:
        row = await webhook_replays.lock_running(work, webhook_id)
        if row is None:
            return False
        after = await webhook_replays.advance(work, row, limit=BATCH)
        if after.ended_at is not None:
            webhooks_out.announce(work)
            facts = {"count": after.count}
            await audit.record(work, SYSTEM, "webhook.replay_ended", _about(webhook_id), facts)
        await failpoint("webhooks.before_replay_commit")
    return after.ended_at is None


async def cancel(database: Database, caller: Caller, webhook_id: int) -> None:
    """The period that is sent again ends here: what has gone out stays in the log, and nothing else
    of it goes out: what is on its way just now is not tried again. Raises NotFound, Conflict
    `not_replaying`: nothing of one is left to do."""
    async with database.transaction() as work:
        if await webhooks_out.find_webhook(work, webhook_id, for_update=True) is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        row = await webhook_replays.cancel(work, webhook_id, caller.agent_id)
        if row is None:
            raise Conflict("Nothing of a period is left to send.", code="not_replaying")
        webhooks_out.announce(work)
        facts = {"count": row.count, "cancelled": row.cancelled}
        about = _about(webhook_id)
        await audit.record(work, caller.actor, "webhook.replay_cancelled", about, facts)


def to_replaying(row: ReplayRow) -> Replaying:
    span = max(row.last_id - row.first_id, 1)
    looked = (row.done_id - row.first_id) * 99 // span
    return Replaying(
        since=row.since,
        until=row.until,
        only_failed=row.only_failed,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        percent=100 if row.done_id == row.last_id and row.ended_at else looked,
        count=row.count,
        cancelled_by=named(row.cancelled_by_id, row.cancelled_by_name),
        cancelled=row.cancelled,
    )


async def _replay_call(work: UnitOfWork, caller: Caller, webhook_id: int, call_id: RowId) -> None:
    if not await webhook_replays.replay_call(work, webhook_id, call_id):
        raise NotFound("No such call of this webhook has ended.")
    await audit.record(work, caller.actor, "webhook.replayed", _about(webhook_id), {"count": 1})


def _about(webhook_id: int) -> str:
    return f"webhooks/{webhook_id}"
