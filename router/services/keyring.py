"""Seals secrets: AES-256-GCM under the installation's key, bound to the row they belong to."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = 1
_NONCE = 12
KEY_FILE = "secret_key"


class SealBroken(Exception):
    """The sealed bytes are not of this key and this row."""


class Keyring:
    """Derives one key for each purpose from the installation's secret key."""

    def __init__(self, secret_key: str) -> None:
        self._secret = hashlib.sha256(secret_key.encode()).digest()
        self._sealing = AESGCM(self._derive("seal"))

    def seal(self, plain: bytes, *, row: str) -> bytes:
        """`row` names the one place where it may be opened, such as `accounts/7`."""
        nonce = os.urandom(_NONCE)
        return bytes([_VERSION]) + nonce + self._sealing.encrypt(nonce, plain, row.encode())

    def unseal(self, sealed: bytes, *, row: str) -> bytes:
        """Raises SealBroken: another key, another row, or changed bytes."""
        if len(sealed) <= _NONCE or sealed[0] != _VERSION:
            raise SealBroken(row)
        nonce, rest = sealed[1 : _NONCE + 1], sealed[_NONCE + 1 :]
        try:
            return self._sealing.decrypt(nonce, rest, row.encode())
        except InvalidTag as error:
            raise SealBroken(row) from error

    def sign(self, purpose: str, text: str, *, length: int = 20) -> str:
        """A short tag (lower-case base32) that proves that we wrote `text`: reply tokens."""
        tag = hmac.digest(self._derive(purpose), text.encode(), "sha256")
        return base64.b32encode(tag).decode().lower().rstrip("=")[:length]

    def is_signed(self, purpose: str, text: str, tag: str) -> bool:
        """Of any `tag`, also one that nobody could have made."""
        if not tag.isascii() or len(tag) < 16:
            return False
        return hmac.compare_digest(self.sign(purpose, text, length=len(tag)), tag)

    def hash(self, purpose: str, text: str) -> str:
        """A keyed hash: counts and compares without keeping the text."""
        return hmac.digest(self._derive(purpose), text.encode(), "sha256").hex()

    def _derive(self, purpose: str) -> bytes:
        derivation = HKDF(
            algorithm=hashes.SHA256(), length=32, salt=b"onethread", info=purpose.encode()
        )
        return derivation.derive(self._secret)


def load_secret_key(configured: str | None, data_dir: Path) -> str:
    """The configured key, else the one kept in the data folder, made at the first start.

    The file is readable by its owner only. Losing it loses the sealed secrets: back it up.
    """
    if configured is not None:
        return configured
    path = data_dir / KEY_FILE
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        data_dir.mkdir(parents=True, exist_ok=True)
        key = secrets.token_urlsafe(48)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(key)
        return key
