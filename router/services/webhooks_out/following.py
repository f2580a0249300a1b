"""Calls follow the outbox: noted down after what happened, never within its transaction."""

from collections.abc import Iterator, Sequence

import structlog

from router.services import audit
from router.services.automation.occasions import happenings_of
from router.services.roles import PERMISSIONS, Role, access_classes_of
from router.services.webhooks_out.shapes import WebhookKind
from router.storage import webhook_calls, webhooks_out
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.webhook_calls import NewCall
from router.storage.webhooks_out import AuthoredRow, WebhookRow

BATCH = 200
log = structlog.get_logger(__name__)
_TOLD = ("danger", "target", "due_at", "escalation", "told")
"""What a call says of a danger or a deadline: which, and which agents were told."""


async def follow(database: Database, *, limit: int = BATCH) -> bool:
    """Note down who is told of the next facts, committed with how far was read. True: there may be
    more. Doing it twice changes nothing.
    """
    await judge_authors(database)
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


async def judge_authors(database: Database) -> None:
    """Webhooks are told of no more than who saved them sees now; those of who has left rest until
    somebody else saves them.
    """
    async with database.reading() as work:
        is_wrong = any(_wrongs(one) for one in await webhooks_out.list_authored(work))
    if not is_wrong:
        return
    async with database.transaction() as work:
        for one in await webhooks_out.list_authored(work, for_update=True):
            for wrong in _wrongs(one):
                if wrong == "left":
                    await webhooks_out.pause(work, one.id, "by_hand")
                else:
                    await webhooks_out.narrow(work, one.id, sorted(_seen_now(one)))
                log.warning("webhook.judged", webhook=one.id, because=wrong)
                facts = {"because": wrong}
                await audit.record(work, "system", "webhook.judged", f"webhooks/{one.id}", facts)


def _wrongs(one: AuthoredRow) -> Sequence[str]:
    if not one.is_active:
        return ["left"] if one.state == "active" else []
    return [] if set(one.classes) <= _seen_now(one) else ["sees_less"]


def _seen_now(one: AuthoredRow) -> frozenset[str]:
    """Of its classes, what its author sees."""
    permissions = PERMISSIONS[Role(one.role)]
    return access_classes_of(permissions, frozenset(one.team_classes)) & frozenset(one.classes)


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
    return sorted(WebhookKind(one.value) for one in happenings_of(row))


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
    if row["delivery_id"] is not None:
        return {"delivery_id": row["delivery_id"], "delivery_state": row["delivery_state"]}
    if row["direction"] == "event" and row["text"].startswith(("danger_", "deadline_")):
        return {name: row["line"][name] for name in _TOLD if row["line"].get(name) is not None}
    return {}
