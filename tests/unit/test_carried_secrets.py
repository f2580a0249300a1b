"""A secret that was kept goes to no other server than the one that it was entered for."""

from typing import Any

import pytest

from router.services.account_secrets import SHOWN_SECRET
from router.services.errors import Refused
from router.services.kept_secrets import check_none_is_carried

BEFORE = {
    "address": "help@desk.example",
    "smtp_host": "smtp.desk.example",
    "smtp_port": 465,
    "smtp_security": "tls",
    "smtp_password": SHOWN_SECRET,
    "oauth_token_url": "",
}
SECRETS = {"/smtp_password": "hunter2"}


@pytest.mark.parametrize(
    "change",
    [
        {"smtp_host": "mx.evil.example"},
        {"smtp_port": 2525},
        {"smtp_security": "none"},
        {"oauth_token_url": "https://evil.example/token"},
        {"oauth_authorise_url": "https://evil.example/"},  # came after this account was stored
        {"gateway_url": "wss://evil.example/"},
    ],
)
@pytest.mark.parametrize("password", [{"smtp_password": SHOWN_SECRET}, {}])
def test_account_that_is_to_reach_another_server_needs_its_secrets_again(
    change: dict[str, Any], password: dict[str, Any]
) -> None:
    kept = {name: value for name, value in BEFORE.items() if name != "smtp_password"}

    with pytest.raises(Refused) as refused:
        check_none_is_carried(kept | change | password, BEFORE, SECRETS)

    assert refused.value.field == f"config.{next(iter(change))}"


@pytest.mark.parametrize(
    "change",
    [
        {"smtp_host": "smtp.new.example", "smtp_password": "entered anew"},
        {"address": "team@desk.example"},
        {"smtp_port": "465"},
        {"oauth_token_url": None, "oauth_authorise_url": ""},
    ],
)
def test_other_changes_keep_what_was_entered(change: dict[str, Any]) -> None:
    check_none_is_carried(BEFORE | change, BEFORE, SECRETS)
