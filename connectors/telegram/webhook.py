"""The webhook: kept set while we own the account, and every call of it checked and stored first.

https://core.telegram.org/bots/api#setwebhook
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram.error import BadRequest, TelegramError

from connectors.telegram.albums import read_updates
from connectors.telegram.config import OFFICIAL, Config
from connectors.telegram.cursors import WEBHOOK, Mark, gap_after, last_heard_at
from connectors.telegram.errors import from_telegram
from connectors.telegram.intake import ALLOWED_UPDATES, Intake
from core.connector import Cursor, InboundSink, WebhookReply, WebhookRequest
from core.errors import BadConfig, RateLimited
from core.ids import digest
from core.messages import AnyInboundEvent, Unreadable

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
LOOK_SECONDS = 60.0
RECENT = timedelta(minutes=10)
NOT_FOUND = WebhookReply(status=404)
REFUSED = WebhookReply(status=403)

Json = dict[str, Any]


def webhook_url(config: Config, hook_url: str) -> str:
    """Raises BadConfig where Telegram could never call."""
    if not hook_url.startswith("https://") and (config.api_base_url or OFFICIAL) == OFFICIAL:
        raise BadConfig("Telegram calls https only: set public_url, or intake to polling.")
    return f"{hook_url}/{config.call_path}"


def drift(info: object, url: str) -> str:
    """What is not as we set it, as a sentence. Empty: nothing."""
    if not isinstance(info, dict):
        return "Telegram does not say how the webhook is set."
    if info.get("url") != url:
        return "The webhook is set to another address." if info.get("url") else "No webhook is set."
    if sorted(info.get("allowed_updates") or ALLOWED_UPDATES) != sorted(ALLOWED_UPDATES):
        return "The webhook is set for other kinds of updates."
    return ""


async def keep_webhook(
    intake: Intake, url: str, sink: InboundSink, cursors: Mapping[str, Cursor]
) -> None:
    """Sees to it that the webhook stays ours, until cancelled. Raises ConnectorError, LeaseLost."""
    contact = last_heard_at(cursors)
    if contact is not None:
        intake.report.heard_before(contact)
    while True:
        try:
            info = await intake.api.call("getWebhookInfo")
            wrong = drift(info, url)
            if wrong:
                say = intake.log.warning if contact else intake.log.info
                say("telegram.webhook_set")
                await _set(intake, url)
        except TelegramError as error:
            await _wait_out(intake, error)
            continue
        now = intake.clock.now()
        intake.report.heard()
        _report(intake, info if isinstance(info, dict) else {}, now)
        gap = gap_after(contact, now)
        contact = now
        events: list[AnyInboundEvent] = [*([gap] if gap else []), *intake.take_rekeyed()]
        await sink.accept(events, cursor=Mark().cursor(WEBHOOK, now))
        await intake.clock.sleep(LOOK_SECONDS)


async def _set(intake: Intake, url: str) -> None:
    try:
        await intake.api.call(
            "setWebhook",
            {
                "url": url,
                "secret_token": intake.config.call_secret,
                "max_connections": intake.config.webhook_connections,
                "allowed_updates": list(ALLOWED_UPDATES),
                "drop_pending_updates": False,
            },
        )
    except BadRequest as error:
        raise BadConfig(f"Telegram refuses the webhook: {error}") from error


async def _wait_out(intake: Intake, error: TelegramError) -> None:
    """Returns when the time that Telegram asked for is over. Raises ConnectorError for the rest."""
    meant = from_telegram(error, sends=False)
    intake.report.down(str(meant))
    if not isinstance(meant, RateLimited):
        raise meant from error
    await intake.clock.sleep(meant.retry_after.total_seconds())


def _report(intake: Intake, info: Json, now: datetime) -> None:
    said = str(info.get("last_error_message") or "")
    at = info.get("last_error_date")
    is_recent = isinstance(at, int) and now - datetime.fromtimestamp(at, UTC) < RECENT
    waiting = info.get("pending_update_count") or 0
    intake.report.note(
        "webhook",
        f"Telegram could not call us: {said} {waiting} updates wait." if is_recent and said else "",
    )


async def take_call(intake: Intake, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
    """One update of Telegram, stored before it is answered. What proves nothing brings nothing."""
    config = intake.config
    if config.intake != "webhook" or not _is_same(request.path, config.call_path):
        return NOT_FOUND
    if not _is_same(request.headers.get(SECRET_HEADER, ""), config.call_secret):
        intake.log.warning("telegram.webhook_refused")
        return REFUSED
    if request.method != "POST":
        return WebhookReply(status=405)
    try:
        update = json.loads(request.body)
    except (ValueError, RecursionError):
        update = None
    if not isinstance(update, dict):
        # Refused, it would come again and again, and hold up its chat.
        key = f"call:{digest(request.body)[:32]}"
        reason = "Telegram sent what is no update."
        await sink.accept([Unreadable(event_key=key, raw=request.body, reason=reason)])
        return WebhookReply()
    events = read_updates([update], intake.reading)
    await sink.accept(events)
    await intake.settle([update], events)
    return WebhookReply()


def _is_same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
