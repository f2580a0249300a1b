"""Routes: channels that there are, and the accounts that ops made of them."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from core.connector import CheckStep, Connector, HealthState, Intake, Manifest
from core.errors import BadConfig
from router.runtime.account_check import check_account, is_fine
from router.runtime.connectors import ConnectorFactory
from router.runtime.registry import ChannelEntry, Registry
from router.services import accounts
from router.services.account_ops import keep_test
from router.services.outbound.forwarding import can_forward
from router.services.roles import Permission
from router.settings import Settings
from router.storage.accounts import AccountState
from router.web.arguments import Id
from router.web.context import Call, Context
from router.web.conversations import find_capabilities
from router.web.policy import allow
from router.web.problems import ApiError
from router.web.routes import Routes
from router.web.sign_in import Short

routes = Routes(tag="accounts")

READ = allow(Permission.READ_ACCOUNTS)
CHANGE = allow(Permission.CHANGE_ACCOUNTS)


_GREY = "#64748b"
"""Of accounts whose channel is not installed any more."""


class AccountHealth(msgspec.Struct, frozen=True, kw_only=True):
    state: HealthState
    detail: str
    last_event_at: datetime | None


class AccountTest(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    ok: bool
    shown_as: str
    steps: tuple[CheckStep, ...]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A configured mailbox, bot or site."""

    id: int
    channel: str
    channel_name: str
    label: str
    color: str
    icon: str
    state: Literal["active", "paused"]
    paused_reason: str
    paused_code: str
    health: AccountHealth
    last_in_at: datetime | None
    last_out_at: datetime | None
    queued: int
    held: int
    oldest_queued_at: datetime | None
    is_sandbox: bool
    is_draining: bool
    """What waits goes out, nothing comes in, and then it is paused."""
    since: datetime | None
    """When its state became what it is."""
    own_name: str
    """What its network calls us. Empty: it has not let us in yet, or there is no such name."""
    test: AccountTest | None
    """What its last test found."""
    can_forward: bool
    """A message can be passed on from it, to an address that an agent types."""
    hook_url: str
    """The network calls it, or the site's pages do."""
    preview_path: str
    """A page of ours on which one can write to it at once. Empty: there is none."""


class AccountDetail(Account, frozen=True, kw_only=True):
    config: dict[str, Any]
    """Secrets are blanked; sent back like that they stay as they are."""


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    accounts: tuple[Account, ...]


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of network."""

    channel: str
    name: str
    summary: str
    color: str
    icon: str
    intake: tuple[Intake, ...]
    contract: int
    problem: str | None
    """Why it cannot be used, and what to do."""
    config_schema: dict[str, Any]
    """JSON Schema of its settings: the form."""


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    channels: tuple[Channel, ...]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Short
    label: Short
    config: dict[str, Any]


class AccountChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    label: Short | None = None
    config: dict[str, Any] | None = None
    """All settings. Secrets left out or blanked stay."""


class PauseReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class CheckExtent(msgspec.Struct, frozen=True, kw_only=True):
    sends: bool = False
    """It writes to itself too, where its network allows that, and waits up to some 20 seconds."""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    shown_as: str
    """Who we are there."""
    steps: tuple[CheckStep, ...]


@routes.get("/channels", policy=READ)
async def list_channels(call: Call) -> Channels:
    """Kinds of networks, with the form of each."""
    registry = registry_of(call.context)
    # Reading a form imports the connector, which may take a second.
    found = await asyncio.to_thread(
        lambda: tuple(_to_channel(registry, entry) for entry in registry.channels())
    )
    return Channels(channels=found)


@routes.get("/accounts", policy=READ)
async def list_accounts(call: Call) -> Accounts:
    """All accounts with how they fare."""
    rows = await accounts.list_accounts(call.context.database)
    return Accounts(accounts=tuple(to_account(call.context, row) for row in rows))


@routes.get("/accounts/{account_id}", policy=CHANGE)
async def read_account(call: Call, account_id: Id) -> AccountDetail:
    """One account with its settings, secrets blanked."""
    row = await accounts.load_account(call.context.database, account_id)
    return AccountDetail(**_fields(to_account(call.context, row)), config=dict(row.config))


@routes.post("/accounts", policy=CHANGE, status=201, errors=(409,))
async def add_account(call: Call, body: NewAccount) -> Account:
    """Make an account; it starts at once. A fault in `config` names its field."""
    context = call.context
    connector = connector_of(context, body.channel)
    row = await accounts.add_account(
        context.database,
        context.keyring,
        actor=call.caller.actor,
        channel=body.channel,
        config_type=connector.Config,
        label=body.label,
        values=body.config,
    )
    return to_account(context, row)


@routes.patch("/accounts/{account_id}", policy=CHANGE, errors=(409,))
async def change_account(call: Call, account_id: Id, body: AccountChanges) -> Account:
    """Change the label or the settings; it starts anew."""
    context = call.context
    before = await accounts.load_account(context.database, account_id)
    connector = connector_of(context, before.channel)
    row = await accounts.change_account(
        context.database,
        context.keyring,
        actor=call.caller.actor,
        account_id=account_id,
        config_type=connector.Config,
        label=body.label,
        values=body.config,
    )
    return to_account(context, row)


@routes.post("/accounts/{account_id}/pause", policy=CHANGE, errors=(409,))
async def pause_account(call: Call, account_id: Id, body: PauseReason | None) -> Account:
    """Nothing comes in or goes out on it; its queue waits."""
    row = await accounts.pause_account(
        call.context.database,
        actor=call.caller.actor,
        account_id=account_id,
        reason="" if body is None else body.reason,
    )
    return to_account(call.context, row)


@routes.post("/accounts/{account_id}/resume", policy=CHANGE, errors=(409,))
async def resume_account(call: Call, account_id: Id) -> Account:
    """It runs again."""
    row = await accounts.resume_account(
        call.context.database, actor=call.caller.actor, account_id=account_id
    )
    return to_account(call.context, row)


@routes.post("/accounts/{account_id}/check", policy=CHANGE)
async def check(call: Call, account_id: Id, body: CheckExtent | None) -> CheckResult:
    """Sign in to its network now and say what was found. Nothing is sent unless asked for."""
    factory: ConnectorFactory | None = call.context.factory
    if factory is None:
        raise ApiError(503, "unavailable", "This process runs no connectors.")
    row = await accounts.load_row(call.context.database, account_id)
    sends = body is not None and body.sends
    found = await check_account(factory, row, sends=sends)
    await keep_test(call.context.database, account_id, found, revision=row.revision)
    return CheckResult(ok=is_fine(found), shown_as=found.shown_as, steps=found.steps)


@routes.delete("/accounts/{account_id}", policy=CHANGE)
async def remove_account(call: Call, account_id: Id) -> None:
    """Its settings and secrets are gone; what was said on it stays."""
    await accounts.remove_account(
        call.context.database, actor=call.caller.actor, account_id=account_id
    )


def to_account(context: Context, row: AccountState) -> Account:
    """Also for the feed's `account.changed`."""
    manifest = _manifest(context.registry, row.channel)
    stored = row.health
    return Account(
        id=row.id,
        channel=row.channel,
        channel_name=row.channel if manifest is None else manifest.name,
        label=row.label,
        color=_GREY if manifest is None else manifest.color,
        icon="" if manifest is None else manifest.icon,
        state="paused" if row.state == "paused" else "active",
        paused_reason=row.paused_reason,
        paused_code=row.paused_code,
        health=AccountHealth(
            state=HealthState(stored.get("state", HealthState.STARTING)),
            detail=stored.get("detail", ""),
            last_event_at=_moment(stored.get("last_event_at")),
        ),
        last_in_at=row.last_in_at or _moment(stored.get("last_event_at")),
        last_out_at=row.last_out_at,
        queued=row.queued,
        held=row.held,
        oldest_queued_at=row.oldest_queued_at,
        is_sandbox=row.is_sandbox,
        is_draining=row.is_draining,
        since=row.since,
        own_name=row.own_name,
        test=_to_test(row),
        can_forward=_can_forward(context, row.channel),
        hook_url=hook_url(context.settings, row.hook_token),
        preview_path=_preview_path(manifest, row.hook_token),
    )


