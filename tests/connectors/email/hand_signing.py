"""Signs mails as RFC 6376 says, tag by tag; shares no code with the library that verifies them."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from tests.connectors.email.signing_domain import SELECTOR, key_pair

COVERED = ("From", "To", "Subject", "Date", "Message-ID")
WEAK_RECORD = (
    "v=DKIM1; k=rsa; p="
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMI4exKNWjYCH6dPLCO0JrxCyoRG7Q3hn8xZmvI9I4Kyg6oy8EEY"
    "YSkPjBBwEP6JL0vCoJ9/S1m/oP5MZpg0gmEid3kjru2ZQuQ+JBkULq0C/vCJC4av6/7QfvmQVzA/ywIDAQAB"
)
_WEAK_MODULUS = (
    "c2387b128d5a36021fa74f2c23b426bc42ca8446ed0de19fcc599af23d2382b283aa32f0411861290f8c1070"
    "10fe892f4bc2a09f7f4b59bfa0fe4c669834826122777923aeed9942e43e2419142ead02fef0890b86afebfe"
    "d07ef99057303fcb"
)
_WEAK_EXPONENT = (
    "5d87657d21a4f7ad3e210bf76d9a2bad2d5ce9265eb1f89d43834322b45e8d69fa0dd449ee8f16faf709b440"
    "c36e501126560edcc25ff061ad5445e7af5448f3d3d0055165fc77b2c708589d2b04a7c816cc245ee9dd4b90"
    "7efa60afa94b8f41"
)
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one signature is made. `more` is written as it stands, before `bh`."""

    domain: str = "bank.example"
    selector: str = SELECTOR
    covered: Sequence[str] = COVERED
    header_form: str = "relaxed"
    body_form: str = "relaxed"
    length: int | None = None
    bits: int = 1024
    is_weak: bool = False
    """By a key of 768 bits, which no library makes any more."""
    is_ed25519: bool = False
    algorithm: str = ""
    more: str = ""
    folds: str = " "
    """What stands between the tags: blanks, or line breaks and blanks."""
    c: str | None = None
    """The tag as written; None: both forms; empty: no tag."""


def hand_signed(mail: bytes, style: Style | None = None) -> bytes:
    """The mail with a valid signature on top."""
    style = style or Style()
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = split_fields(head)
    hashed = canonical_body(body, style.body_form)
    if style.length is not None:
        hashed = hashed[: style.length]
    digest = base64.b64encode(hashlib.sha256(hashed).digest()).decode()
    algorithm = style.algorithm or ("ed25519-sha256" if style.is_ed25519 else "rsa-sha256")
    c = f"{style.header_form}/{style.body_form}" if style.c is None else style.c
    tags = [
        "v=1",
        f"a={algorithm}",
        *([f"c={c}"] if c else []),
        f"d={style.domain}",
        f"s={style.selector}",
        *([f"l={style.length}"] if style.length is not None else []),
        *([style.more] if style.more else []),
        f"h={':'.join(style.covered)}",
        f"bh={digest}",
        "b=",
    ]
    line = "DKIM-Signature: " + f";{style.folds}".join(tags)
    chosen = pick(fields, style.covered)
    text = b"".join(canonical_field(one, style.header_form) + b"\r\n" for one in chosen)
    text += canonical_field(line.encode(), style.header_form)
    return line.encode() + base64.b64encode(_signature(text, style)) + b"\r\n" + mail


def ed25519_record() -> str:
    raw = _ed25519_key().public_key().public_bytes_raw()
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


def split_fields(head: bytes) -> list[bytes]:
    """Each header with its folds, without the line end behind it."""
    return re.split(rb"\r\n(?![ \t])", head)


def pick(fields: Sequence[bytes], covered: Sequence[str]) -> list[bytes]:
    """From the lowest upwards, and nothing once there is none left (RFC 6376, 5.4.2)."""
    left: dict[bytes, list[bytes]] = {}
    for one in fields:
        left.setdefault(one.partition(b":")[0].strip().lower(), []).append(one)
    chosen = []
    for name in covered:
        rest = left.get(name.strip().lower().encode())
        if rest:
            chosen.append(rest.pop())
    return chosen


def canonical_field(one: bytes, form: str) -> bytes:
    """RFC 6376, 3.4.1 and 3.4.2."""
    if form == "simple":
        return one
    name, _, value = one.partition(b":")
    value = _BLANKS.sub(b" ", value.replace(b"\r\n", b""))
    return name.strip(b" \t").lower() + b":" + value.strip(b" \t")


def canonical_body(body: bytes, form: str) -> bytes:
    """RFC 6376, 3.4.3 and 3.4.4."""
    lines = body.split(b"\r\n")
    if form == "relaxed":
        lines = [_BLANKS.sub(b" ", line).rstrip(b" \t") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        return b"" if form == "relaxed" else b"\r\n"
    return b"\r\n".join(lines) + b"\r\n"


def _signature(text: bytes, style: Style) -> bytes:
    if style.is_ed25519:
        return _ed25519_key().sign(hashlib.sha256(text).digest())
    if style.is_weak:
        return _weak_signature(hashlib.sha256(text).digest())
    return _rsa_key(style.bits).sign(text, padding.PKCS1v15(), hashes.SHA256())


def _weak_signature(digest: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.1)."""
    modulus, exponent = int(_WEAK_MODULUS, 16), int(_WEAK_EXPONENT, 16)
    size = (modulus.bit_length() + 7) // 8
    hashed = _SHA256_PREFIX + digest
    padded = b"\x00\x01" + b"\xff" * (size - len(hashed) - 3) + b"\x00" + hashed
    return pow(int.from_bytes(padded), exponent, modulus).to_bytes(size)


@cache
def _ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


@cache
def _rsa_key(bits: int) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(key_pair(bits)[0], None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
