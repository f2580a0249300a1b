"""Webhooks as admins keep them: made, changed, paused, resumed, tested, and their log."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import timedelta

from yarl import URL

from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.keyring import Keyring
from router.services.roles import Role
from router.services.webhooks_out import signing
from router.services.webhooks_out.replaying import to_replaying
from router.services.webhooks_out.sending import row_of
from router.services.webhooks_out.shapes import (
    MOST_WEBHOOKS,
    CallState,
    NewWebhook,
    Webhook,
    WebhookCall,
    WebhookTry,
    WebhookWithSecret,
)
from router.storage import agents, teams, topics, webhook_calls, webhook_replays, webhooks_out
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT, Sight
from router.storage.unit_of_work import UnitOfWork
from router.storage.webhook_calls import LoggedCall
from router.storage.webhook_replays import ReplayRow
from router.storage.webhooks_out import WebhookRow

BOTH_SIGN_FOR = timedelta(hours=24)
"""How long the former secret still signs after a new one was made."""
LOWEST_PORT = 1024
WEB_PORTS = (80, 443)


async def list_webhooks(database: Database) -> list[Webhook]:
    """Oldest first."""
    async with database.reading() as work:
        return await _shown(work, await webhooks_out.list_webhooks(work))


async def add_webhook(
    database: Database, keyring: Keyring, caller: Caller, wanted: NewWebhook
) -> WebhookWithSecret:
    """It is told of what happens from now on. Raises Refused, Forbidden (texts, unless by an
    owner), Conflict `too_many`.
    """
    secret = signing.new_secret()
    async with database.transaction() as work:
        await _check(work, caller, wanted, None)
        if len(await webhooks_out.list_webhooks(work)) >= MOST_WEBHOOKS:
            raise Conflict(f"At most {MOST_WEBHOOKS} webhooks.", code="too_many")
        made = await webhooks_out.insert_webhook(work, agent_id=caller.agent_id)
        await _write(work, caller, made, wanted)
        sealed = keyring.seal(secret.encode(), row=row_of(made))
        await webhooks_out.set_secret(work, made, sealed)
        shown = await _load(work, made)
        await _record(work, caller, "added", made, {"has_texts": int(wanted.has_texts)})
    return WebhookWithSecret(webhook=shown, secret=secret)


async def save_webhook(
    database: Database, caller: Caller, webhook_id: int, wanted: NewWebhook
) -> Webhook:
    """Raises NotFound and those of `add_webhook`."""
    async with database.transaction() as work:
        before = await _lock(work, webhook_id)
        await _check(work, caller, wanted, before)
        await _write(work, caller, webhook_id, wanted)
        shown = await _load(work, webhook_id)
        facts = {"has_texts": int(wanted.has_texts), "has_moved": int(wanted.url != before.url)}
        await _record(work, caller, "changed", webhook_id, facts)
    return shown


async def drop_webhook(database: Database, caller: Caller, webhook_id: int) -> None:
    """With all that waits for it. Raises NotFound."""
    async with database.transaction() as work:
        await _lock(work, webhook_id)
        await webhooks_out.drop(work, webhook_id)
        await _record(work, caller, "removed", webhook_id)


async def pause_webhook(database: Database, caller: Caller, webhook_id: int) -> Webhook:
    """What happens is still noted down, for two weeks. Raises NotFound."""
    async with database.transaction() as work:
        await _lock(work, webhook_id)
        has_paused = await webhooks_out.pause(work, webhook_id, "by_hand")
        shown = await _load(work, webhook_id)
        if has_paused:
            await _record(work, caller, "paused", webhook_id, {"because": "by_hand"})
    return shown


async def resume_webhook(database: Database, caller: Caller, webhook_id: int) -> Webhook:
    """What waits goes out now. Raises NotFound, Conflict `author_left`."""
    async with database.transaction() as work:
        before = await _lock(work, webhook_id)
        author = await agents.find(work, before.agent_id)
        if author is None or not author.is_active:
            raise Conflict("Whoever saved it has left: save it again first.", code="author_left")
        await webhooks_out.resume(work, webhook_id)
        shown = await _load(work, webhook_id)
        if before.state == "paused":
            await _record(work, caller, "resumed", webhook_id)
    return shown


async def renew_secret(
    database: Database, keyring: Keyring, caller: Caller, webhook_id: int
) -> WebhookWithSecret:
    """A new one; for a day both sign. Raises NotFound."""
    secret = signing.new_secret()
    async with database.transaction() as work:
        before = await _lock(work, webhook_id)
        await webhooks_out.set_secret(
            work,
            webhook_id,
            keyring.seal(secret.encode(), row=row_of(webhook_id)),
            former=before.secret,
            former_until=work.now() + BOTH_SIGN_FOR,
        )
        shown = await _load(work, webhook_id)
        await _record(work, caller, "secret_renewed", webhook_id)
    return WebhookWithSecret(webhook=shown, secret=secret)


async def test_webhook(database: Database, webhook_id: int) -> WebhookCall:
    """A call of the kind `test`, on its way like any other. Raises NotFound, Conflict `paused`."""
    async with database.transaction() as work:
        before = await _lock(work, webhook_id)
        if before.state == "paused":
            raise Conflict("It is paused: resume it first.", code="paused")
        made = await webhook_calls.insert_test(work, webhook_id)
        row = await webhook_calls.find_call(work, made)
    assert row is not None, "it was just made"
    return to_call(row)


async def list_calls(
    database: Database,
    webhook_id: int,
    *,
    state: CallState | None = None,
    before: int | None = None,
    limit: int = 50,
    sight: Sight = FULL_SIGHT,
) -> list[WebhookCall]:
    """Newest first; of cases that the sight does not reach, without what they were about. Raises
    NotFound."""
    async with database.reading() as work:
        if await webhooks_out.find_webhook(work, webhook_id) is None:
            raise _unknown(webhook_id)
        rows = await webhook_calls.list_calls(
            work, webhook_id, state=state, before=before, limit=limit
        )
        unseen = await webhook_calls.unseen(work, rows, sight)
    return [to_call(row, is_seen=row.id not in unseen) for row in rows]


async def load_call(
    database: Database, call_id: int, *, sight: Sight = FULL_SIGHT
) -> tuple[WebhookCall, list[WebhookTry]]:
    """With its tries, newest first; as `list_calls`. Raises NotFound."""
    async with database.reading() as work:
        row = await webhook_calls.find_call(work, call_id)
        if row is None:
            raise NotFound(f"There is no call {call_id}.")
        tries = await webhook_calls.tries_of(work, call_id)
        is_seen = not await webhook_calls.unseen(work, [row], sight)
    return to_call(row, is_seen=is_seen), [
        WebhookTry(
            at=one.at,
            status=one.status,
            milliseconds=one.milliseconds,
            answer=one.answer if is_seen else "",
            fault=one.fault,
        )
        for one in tries
    ]


def checked_url(text: str) -> str:
    """As it is called. Raises Refused. Whether its address may be reached is judged at each
    connect, when the name has been looked up.
    """
    try:
        url = URL(text.strip())
        port = url.port
    except ValueError as error:
        raise Refused("This is no address of the web.", code="bad_url", field="url") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused("It begins with https:// and a host.", code="bad_url", field="url")
    if url.user is not None or url.password is not None:
        raise Refused("No names or passwords in it.", code="bad_url", field="url")
    if port is None or (port not in WEB_PORTS and port < LOWEST_PORT):
        raise Refused("Port 80, 443, or one from 1024 on.", code="bad_url", field="url")
    if _is_odd_number(url.host):
        raise Refused("Write the address in its usual form.", code="bad_url", field="url")
    return str(url.with_fragment(None))


def _is_odd_number(host: str) -> bool:
    """Whether a resolver may take it for an address that it does not look like: 0x7f.1."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    if not (last.isdigit() or last.startswith("0x")):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def to_call(row: LoggedCall, *, is_seen: bool = True) -> WebhookCall:
    """Not `is_seen`: without whom and what it was about, and what the receiver said to it."""
    return WebhookCall(
        id=row.id,
        event_id=row.event_id,
        kind=row.kind,
        conversation_id=row.person_id if is_seen else None,
        case_id=row.case_id if is_seen else None,
        message_id=row.message_id if is_seen else None,
        happened_at=row.happened_at,
        state=_state(row.state),
        tries=row.tries,
        due_at=row.due_at if row.state == "waiting" else None,
        again_at=row.again_at,
        tried_at=row.tried_at,
        status=row.status,
        milliseconds=row.milliseconds,
        answer=(row.answer or "") if is_seen else "",
        fault=row.fault or "",
    )


