"""Ed25519 signatures of mail (RFC 8463), for which dkimpy alone would need another library."""

import base64
from typing import Any

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_TYPE = b"ed25519"


class _Key:
    """What the library asks; it takes silence for a yes, and has no word of its own for a no."""

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        self.has_verified = False

    def verify(self, digest: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, digest)
        except InvalidSignature:
            return
        self.has_verified = True


class Ed25519Dkim(dkim.DKIM):  # type: ignore[misc]  # dkimpy has no types
    """Reads and canonicalises as dkimpy does; the signature is verified by `cryptography`."""

    def verify_sig(
        self, sig: dict[bytes, bytes], include_headers: Any, sig_header: Any, dnsfunc: Any
    ) -> bool:
        """Raises for a malformed signature or key, as the library does."""
        tags = dkim.util.parse_tag_value(dnsfunc(sig[b"s"] + b"._domainkey." + sig[b"d"] + b"."))
        if tags.get(b"k") != KEY_TYPE:
            return False
        key = self.pk = _Key(base64.b64decode(tags[b"p"]))
        self.keysize, self.ktag, self.seqtlsrpt = 256, KEY_TYPE, False
        is_sound = self.verify_sig_process(sig, include_headers, sig_header, dnsfunc)
        return bool(is_sound) and key.has_verified
