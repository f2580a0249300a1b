"""Names of attachments, made safe to show and to save."""

import re
import unicodedata

from connectors.email.reading.media_types import extension_of

MAX_NAME_BYTES = 180
MAX_EXTENSION_BYTES = 20
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
_BLANKS = re.compile(r"\s+")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.()-]{0,150}\.[A-Za-z0-9]{1,8}")
_HIDDEN_CATEGORIES = frozenset({"Cf", "Co", "Cs", "Cn"})
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)"
    r"(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Windows opens a device by these, whatever extension follows."""
_SECURITY_NAMES = {
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-keys": "public-key.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "text/calendar": "invite.ics",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
}


def clean_name(name: str, media_type: str, position: int) -> str:
    """A file name without path, control, direction or invisible characters, never empty.

    Characters of category Cf turn `exe.txt` round or hide an extension (CVE-2026-28289). At most
    `MAX_NAME_BYTES` of UTF-8, its extension kept; NFC, since macOS sends letters and accents apart.
    """
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    name = unicodedata.normalize("NFC", name[:2000])
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(one for one in name if unicodedata.category(one) not in _HIDDEN_CATEGORIES)
    name = _BLANKS.sub(" ", _UNSAFE.sub("_", name)).strip(" .")
    if not name.strip("_"):
        return nameless(media_type, position)
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > MAX_EXTENSION_BYTES:
        return _cut(name, MAX_NAME_BYTES).rstrip(" .")
    return _cut(stem, MAX_NAME_BYTES - len(extension.encode()) - 1).rstrip() + "." + extension


def nameless(media_type: str, position: int) -> str:
    """A name for a part that has none: what it is, or its number with the extension of its type."""
    known = _SECURITY_NAMES.get(media_type)
    return known or f"attachment-{position + 1}{extension_of(media_type)}"


def name_by_subject(subject: str, position: int) -> str:
    """Of a mail that was forwarded as a file."""
    if not subject.strip():
        return nameless("message/rfc822", position)
    cut = _cut(subject.strip(), MAX_NAME_BYTES - 4)
    return clean_name(f"{cut}.eml".replace("/", "_").replace("\\", "_"), "message/rfc822", position)


def _cut(text: str, size: int) -> str:
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= size else encoded[:size].decode("utf-8", "ignore")
