"""Names of attachments, made safe to show and to save."""

import mimetypes
import re
import unicodedata

MAX_NAME_BYTES = 180
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
_BLANKS = re.compile(r"\s+")
_FALLBACKS = {
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "application/pgp-signature": ".asc",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
}


def clean_name(name: str, media_type: str, position: int) -> str:
    """A file name without path, control, direction or invisible characters, never empty.

    Characters of category Cf turn `exe.txt` round or hide an extension (CVE-2026-28289).
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(one for one in name if unicodedata.category(one) not in ("Cf", "Co", "Cs", "Cn"))
    name = _BLANKS.sub(" ", _UNSAFE.sub("_", name)).strip(" .")
    if not name.strip("_"):
        return f"attachment-{position + 1}{extension_of(media_type)}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        return _cut(name, MAX_NAME_BYTES)
    return _cut(stem, MAX_NAME_BYTES - len(extension.encode()) - 1) + "." + extension


def extension_of(media_type: str) -> str:
    return _FALLBACKS.get(media_type) or mimetypes.guess_extension(media_type) or ""


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode("utf-8", "ignore")
