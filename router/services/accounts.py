"""Accounts of channels: made, changed, paused, resumed, removed. Secrets go in and never out."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import AuthRefused, BadConfig
from core.ids import new_token
from router.services import account_secrets, audit
from router.services.agents import check_name
from router.services.errors import Conflict, NotFound, Refused
from router.services.kept_secrets import (
    check_none_is_blanked,
    check_none_is_carried,
    with_kept,
)
from router.services.keyring import Keyring, SealBroken
from router.storage import account_rows, accounts, persons
from router.storage.account_rows import AccountRow
from router.storage.accounts import AccountState
from router.storage.engine import Database
from router.storage.unit_of_work import Fact, UnitOfWork

PAUSED_BY_AGENT = "paused"
MAX_REASON = 500


async def list_accounts(database: Database) -> list[AccountState]:
    """By label; removed ones left out."""
    async with database.reading() as work:
        return await accounts.list_states(work)


async def load_account(database: Database, account_id: int) -> AccountState:
    """Raises NotFound."""
    async with database.reading() as work:
        return await _load(work, account_id)


async def load_row(database: Database, account_id: int) -> AccountRow:
    """As it is run, sealed secrets included: for making its connector. Raises NotFound."""
    async with database.reading() as work:
        row = await accounts.find_row(work, account_id)
    if row is None:
        raise unknown_account()
    return row


async def add_account(
    database: Database,
    keyring: Keyring,
    *,
    actor: str,
    channel: str,
    config_type: type[BaseModel],
    label: str,
    values: Mapping[str, Any],
) -> AccountState:
    """A new account; whoever holds the role starts it. Raises Refused (the field), Conflict."""
    label = check_name(label)
    shown, secrets = account_secrets.split(check_config(config_type, values))
    check_none_is_blanked(secrets)
    async with database.transaction() as work:
        account_id = await accounts.insert(
            work,
            channel=channel,
            label=label,
            hook_token=new_token(),
            config=json.dumps(shown),
        )
        if account_id is None:
            raise _taken()
        sealed = account_secrets.seal(keyring, account_id, secrets)
        await accounts.set_secrets(work, account_id, sealed)
        await _record(work, actor, "account.added", account_id, channel=channel)
        return await _load(work, account_id)


async def change_account(
    database: Database,
    keyring: Keyring,
    *,
    actor: str,
    account_id: int,
    config_type: type[BaseModel],
    label: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> AccountState:
    """New label, new settings, or both. `values` replaces all settings; a secret that is left out,
    or sent as it is shown, stays. Raises NotFound, Refused, Conflict.
    """
    async with database.transaction() as work:
        if not await accounts.lock(work, account_id):
            raise unknown_account()
        before = await _load(work, account_id)
        row = await accounts.find_row(work, account_id)
        stored = None if row is None else row.sealed_secrets
        new_label = before.label if label is None else check_name(label)
        if values is None:
            shown, sealed = dict(before.config), stored
        else:
            secrets = unsealed_secrets(keyring, account_id, stored)
            check_none_is_carried(values, before.config, secrets)
            whole = with_kept(values, before.config, secrets)
            shown, new_secrets = account_secrets.split(check_config(config_type, whole))
            check_none_is_blanked(new_secrets)
            sealed = account_secrets.seal(keyring, account_id, new_secrets)
        if not await accounts.change(
            work, account_id, label=new_label, config=json.dumps(shown), sealed=sealed
        ):
            raise _taken()
        await _record(work, actor, "account.changed", account_id, channel=before.channel)
        return await _load(work, account_id)


async def keep_secret(
    database: Database, keyring: Keyring, account_id: int, field: str, value: str
) -> None:
    """One secret of its settings is another from now on. Whoever runs it is left alone: it was
    the connector itself that got the new one from its network. Raises NotFound, Refused.
    """
    async with database.transaction() as work:
        await _keep(work, keyring, account_id, {field: value})


async def authorise_account(
    database: Database,
    keyring: Keyring,
    *,
    actor: str,
    account_id: int,
    secrets: Mapping[str, str],
) -> bool:
    """It has what a person's permission gave, and starts anew; if it was paused for the lack of
    it, it runs again. Whether it runs. Raises NotFound, Refused.
    """
    async with database.transaction() as work:
        await _keep(work, keyring, account_id, secrets)
        await account_rows.restart(work, account_id)
        await _record(work, actor, "account.authorised", account_id)
        state = await _load(work, account_id)
        if state.paused_code == AuthRefused.code:
            return await accounts.resume(work, account_id, actor=actor)
        return state.state == "active"


async def _keep(
    work: UnitOfWork, keyring: Keyring, account_id: int, changed: Mapping[str, str]
) -> None:
    if not await accounts.lock(work, account_id):
        raise unknown_account()
    row = await accounts.find_row(work, account_id)
    assert row is not None
    secrets = unsealed_secrets(keyring, account_id, row.sealed_secrets)
    secrets |= {f"/{field}": value for field, value in changed.items()}
    shown = json.loads(row.config) | dict.fromkeys(changed, account_secrets.SHOWN_SECRET)
    await accounts.set_config(work, account_id, json.dumps(shown))
    await accounts.set_secrets(work, account_id, account_secrets.seal(keyring, account_id, secrets))


async def pause_account(
    database: Database, *, actor: str, account_id: int, reason: str
) -> AccountState:
    """Nothing comes in or goes out on it, and its queue waits. Raises NotFound, Conflict."""
    if len(reason) > MAX_REASON:
        raise Refused(f"At most {MAX_REASON} characters.", field="reason")
    async with database.transaction() as work:
        if not await accounts.lock(work, account_id):
            raise unknown_account()
        sentence = reason.strip() or "Paused by an agent."
        if not await account_rows.pause(
            work, account_id, reason=sentence, code=PAUSED_BY_AGENT, actor=actor
        ):
            raise Conflict("It is paused already.", code="paused")
        await _record(work, actor, "account.paused", account_id)
        return await _load(work, account_id)


async def resume_account(database: Database, *, actor: str, account_id: int) -> AccountState:
    """It runs again, and its queue goes out. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        if not await accounts.lock(work, account_id):
            raise unknown_account()
        if not await accounts.resume(work, account_id, actor=actor):
            raise Conflict("It is not paused.", code="not_paused")
        await _record(work, actor, "account.resumed", account_id)
        return await _load(work, account_id)


