"""Routes: how accounts fare in figures, what became of them, and what ops do about it."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web

from core.errors import BadConfig
from router.runtime.account_check import check_config, is_fine
from router.services import account_log, account_ops, accounts
from router.services.roles import Permission
from router.services.viewer import viewer_of
from router.storage.account_events import AccountEventRow, StandingRow
from router.storage.account_log import LogLine
from router.web.accounts import Account, CheckResult, connector_of, registry_of, to_account
from router.web.arguments import Id
from router.web.context import Call
from router.web.masking import masked
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.sign_in import Short

routes = Routes(tag="accounts")

CHANGE = allow(Permission.CHANGE_ACCOUNTS)
LOOK = allow(Permission.READ_QUARANTINE)
STREAM_SECONDS = 300.0
"""Then the page asks again, and with it whoever looks is judged again."""
POLL_SECONDS = 1.0
GATHER_SECONDS = 0.25

Count = Annotated[int, msgspec.Meta(ge=1, le=200)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    standings: tuple[StandingRow, ...]


class AccountHistory(msgspec.Struct, frozen=True, kw_only=True):
    events: tuple[AccountEventRow, ...]
    next: int | None
    """For `before`; null: that was the last page."""


class AccountLog(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[LogLine, ...]


class Guide(msgspec.Struct, frozen=True, kw_only=True):
    """A connector's own README, as it came with it."""

    text: str


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that are not stored yet."""

    label: Short = "Test"
    config: dict[str, Any]


class NewSecrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    secrets: Annotated[dict[str, Secret], msgspec.Meta(min_length=1, max_length=50)]
    """By the fields of the account's settings."""


@routes.get("/account-standings", policy=LOOK)
async def list_standings(call: Call) -> Standings:
    """Errors by hour, lag, who runs it and the last error, of every account."""
    rows = await account_ops.list_standings(call.context.database, viewer_of(call.caller).sight)
    return Standings(
        standings=tuple(
            msgspec.structs.replace(
                row, last_error=masked(row.last_error), lease_owner=_short(row.lease_owner)
            )
            for row in rows
        )
    )


@routes.get("/accounts/{account_id}/history", policy=LOOK)
async def read_account_history(
    call: Call, account_id: Id, before: Id | None = None, limit: Count = 50
) -> AccountHistory:
    """What became of it and what went wrong on it, newest first. Kept for 30 days."""
    sight = viewer_of(call.caller).sight
    rows = await account_ops.list_history(
        call.context.database, account_id, sight, before=before, limit=limit + 1
    )
    events = tuple(msgspec.structs.replace(row, reason=masked(row.reason)) for row in rows[:limit])
    return AccountHistory(events=events, next=events[-1].id if len(rows) > limit else None)


@routes.post("/accounts/{account_id}/drain", policy=CHANGE, errors=(409,))
async def drain_account(call: Call, account_id: Id) -> Account:
    """Nothing more comes in; once all that waits has gone out it is paused."""
    row = await account_ops.drain_account(
        call.context.database, actor=call.caller.actor, account_id=account_id
    )
    return to_account(call.context, row)


@routes.post("/accounts/{account_id}/reconnect", policy=CHANGE, errors=(409,))
async def reconnect_account(call: Call, account_id: Id) -> Account:
    """Close its connections and begin anew, with the settings that it has now."""
    row = await account_ops.reconnect_account(
        call.context.database, actor=call.caller.actor, account_id=account_id
    )
    return to_account(call.context, row)


@routes.post("/accounts/{account_id}/secrets", policy=CHANGE)
async def rotate_secrets(call: Call, account_id: Id, body: NewSecrets) -> Account:
    """New secrets; all other settings stay. It begins anew with them."""
    context = call.context
    before = await accounts.load_account(context.database, account_id)
    connector = connector_of(context, before.channel)
    row = await account_ops.rotate_secrets(
        context.database,
        context.keyring,
        actor=call.caller.actor,
        account_id=account_id,
        config_type=connector.Config,
        secrets=body.secrets,
    )
    return to_account(context, row)


@routes.get("/channels/{channel}/guide", policy=CHANGE)
async def read_guide(call: Call, channel: str) -> Guide:
    """How it is set up, in its own words: Markdown."""
    registry = registry_of(call.context)
    try:
        return Guide(text=await asyncio.to_thread(registry.guide, channel))
    except BadConfig as error:
        raise ApiError(404, "not_found", str(error)) from error


@routes.post("/channels/{channel}/check", policy=CHANGE)
async def check_channel(call: Call, channel: str, body: Trial) -> CheckResult:
    """Sign in with settings that are not stored yet, send nothing, and say what was found."""
    factory = call.context.factory
    if factory is None:
        raise ApiError(503, "unavailable", "This process runs no connectors.")
    try:
        kind = factory.registry.load(channel)
    except BadConfig as error:
        raise ApiError(404, "not_found", str(error)) from error
    config = accounts.check_config(kind.Config, body.config)
    found = await check_config(factory, channel, config, body.label)
    return CheckResult(ok=is_fine(found), shown_as=found.shown_as, steps=found.steps)


@routes.get("/accounts/{account_id}/log", policy=LOOK)
async def read_account_log(call: Call, account_id: Id, message_id: Id | None = None) -> AccountLog:
    """What happened last, or all that happened to one message. No texts, no addresses."""
    sight = viewer_of(call.caller).sight
    found = await account_log.load_lines(
        call.context.database, account_id, message_id=message_id, sight=sight
    )
    return AccountLog(lines=_masked(found))


@routes.get("/accounts/{account_id}/log/stream", policy=LOOK, gives=("text/event-stream",))
async def stream_account_log(call: Call, account_id: Id) -> web.StreamResponse:
    """The same as it happens: server-sent events, each the lines that are new or read anew."""
    context, sight = call.context, viewer_of(call.caller).sight
    tail = await account_log.follow(context.database, account_id, sight=sight)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(call.request)
    positions = None if context.bus is None else context.bus.positions()
    until = asyncio.get_running_loop().time() + STREAM_SECONDS
    try:
        await _say(response, tail.lines)
        while asyncio.get_running_loop().time() < until:
            if positions is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                await positions.wait(POLL_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
            tail = await account_log.follow(context.database, account_id, sight=sight, after=tail)
            await _say(response, tail.lines)
    except ConnectionError:
        pass
    finally:
        if positions is not None:
            positions.close()
    return response


async def _say(response: web.StreamResponse, lines: Sequence[LogLine]) -> None:
    """An empty one too: it finds out that nobody listens any more."""
    if not lines:
        await response.write(b": nothing new\n\n")
        return
    encoded = msgspec.json.encode(AccountLog(lines=_masked(lines)))
    await response.write(b"data: " + encoded + b"\n\n")


def _masked(lines: Sequence[LogLine]) -> tuple[LogLine, ...]:
    return tuple(msgspec.structs.replace(line, reason=masked(line.reason)) for line in lines)


def _short(owner: str | None) -> str | None:
    """Host and process number of `runtime.process_name`; the rest tells people nothing."""
    if owner is None:
        return None
    parts = owner.split("/")
    return f"{parts[0]} #{parts[2]}" if len(parts) == 4 else owner
