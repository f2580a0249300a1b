"""Parts that are encrypted or signed, named for what they are (RFC 1847, RFC 3156, RFC 8551)."""

from connectors.email.reading.parameters import Parameters

ENCRYPTED_SMIME = "This mail is encrypted with S/MIME; its content cannot be shown here."
ENCRYPTED_PGP = "This mail is encrypted with PGP; its content cannot be shown here."
SIGNED_SMIME = "This mail carries an S/MIME signature, which was not verified."
SIGNED_PGP = "This mail carries a PGP signature, which was not verified."
WRAPPED_SMIME = "The content of this mail is inside an S/MIME signature and cannot be shown here."
CERTIFICATES = "This mail carries S/MIME certificates."

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SMIME_SIGNATURE = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_PGP_BEGIN = "-----BEGIN PGP "
_SIGNED_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE_BEGIN = "-----BEGIN PGP SIGNATURE-----"
_SIGNATURE_END = "-----END PGP SIGNATURE-----"
_LOOKED_AT = 200_000


def is_smime_file(media_type: str, name: str) -> bool:
    """Also one whose type a gateway lost (RFC 8551, 3.2.1)."""
    is_typeless = media_type == "application/octet-stream"
    return media_type in _SMIME or (is_typeless and name.lower().endswith(".p7m"))


def protection_of(content_type: Parameters, media_type: str) -> str:
    """The sentence about a part; empty for an ordinary one."""
    if media_type in _SMIME:
        kind = content_type.get("smime-type").lower()
        if kind.startswith("signed-data"):
            return WRAPPED_SMIME
        return CERTIFICATES if kind.startswith("certs-only") else ENCRYPTED_SMIME
    if media_type in _SMIME_SIGNATURE:
        return SIGNED_SMIME
    if media_type == "application/pgp-signature":
        return SIGNED_PGP
    if media_type == "application/pgp-encrypted":
        return ENCRYPTED_PGP
    if media_type == "multipart/encrypted":
        is_pgp = "pkcs7" not in content_type.get("protocol").lower()
        return ENCRYPTED_PGP if is_pgp else ENCRYPTED_SMIME
    return ""


def without_armour(text: str) -> str:
    """What a PGP signature in the text was put around (RFC 9580, 7); other text as it is."""
    if not text.lstrip().startswith(_SIGNED_BEGIN):
        return text
    head_end = text.find("\n\n", 0, _LOOKED_AT)
    end = text.find("\n" + _SIGNATURE_BEGIN, head_end)
    close = text.find(_SIGNATURE_END, end)
    if head_end < 0 or end < 0 or close < 0:
        return text
    inner = text[head_end:end].replace("\n- ", "\n")
    return (inner + "\n" + text[close + len(_SIGNATURE_END) :]).strip("\n")


def pgp_notice(text: str) -> str:
    """Of PGP that stands in the text itself, from before PGP/MIME."""
    start = text.find(_PGP_BEGIN, 0, _LOOKED_AT)
    while start >= 0:
        if start == 0 or text[start - 1] == "\n":
            kind = text[start + len(_PGP_BEGIN) : start + len(_PGP_BEGIN) + 20]
            if kind.startswith("MESSAGE-----"):
                return ENCRYPTED_PGP
            if kind.startswith("SIGNED MESSAGE-----"):
                return SIGNED_PGP
        start = text.find(_PGP_BEGIN, start + 1, _LOOKED_AT)
    return ""
