"""A domain that signs its mail, with its DNS, for tests of whom to believe."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache

import dkim
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors.email.trust.inspection import Zone

SELECTOR = "s1"
MAIL = (
    b"From: Clerk <clerk@bank.example>\r\n"
    b"To: help@desk.example\r\n"
    b"Subject: Your account\r\n"
    b"Date: Mon, 05 Jan 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@bank.example>\r\n"
    b"\r\n"
    b"Hello,\r\nplease look at this.\r\n"
)
HEADERS = (b"from", b"to", b"subject", b"date", b"message-id")


@cache
def key_pair(bits: int) -> tuple[bytes, str]:
    """(private PEM, `p=` of the record)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, base64.b64encode(public).decode()


def key_record(*, bits: int = 1024, more: str = "") -> str:
    return f"v=DKIM1; k=rsa; {more}p={key_pair(bits)[1]}"


def zone_of(domain: str = "bank.example", *, dmarc: str = "v=DMARC1; p=reject") -> Zone:
    """The domain's records: a key, and a policy unless that is empty."""
    zone = Zone({f"{SELECTOR}._domainkey.{domain}": (key_record(),)})
    if dmarc:
        zone[f"_dmarc.{domain}"] = (dmarc,)
    return zone


def signed(
    mail: bytes = MAIL,
    domain: str = "bank.example",
    *,
    headers: Sequence[bytes] = HEADERS,
    bits: int = 1024,
    identity: str | None = None,
    length: bool = False,
    algorithm: bytes = b"rsa-sha256",
) -> bytes:
    """The mail with a valid signature on top."""
    signature = dkim.sign(
        mail,
        SELECTOR.encode(),
        domain.encode(),
        key_pair(bits)[0],
        identity=identity.encode() if identity else None,
        include_headers=list(headers),
        canonicalize=(b"relaxed", b"relaxed"),
        length=length,
        signature_algorithm=algorithm,
    )
    return bytes(signature) + mail


def sealed(
    mail: bytes, domain: str, results: str, *, instance: int = 1, chain: str = "none"
) -> bytes:
    """The mail with a further ARC set on top, as a forwarder writes it (RFC 8617, 4 and 5.1)."""
    body_hash = base64.b64encode(hashlib.sha256(_relaxed_body(mail)).digest()).decode()
    common = f"a=rsa-sha256; d={domain}; s={SELECTOR};"
    said = f"i={instance}; {results}"
    names = [name.decode() for name in HEADERS]
    signature = f"i={instance}; {common} c=relaxed/relaxed; h={':'.join(names)}; bh={body_hash}; b="
    covered = "".join(f"{name}:{_value_of(mail, name)}\r\n" for name in names)
    signature += _sign(f"{covered}arc-message-signature:{signature}")
    earlier = "".join(
        f"{name}:{_value_of(mail, name, number)}\r\n"
        for number in range(1, instance)
        for name in ("arc-authentication-results", "arc-message-signature", "arc-seal")
    )
    seal = f"i={instance}; {common} cv={chain}; b="
    own = f"arc-authentication-results:{said}\r\narc-message-signature:{signature}\r\n"
    seal += _sign(f"{earlier}{own}arc-seal:{seal}")
    return (
        f"ARC-Seal: {seal}\r\nARC-Message-Signature: {signature}\r\n"
        f"ARC-Authentication-Results: {said}\r\n"
    ).encode() + mail


def _value_of(mail: bytes, name: str, instance: int | None = None) -> str:
    for line in mail.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
        found, _, value = line.partition(":")
        of_instance = instance is None or value.strip().startswith(f"i={instance};")
        if found.lower() == name and of_instance:
            return " ".join(value.split())
    raise LookupError(name)


def _relaxed_body(mail: bytes) -> bytes:
    return mail.partition(b"\r\n\r\n")[2].rstrip(b"\r\n") + b"\r\n"


def _sign(text: str) -> str:
    key = serialization.load_pem_private_key(key_pair(1024)[0], None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
