"""What ops do with an account that runs: drain it, reconnect it, give it new secrets, look back."""

import json
from collections.abc import Mapping

from pydantic import BaseModel, SecretBytes, SecretStr

from core.checking import CheckStep
from core.connector import AccountInfo
from core.errors import AuthRefused
from router.services import account_secrets, audit
from router.services.accounts import check_config, unknown_account, unsealed_secrets
from router.services.errors import Conflict, Refused
from router.services.keyring import Keyring
from router.storage import account_events, account_rows, accounts
from router.storage.account_events import AccountEventRow, StandingRow
from router.storage.accounts import AccountState
from router.storage.engine import Database
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork


async def drain_account(database: Database, *, actor: str, account_id: int) -> AccountState:
    """Nothing more comes in; once all that waits has gone out it is paused. Raises NotFound,
    Conflict.
    """
    async with database.transaction() as work:
        await _lock(work, account_id)
        if not await accounts.drain(work, account_id, actor=actor):
            raise Conflict("It is paused, or is being drained.", code="not_running")
        return await _done(work, actor, "account.drained", account_id)


async def reconnect_account(database: Database, *, actor: str, account_id: int) -> AccountState:
    """Whoever runs it closes its connections and begins anew. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        await _lock(work, account_id)
        state = await accounts.find_state(work, account_id)
        if state is None or state.state != "active":
            raise Conflict("It is paused: resume it instead.", code="not_running")
        await account_rows.restart(work, account_id)
        await account_events.note_state(work, account_id, "reconnected", actor=actor)
        return await _done(work, actor, "account.reconnected", account_id)


async def rotate_secrets(
    database: Database,
    keyring: Keyring,
    *,
    actor: str,
    account_id: int,
    config_type: type[BaseModel],
    secrets: Mapping[str, str],
) -> AccountState:
    """New secrets, by their fields; all other settings stay. It begins anew with them, and runs
    again if it was paused because the old ones were refused. Raises NotFound, Refused (the field).
    """
    for name in secrets:
        if name not in secret_fields(config_type):
            raise Refused("This is no secret of the account.", field=f"secrets.{name}")
    async with database.transaction() as work:
        await _lock(work, account_id)
        row = await accounts.find_row(work, account_id)
        assert row is not None
        known = unsealed_secrets(keyring, account_id, row.sealed_secrets)
        whole = account_secrets.join(json.loads(row.config), known) | dict(secrets)
        shown, hidden = account_secrets.split(check_config(config_type, whole))
        await accounts.set_config(work, account_id, json.dumps(shown))
        await accounts.set_secrets(
            work, account_id, account_secrets.seal(keyring, account_id, hidden)
        )
        await account_rows.restart(work, account_id)
        state = await accounts.find_state(work, account_id)
        if state is not None and state.paused_code == AuthRefused.code:
            await accounts.resume(work, account_id, actor=actor)
        return await _done(work, actor, "account.secret_rotated", account_id, sorted(secrets))


def secret_fields(config_type: type[BaseModel]) -> frozenset[str]:
    """The settings that are one secret each; those inside others are changed with their whole."""
    kinds = (SecretStr, SecretBytes)
    return frozenset(
        name
        for name, field in config_type.model_fields.items()
        if any(kind is field.annotation or kind in _branches(field.annotation) for kind in kinds)
    )


def _branches(annotation: object) -> tuple[object, ...]:
    return getattr(annotation, "__args__", ())


async def keep_test(
    database: Database, account_id: int, found: AccountInfo, *, revision: int
) -> None:
    """What the test of this revision found is shown until the next one. A login that is refused
    pauses it, with the network's own sentence; what only fails for now never does. Nothing is kept
    of a test during which the account was changed: it says nothing of the new settings.
    """
    steps = [
        {name: getattr(one, name) for name in CheckStep.__struct_fields__} for one in found.steps
    ]
    tested = json.dumps({"shown_as": found.shown_as, "steps": steps})
    async with database.transaction() as work:
        if not await accounts.save_test(work, account_id, tested, revision=revision):
            return
        refused = next((one for one in found.steps if one.code == AuthRefused.code), None)
        if refused is not None:
            await account_rows.pause(work, account_id, reason=refused.detail, code=AuthRefused.code)
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)


async def list_standings(database: Database, sight: Sight) -> list[StandingRow]:
    """Of all accounts, by id."""
    async with database.reading() as work:
        return await account_events.standings(work, sight)


async def list_history(
    database: Database, account_id: int, sight: Sight, *, before: int | None, limit: int
) -> list[AccountEventRow]:
    """What became of it and what went wrong on it, newest first. Raises NotFound."""
    async with database.reading() as work:
        if await accounts.find_state(work, account_id) is None:
            raise unknown_account()
        return await account_events.history(work, account_id, sight, before=before, limit=limit)


async def _lock(work: UnitOfWork, account_id: int) -> None:
    if not await accounts.lock(work, account_id):
        raise unknown_account()


async def _done(
    work: UnitOfWork, actor: str, action: str, account_id: int, fields: list[str] | None = None
) -> AccountState:
    state = await accounts.find_state(work, account_id)
    assert state is not None
    facts = {} if fields is None else {"fields": fields}
    await audit.record(work, actor, action, f"accounts/{account_id}", facts)
    return state