async def remove_account(database: Database, *, actor: str, account_id: int) -> None:
    """Its settings and secrets are gone; what was said on it stays. Raises NotFound.

    What still waited to go out is cancelled, under the lock of each person it was for.
    """
    async with database.transaction() as work:
        if not await accounts.lock(work, account_id):
            raise unknown_account()
        await accounts.remove(work, account_id)
        await _record(work, actor, "account.removed", account_id)
    # After it, so that nothing new is queued; in its own transaction, so that the order of locks
    # (persons before anything else) is the same as everywhere.
    async with database.transaction() as work:
        waiting = await accounts.list_waiting(work, account_id)
        await persons.lock_roots(work, [person for _, person in waiting])
        await accounts.cancel_deliveries(
            work, [delivery for delivery, _ in waiting], "The account was removed."
        )
        for delivery, person in waiting:
            work.announce(Fact.DELIVERY_CHANGED, person=person, ref=delivery)


def check_config(config_type: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Raises Refused with the field at fault, and never with what was in it."""
    try:
        return config_type.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(["config", *(str(step) for step in first["loc"])])
        sentence = str(first["msg"]).removeprefix("Value error, ")
        raise Refused(sentence, code="invalid_config", field=where) from error


def unsealed_secrets(keyring: Keyring, account_id: int, sealed: bytes | None) -> dict[str, str]:
    """By their JSON pointers. Nothing, where they were sealed with a key that is gone."""
    try:
        return account_secrets.unseal(keyring, account_id, sealed)
    except SealBroken:
        # Sealed with a key that is gone: whoever enters the secrets anew mends it.
        return {}


async def _load(work: UnitOfWork, account_id: int) -> AccountState:
    found = await accounts.find_state(work, account_id)
    if found is None:
        raise unknown_account()
    return found


async def _record(work: UnitOfWork, actor: str, action: str, account_id: int, **facts: str) -> None:
    await audit.record(work, actor, action, f"accounts/{account_id}", facts)


def as_refused(error: BadConfig) -> Refused:
    """An unknown or broken channel, as an answer to whoever named it."""
    return Refused(str(error), code=error.code, field="channel")


def _taken() -> Conflict:
    return Conflict("An account has that label.", code="label_taken")


def unknown_account() -> NotFound:
    """There is none, or it was removed."""
    return NotFound("There is no such account.")
