"""A secret that the network renewed is kept for the next start, and nothing is started anew."""

import json

import pytest
from pydantic import SecretStr

from core.connector import ConnectorConfig
from router.services import account_secrets, accounts
from router.services.errors import NotFound
from router.services.keyring import Keyring
from router.storage.account_rows import AccountRow
from router.storage.accounts import AccountState
from router.storage.engine import Database

KEYRING = Keyring("k" * 40)


class Settings(ConnectorConfig):
    """Of a network with tokens."""

    password: SecretStr
    token: SecretStr | None = None


async def add(database: Database) -> AccountState:
    return await accounts.add_account(
        database,
        KEYRING,
        actor="tests",
        channel="sample",
        config_type=Settings,
        label="Sample",
        values={"password": "first"},
    )


def settings_of(row: AccountRow) -> dict[str, object]:
    secrets = account_secrets.unseal(KEYRING, row.id, row.sealed_secrets)
    return account_secrets.join(json.loads(row.config), secrets)


async def test_renewed_secret_is_there_at_the_next_start_and_none_happens_for_it(
    database: Database,
) -> None:
    made = await add(database)
    before = await accounts.load_row(database, made.id)
    await accounts.keep_secret(database, KEYRING, made.id, "token", "renewed-1")
    await accounts.keep_secret(database, KEYRING, made.id, "token", "renewed-2")
    after = await accounts.load_row(database, made.id)
    assert settings_of(after) == {"password": "first", "token": "renewed-2"}
    assert after.revision == before.revision
    assert "renewed" not in after.config


async def test_renewed_secret_outlives_a_change_of_the_settings(database: Database) -> None:
    made = await add(database)
    await accounts.keep_secret(database, KEYRING, made.id, "token", "renewed-1")
    await accounts.change_account(
        database,
        KEYRING,
        actor="tests",
        account_id=made.id,
        config_type=Settings,
        values={"password": "second"},
    )
    row = await accounts.load_row(database, made.id)
    assert settings_of(row) == {"password": "second", "token": "renewed-1"}


@pytest.mark.parametrize(("code", "runs"), [("auth_refused", True), ("paused", False)])
async def test_account_that_was_let_in_runs_again_unless_somebody_paused_it(
    database: Database, code: str, runs: bool
) -> None:
    made = await add(database)
    async with database.transaction() as work:
        await work.driver.execute("update accounts set state = 'paused', paused_code = $1", code)
    found = await accounts.authorise_account(
        database, KEYRING, actor="tests", account_id=made.id, secrets={"token": "t"}
    )
    state = await accounts.load_account(database, made.id)
    assert (found, state.state == "active") == (runs, runs)
    assert settings_of(await accounts.load_row(database, made.id))["token"] == "t"


async def test_secret_of_an_account_that_is_gone_is_kept_nowhere(database: Database) -> None:
    with pytest.raises(NotFound):
        await accounts.keep_secret(database, KEYRING, 404, "token", "t")
