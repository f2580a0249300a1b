"""One call on its way: claimed, made ready to be posted, and recorded as what came of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from router.failpoints import failpoint
from router.services import audit
from router.services.keyring import Keyring, SealBroken
from router.services.webhooks_out import schedule, signing
from router.storage import webhook_calls, webhooks_out
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from router.storage.webhook_calls import CallRow, TryRow
from router.storage.webhooks_out import WebhookRow

CLAIM_TTL = timedelta(seconds=60)
"""Longer than any POST takes. Whose process died while it posted is tried again after that."""
MOST_ANSWER = 500
"""Characters of an answer that the log keeps."""
GONE = 410
SYSTEM = "system"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one POST: a status, or a fault."""

    status: int | None = None
    fault: str = ""
    answer: str = ""
    milliseconds: int = 0
    retry_after: str | None = None

    @property
    def has_arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is posted."""

    call: CallRow
    url: str
    headers: dict[str, str]
    body: bytes


async def ready(database: Database) -> list[WebhookRow]:
    """Those whose receivers may be called now, and for which a call is due."""
    async with database.reading() as work:
        return await webhooks_out.list_ready(work)


async def claim(
    database: Database, keyring: Keyring, webhook: WebhookRow, *, limit: int
) -> list[Letter]:
    """Up to so many calls, each to be posted once and then recorded. A webhook whose secret cannot
    be read is paused.
    """
    try:
        signing_secrets = unsealed(keyring, webhook, database.clock.now())
    except SealBroken:
        async with database.transaction() as work:
            await _pause(work, webhook, "secret")
        return []
    async with database.transaction() as work:
        calls = await webhook_calls.claim(work, webhook.id, limit=limit, lifetime=CLAIM_TTL)
        named = [one.message_id for one in calls if one.message_id is not None]
        texts = (
            await webhook_calls.texts_of(work, named, webhook.classes) if webhook.has_texts else {}
        )
    await failpoint("webhooks.after_claim")
    letters = []
    for call in calls:
        body = body_of(call, texts.get(call.message_id or 0))
        signed = signing.headers(call.event_id, database.clock.now(), body, signing_secrets)
        letters.append(Letter(call=call, url=webhook.url, headers=signed, body=body))
    return letters


def body_of(call: CallRow, text: str | None) -> bytes:
    """Ids and words of closed lists; what was said only where that right was given."""
    about: dict[str, object] = {
        "sequence": call.position,
        "conversation_id": call.person_id,
        "case_id": call.case_id,
        "message_id": call.message_id,
        **call.facts,
    }
    if text is not None:
        about["text"] = text
    happened = call.happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return msgspec.json.encode({"type": call.kind, "timestamp": happened, "data": about})


def unsealed(keyring: Keyring, webhook: WebhookRow, now: datetime) -> Sequence[str]:
    """The secrets that sign now, the newest first. Raises SealBroken."""
    sealed = [webhook.secret]
    if webhook.former_secret and webhook.former_until and webhook.former_until > now:
        sealed.append(webhook.former_secret)
    return [keyring.unseal(one, row=row_of(webhook.id)).decode() for one in sealed]


def row_of(webhook_id: int) -> str:
    """Where its secrets are sealed for."""
    return f"webhooks/{webhook_id}"


async def record(database: Database, webhook: WebhookRow, call: CallRow, outcome: Outcome) -> None:
    """What came of a try, what becomes of the call, and of the webhook."""
    async with database.transaction() as work:
        now = work.now()
        again = None
        if not outcome.has_arrived:
            again = schedule.next_due(
                call.tries,
                first_at=call.first_tried_at or now,
                now=now,
                retry_after=schedule.read_retry_after(outcome.retry_after, now),
                luck=random.random(),  # noqa: S311 - spreads load, hides nothing
            )
        state = "delivered" if outcome.has_arrived else "failed" if again is None else "waiting"
        if not await webhook_calls.finish(work, call, state=state, due_at=again):
            return
        await webhook_calls.insert_try(work, call.id, _logged(outcome, now))
        if outcome.has_arrived:
            await _note_arrival(work, webhook)
        else:
            await _note_failure(work, webhook, outcome)
        await failpoint("webhooks.before_record_commit")


async def _note_arrival(work: UnitOfWork, webhook: WebhookRow) -> None:
    if await webhooks_out.note_success(work, webhook.id) >= schedule.PATIENCE:
        await webhook_calls.hasten(work, webhook.id)
        webhooks_out.announce(work)
        log.info("webhook.back", webhook=webhook.id)


async def _note_failure(work: UnitOfWork, webhook: WebhookRow, outcome: Outcome) -> None:
    now = work.now()
    failures, since = await webhooks_out.note_failure(work, webhook.id)
    rest = max(
        schedule.rest_after(failures),
        (schedule.read_retry_after(outcome.retry_after, now) or timedelta(0))
        if outcome.status in (429, 503)
        else timedelta(0),
    )
    if rest:
        await webhooks_out.rest(work, webhook.id, now + rest)
    if failures == schedule.PATIENCE:
        webhooks_out.announce(work)
        log.warning("webhook.failing", webhook=webhook.id, status=outcome.status)
    if outcome.status == GONE:
        await _pause(work, webhook, "gone")
    elif schedule.is_unreachable(failures, since, now):
        await _pause(work, webhook, "unreachable")


async def _pause(work: UnitOfWork, webhook: WebhookRow, because: str) -> None:
    if await webhooks_out.pause(work, webhook.id, because):
        log.warning("webhook.paused", webhook=webhook.id, because=because)
        facts = {"because": because}
        await audit.record(work, SYSTEM, "webhook.paused", f"webhooks/{webhook.id}", facts)


def _logged(outcome: Outcome, now: datetime) -> TryRow:
    return TryRow(
        at=now,
        status=outcome.status,
        milliseconds=outcome.milliseconds,
        answer=outcome.answer.replace("\x00", "")[:MOST_ANSWER],
        fault=outcome.fault,
    )