def _to_test(row: AccountState) -> AccountTest | None:
    if row.tested is None or row.tested_at is None:
        return None
    steps = msgspec.convert(row.tested.get("steps", ()), tuple[CheckStep, ...])
    return AccountTest(
        at=row.tested_at,
        ok=all(step.ok for step in steps),
        shown_as=row.tested.get("shown_as", ""),
        steps=steps,
    )


def _to_channel(registry: Registry, entry: ChannelEntry) -> Channel:
    manifest, problem = entry.manifest, entry.problem
    schema: dict[str, Any] = {}
    if problem is None:
        try:
            schema = registry.load(entry.channel).Config.model_json_schema()
        except BadConfig as error:
            problem = str(error)
    return Channel(
        channel=entry.channel,
        name=entry.channel if manifest is None else manifest.name,
        summary="" if manifest is None else manifest.summary,
        color=_GREY if manifest is None else manifest.color,
        icon="" if manifest is None else manifest.icon,
        intake=() if manifest is None else manifest.intake,
        contract=0 if manifest is None else manifest.contract,
        problem=problem,
        config_schema=schema,
    )


def _can_forward(context: Context, channel: str) -> bool:
    capabilities = find_capabilities(context, channel)
    return capabilities is not None and can_forward(capabilities)


def _preview_path(manifest: Manifest | None, hook_token: str) -> str:
    if manifest is None or Intake.LOCAL not in manifest.intake:
        return ""
    return f"/widget/help?account={hook_token}"


def hook_url(settings: Settings, hook_token: str) -> str:
    return f"{settings.web_url}/hooks/{hook_token}"


def _fields(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in Account.__struct_fields__}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else msgspec.convert(text, datetime)


def _manifest(registry: Registry | None, channel: str) -> Manifest | None:
    if registry is None:
        return None
    for entry in registry.channels():
        if entry.channel == channel:
            return entry.manifest
    return None


def registry_of(context: Context) -> Registry:
    if context.registry is None:
        raise ApiError(503, "unavailable", "This process knows no channels.")
    return context.registry


def connector_of(context: Context, channel: str) -> type[Connector]:
    """Raises Refused if there is none of this channel, or it can't be loaded."""
    try:
        return registry_of(context).load(channel)
    except BadConfig as error:
        raise accounts.as_refused(error) from error