def _state(text: str) -> CallState:
    states: Mapping[str, CallState] = {"delivered": "delivered", "failed": "failed"}
    return states.get(text, "waiting")


async def _check(
    work: UnitOfWork, caller: Caller, wanted: NewWebhook, before: WebhookRow | None
) -> None:
    if not wanted.label.strip():
        raise Refused("It needs a name.", code="empty", field="label")
    checked_url(wanted.url)
    if (wanted.has_texts or (before is not None and before.has_texts)) and (
        caller.role is not Role.OWNER
    ):
        raise Forbidden(
            "Only owners decide who is told what was said.", code="owners_only", field="has_texts"
        )
    known_teams = {one.id for one in await teams.list_all(work)}
    known_topics = {one.id for one in await topics.list_topics(work, with_archived=True)}
    if set(wanted.team_ids) - known_teams:
        raise Refused("There is no such team.", code="unknown", field="team_ids")
    if set(wanted.topic_ids) - known_topics:
        raise Refused("There is no such topic.", code="unknown", field="topic_ids")


async def _write(work: UnitOfWork, caller: Caller, webhook_id: int, wanted: NewWebhook) -> None:
    await webhooks_out.change_webhook(
        work,
        webhook_id,
        label=wanted.label.strip(),
        url=checked_url(wanted.url),
        kinds=sorted({one.value for one in wanted.kinds}),
        team_ids=sorted(set(wanted.team_ids)),
        topic_ids=sorted(set(wanted.topic_ids)),
        classes=sorted(caller.access_classes),
        has_texts=wanted.has_texts,
        agent_id=caller.agent_id,
    )


