"""Calls follow the outbox: noted down after what happened, never within its transaction."""

from collections.abc import Iterator, Sequence

from router.services.automation.occasions import happenings_of
from router.services.webhooks_out.shapes import WebhookKind
from router.storage import webhook_calls, webhooks_out
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.webhook_calls import NewCall
from router.storage.webhooks_out import WebhookRow

BATCH = 200
_LINES = frozenset(
    {WebhookKind.DEADLINE_NEAR, WebhookKind.DEADLINE_PASSED, WebhookKind.DEADLINE_ESCALATED}
)


async def follow(database: Database, *, limit: int = BATCH) -> bool:
    """Note down who is told of the next facts, committed with how far was read. True: there may be
    more. Doing it twice changes nothing.
    """
    async with database.reading() as work:
        told = await webhooks_out.list_noticing(work)
        position = max(
            await webhook_calls.position_of(work),
            min((one.from_position for one in told), default=0),
        )
        rows = await webhook_calls.facts_after(work, position, limit=limit) if told else []
    if not rows:
        return False
    calls = [call for row in rows for one in told for call in calls_of(row, one)]
    async with database.transaction() as work:
        before = await webhook_calls.take_position(work)
        if before < rows[-1]["position"]:
            await webhook_calls.insert_calls(work, calls)
            await webhook_calls.keep_position(work, rows[-1]["position"])
    return len(rows) >= limit


def calls_of(row: Record, webhook: WebhookRow) -> Iterator[NewCall]:
    """What this webhook is told of the fact: one call for each kind that it asks for."""
    if row["position"] <= webhook.from_position or not _is_seen(row, webhook):
        return
    for kind in kinds_of(row):
        if kind in webhook.kinds:
            yield NewCall(
                webhook_id=webhook.id,
                kind=kind.value,
                position=row["position"],
                person_id=row["root_id"],
                case_id=row["case_id"],
                message_id=row["message_id"],
                facts=_facts(row),
                happened_at=row["at"],
            )


def kinds_of(row: Record) -> Sequence[WebhookKind]:
    """What the fact is to receivers, in a fixed order."""
    found = {WebhookKind(one.value) for one in happenings_of(row)}
    if row["direction"] == "event" and row["text"] in _LINES:
        found.add(WebhookKind(row["text"]))
    return sorted(found)


def _is_seen(row: Record, webhook: WebhookRow) -> bool:
    """Whether its author saw this case, and it is of the teams and topics that were named; of what
    is of no case, whether they saw the conversation, and named none."""
    if row["case_id"] is None:
        classes = row["person_classes"] or ()
        is_open = not classes or not set(webhook.classes).isdisjoint(classes)
        return is_open and not webhook.team_ids and not webhook.topic_ids
    return (
        row["access_class"] in webhook.classes
        and (not webhook.team_ids or row["team_id"] in webhook.team_ids)
        and (not webhook.topic_ids or not set(webhook.topic_ids).isdisjoint(row["topic_ids"]))
    )


def _facts(row: Record) -> dict[str, object]:
    if row["delivery_id"] is None:
        return {}
    return {"delivery_id": row["delivery_id"], "delivery_state": row["delivery_state"]}
