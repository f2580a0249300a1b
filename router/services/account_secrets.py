"""Splits an account's configuration into what is shown and what is sealed, and joins it again."""

import json
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

from router.services.keyring import Keyring

SHOWN_SECRET = "********"  # noqa: S105 - what is shown instead of one


def split(config: BaseModel) -> tuple[dict[str, Any], dict[str, str]]:
    """(configuration with secrets blanked, secrets by JSON pointer, RFC 6901)."""
    secrets: dict[str, str] = {}
    shown = _blank(config.model_dump(), "", secrets)
    return shown, secrets


def join(shown: dict[str, Any], secrets: dict[str, str]) -> dict[str, Any]:
    """The configuration as `Config` takes it."""
    whole: dict[str, Any] = json.loads(json.dumps(shown))
    for pointer, value in secrets.items():
        *path, last = [_unescape(step) for step in pointer.split("/")[1:]]
        target: Any = whole
        for step in path:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[int(last) if isinstance(target, list) else last] = value
    return whole


def seal(keyring: Keyring, account_id: int, secrets: dict[str, str]) -> bytes:
    return keyring.seal(json.dumps(secrets).encode(), row=_row(account_id))


def unseal(keyring: Keyring, account_id: int, sealed: bytes | None) -> dict[str, str]:
    """Raises SealBroken: the secret key is not the one that sealed them."""
    if sealed is None:
        return {}
    secrets: dict[str, str] = json.loads(keyring.unseal(sealed, row=_row(account_id)))
    return secrets


def _row(account_id: int) -> str:
    return f"accounts/{account_id}"


def _blank(value: Any, pointer: str, secrets: dict[str, str]) -> Any:
    if isinstance(value, SecretStr):
        secrets[pointer] = value.get_secret_value()
        return SHOWN_SECRET
    if isinstance(value, SecretBytes):
        secrets[pointer] = value.get_secret_value().decode()
        return SHOWN_SECRET
    if isinstance(value, dict):
        return {
            str(name): _blank(one, f"{pointer}/{_escape(str(name))}", secrets)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_blank(one, f"{pointer}/{index}", secrets) for index, one in enumerate(value)]
    return to_jsonable_python(value)


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _unescape(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")