async def _lock(work: UnitOfWork, webhook_id: int) -> WebhookRow:
    row = await webhooks_out.find_webhook(work, webhook_id, for_update=True)
    if row is None:
        raise _unknown(webhook_id)
    return row


async def _load(work: UnitOfWork, webhook_id: int) -> Webhook:
    row = await webhooks_out.find_webhook(work, webhook_id)
    assert row is not None, "it was made or locked in this transaction"
    [shown] = await _shown(work, [row])
    return shown


async def _shown(work: UnitOfWork, rows: Sequence[WebhookRow]) -> list[Webhook]:
    ids = [row.id for row in rows]
    last = await webhook_calls.last_calls(work, ids)
    waiting = await webhook_calls.count_waiting(work, ids)
    replays = await webhook_replays.list_replays(work)
    return [
        _to_webhook(row, last.get(row.id), waiting[row.id], replays.get(row.id), work)
        for row in rows
    ]


def _to_webhook(
    row: WebhookRow,
    last: LoggedCall | None,
    waiting: int,
    replay: ReplayRow | None,
    work: UnitOfWork,
) -> Webhook:
    is_renewed = row.former_until is not None and row.former_until > work.now()
    return Webhook(
        id=row.id,
        label=row.label,
        url=row.url,
        kinds=row.kinds,
        team_ids=row.team_ids,
        topic_ids=row.topic_ids,
        has_texts=row.has_texts,
        state="paused" if row.state == "paused" else "active",
        paused_because=row.paused_because,  # type: ignore[arg-type]  # the table checks the words
        paused_at=row.paused_at,
        failing_since=row.failing_since,
        former_secret_until=row.former_until if is_renewed else None,
        waiting=waiting,
        replay=None if replay is None else to_replaying(replay),
        last=None if last is None else to_call(last, is_seen=False),
    )


async def _record(
    work: UnitOfWork,
    caller: Caller,
    done: str,
    webhook_id: int,
    facts: Mapping[str, int | str] | None = None,
) -> None:
    await audit.record(work, caller.actor, f"webhook.{done}", f"webhooks/{webhook_id}", facts or {})


def _unknown(webhook_id: int) -> NotFound:
    return NotFound(f"There is no webhook {webhook_id}.")
