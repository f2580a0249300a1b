"""Sealed secrets open only with their key and in their row."""

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from router.services import account_secrets
from router.services.keyring import Keyring, SealBroken, load_secret_key


def test_sealed_bytes_open_in_their_row_only() -> None:
    keyring = Keyring("k" * 40)
    sealed = keyring.seal(b"password", row="accounts/1")

    assert keyring.unseal(sealed, row="accounts/1") == b"password"
    with pytest.raises(SealBroken):
        keyring.unseal(sealed, row="accounts/2")


def test_another_key_and_changed_bytes_open_nothing() -> None:
    sealed = Keyring("k" * 40).seal(b"password", row="r")

    for keyring, text in (
        (Keyring("j" * 40), sealed),
        (Keyring("k" * 40), sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(SealBroken):
            keyring.unseal(text, row="r")


def test_signature_belongs_to_its_purpose_and_text() -> None:
    keyring = Keyring("k" * 40)
    tag = keyring.sign("reply-token", "c7")

    assert keyring.is_signed("reply-token", "c7", tag)
    assert not keyring.is_signed("reply-token", "c8", tag)
    assert not keyring.is_signed("other", "c7", tag)
    for wrong in (tag[:4], "", f"{tag[:-1]}я", "é" * 20):
        assert not keyring.is_signed("reply-token", "c7", wrong)


def test_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_secret_key(None, tmp_path)

    assert load_secret_key(None, tmp_path) == first
    assert load_secret_key("configured", tmp_path) == "configured"
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


class Server(BaseModel):
    host: str
    password: SecretStr


class Config(BaseModel):
    servers: list[Server]
    keys: dict[str, SecretStr]


def test_secrets_at_any_depth_are_split_off_and_joined_again() -> None:
    config = Config.model_validate(
        {"servers": [{"host": "a", "password": "p1"}], "keys": {"x/y~z": "p2"}}
    )
    shown, secrets = account_secrets.split(config)

    assert "p1" not in str(shown)
    assert "p2" not in str(shown)
    assert Config.model_validate(account_secrets.join(shown, secrets)) == config
