"""What ends by itself: retention, bytes that nothing names any more, and snoozed cases."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from router.blobs import Blobs
from router.settings import Retention
from router.storage import approvals, case_history, cases, kept_pictures, persons, retention
from router.storage.case_history import Cause
from router.storage.engine import Database
from router.storage.retention import PUT_BACK_FOR, Passing
from router.storage.unit_of_work import Fact
from router.storage.webhooks_out import NOTICED_FOR

BATCH = 1000
TOKEN_MARGIN = timedelta(hours=1)
"""Clocks of hosts that sign tokens may differ from ours."""
FAILURES_KEPT = timedelta(days=1)
CODES_KEPT = timedelta(days=1)
"""Long after they are worthless: a code that was presented late is still known for what it was."""
AUTOMATIC_KEPT = timedelta(days=30)
"""Nothing is a reason to say the same thing again after so long."""
EVENTS_KEPT = timedelta(days=30)
"""What became of an account, and what went wrong on it."""

RUNS_KEPT = timedelta(days=90)
"""What rules did, and why."""

HANDOVERS_KEPT = timedelta(days=90)
"""Packets, with what agents wrote to each other there."""

PICTURES_KEPT = timedelta(days=30)
MOST_PICTURES = 512 * 1024 * 1024
"""Bytes of all pictures from elsewhere that are kept; the oldest go first."""
MOST_PICTURE_ROWS = 200_000
"""What gave none included: those that only count who looks have no bytes to speak of."""


async def end_what_is_over(database: Database, kept: Retention) -> dict[str, int]:
    """One bounded batch of each kind; how many rows were dropped, by table.

    A kind that is not through reports a full batch: call again.
    """
    now = database.clock.now()
    days = timedelta(days=kept.session_days)
    limits: Sequence[tuple[Passing, datetime]] = (
        (Passing.SESSIONS, now - days),
        (Passing.VISITOR_SESSIONS, now - days),
        (Passing.INVITATIONS, now - days),
        (Passing.SPENT_TOKENS, now - TOKEN_MARGIN),
        (Passing.LINK_CODES, now - CODES_KEPT),
        (Passing.LINK_GUESSES, now - CODES_KEPT),
        (Passing.AUTOMATIC_LINES, now - AUTOMATIC_KEPT),
        (Passing.ACCOUNT_EVENTS, now - EVENTS_KEPT),
        (Passing.RULE_RUNS, now - RUNS_KEPT),
        (Passing.MACRO_RUNS, now - RUNS_KEPT),
        (Passing.HANDOVERS, now - HANDOVERS_KEPT),
        (Passing.KEPT_PICTURES, now - PICTURES_KEPT),
        (Passing.WEBHOOK_CALLS, now - NOTICED_FOR),
        (Passing.SNIPPETS, now - PUT_BACK_FOR),
        (Passing.SAVED_VIEWS, now - PUT_BACK_FOR),
        (Passing.LOGIN_FAILURES, now - FAILURES_KEPT),
        (Passing.VISITOR_UPLOADS, now - timedelta(hours=kept.upload_hours)),
        (Passing.UPLOADS, now - timedelta(hours=kept.upload_hours)),
    )
    dropped = {}
    for what, before in limits:
        async with database.transaction() as work:
            dropped[what.value[0]] = await retention.drop_ended(work, what, before, limit=BATCH)
    async with database.transaction() as work:
        dropped["kept_pictures"] += await kept_pictures.drop_beyond(
            work, size=MOST_PICTURES, rows=MOST_PICTURE_ROWS, limit=BATCH
        )
    async with database.transaction() as work:
        before = now - timedelta(hours=kept.outbox_hours)
        dropped["outbox"] = await retention.trim_outbox(work, before, limit=BATCH)
    return dropped


async def sweep_shelf(database: Database, blobs: Blobs, shelf: int, *, idle: timedelta) -> int:
    """Drop the blobs of one shelf that no row names and nobody has put lately; how many.

    `idle` covers the time between a blob's being put and the commit that names it.
    """
    keys = await blobs.idle_keys(shelf, idle=idle)
    dropped = 0
    for start in range(0, len(keys), BATCH):
        async with database.reading() as work:
            lost = await retention.unreferenced(work, keys[start : start + BATCH])
        for key in lost:
            dropped += await blobs.drop_idle(key, idle=idle)
    return dropped


async def wake_snoozed(database: Database) -> int:
    """Open the snoozed cases whose time has come, each with its line in the timeline; how many."""
    async with database.reading() as work:
        due = await retention.due_snoozes(work, limit=BATCH)
    return sum([await _wake(database, case_id) for case_id in due])


async def end_approvals(database: Database) -> int:
    """Answers that waited too long for a second agent are over; how many."""
    async with database.reading() as work:
        if not await approvals.list_late(work, limit=1):
            return 0
    from router.services.approvals.ending import end_late

    return await end_late(database)


async def _wake(database: Database, case_id: int) -> bool:
    async with database.transaction() as work:
        person = await cases.person_of_case(work, case_id)
        if person is None:
            return False
        await persons.lock_root(work, person)
        [case] = await cases.load_cases(work, [case_id])
        until = case["snoozed_until"]
        if case["state"] != "snoozed" or until is None or until > work.now():
            return False
        await cases.change_case(work, case_id, {"state": "open", "snoozed_until": None})
        await case_history.note(work, [case_id], Cause.WOKE)
        message = await cases.insert_event(
            work,
            person_id=case["person_id"],
            case_id=case_id,
            agent_id=None,
            event="case_reopened",
            facts={"case_id": case_id, "because": "snooze_ended"},
        )
        work.announce(Fact.MESSAGE_CREATED, person=case["root_id"], ref=message)
        work.announce(Fact.CASE_CHANGED, person=case["root_id"], ref=case_id)
    return True
