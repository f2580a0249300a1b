"""Settings that cannot work are refused with a sentence that names the fix."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.email.config import Config

GOOD: dict[str, Any] = {
    "address": "Help@Desk.example",
    "imap_host": "imap.desk.example",
    "smtp_host": "smtp.desk.example",
    "password": "secret-word",
}


def config(**changes: Any) -> Config:
    return Config.model_validate({**GOOD, **changes})


def test_plain_text_to_another_machine_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValidationError, match="use tls or starttls, or set allow_plaintext"):
        config(imap_security="none")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.5.5.5"])
def test_plain_text_stays_possible_on_this_machine(host: str) -> None:
    assert config(smtp_host=host, smtp_security="none").smtp_security == "none"


def test_plain_text_can_be_allowed_on_purpose() -> None:
    assert config(imap_security="none", allow_plaintext=True).allow_plaintext


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "help"},
        {"address": "a@b.example, c@d.example"},
        {"folders": []},
        {"folders": ["INBOX\r\nA1 DELETE INBOX"]},
        {"imap_host": "host\r\n"},
        {"idle_seconds": 1740},
        {"start_from": "yesterday"},
        {"imap_port": 0},
        {"adress": "typo@desk.example"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_setting_that_cannot_work_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(changes))):
        config(**changes)


def test_login_names_and_secrets_fall_back_to_those_of_imap() -> None:
    made = config()
    assert (made.imap_login_name, made.smtp_login_name) == ("help@desk.example",) * 2
    assert made.smtp_secret.get_secret_value() == "secret-word"
    assert "secret-word" not in repr(made)


def test_start_from_takes_a_date() -> None:
    assert str(config(start_from="2026-01-31").start_from) == "2026-01-31"
