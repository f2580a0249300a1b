"""What the sandbox's mail system keeps on disk, and what its receiving server does to a mail."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.email.reading.addresses import canonical_address, domain_of
from connectors.email.reading.headers import read_headers
from connectors.email.trust.author import read_author

DESK = "help@desk.example"
AUTHSERV_ID = "mx.desk.example"
_FORGEABLE = ("authentication-results", "arc-authentication-results", "received-spf")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    number: int
    at: datetime
    raw: bytes


class MailStore:
    """One folder per mailbox, one numbered file per mail; the numbers are its UIDs for ever."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, address: str, raw: bytes, at: datetime) -> KeptMail:
        folder = self._of(address)
        folder.mkdir(parents=True, exist_ok=True)
        number = max((one for one, _ in self._numbered(address)), default=0) + 1
        stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        partial = folder / f"{number:08}.partial"
        partial.write_bytes(raw)
        partial.rename(folder / f"{number:08}-{stamp}.eml")
        return KeptMail(number=number, at=at, raw=raw)

    def mails(self, address: str) -> list[KeptMail]:
        """Oldest first."""
        return [
            KeptMail(number=number, at=_stamp_of(path), raw=path.read_bytes())
            for number, path in sorted(self._numbered(address))
        ]

    def settings(self) -> dict[str, str | int]:
        """Made at the first start: a password, and a UIDVALIDITY that goes with the numbers."""
        path = self._folder / "settings.json"
        if path.exists():
            found: dict[str, str | int] = json.loads(path.read_text())
            return found
        made: dict[str, str | int] = {
            "password": secrets.token_urlsafe(16),
            "uid_validity": int(datetime.now(UTC).timestamp()),
        }
        self.write_settings(made)
        return made

    def write_settings(self, settings: dict[str, str | int]) -> None:
        path = self._folder / "settings.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(settings))

    def _of(self, address: str) -> Path:
        # In hex, so that no address can name a path.
        return self._folder / address.encode().hex()[:200]

    def _numbered(self, address: str) -> Iterator[tuple[int, Path]]:
        folder = self._of(address)
        if folder.is_dir():
            for path in folder.glob("*.eml"):
                yield int(path.name.partition("-")[0]), path


def _stamp_of(path: Path) -> datetime:
    stamp = path.stem.partition("-")[2]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def received(
    raw: bytes, *, sender: str, recipient: str, is_authenticated: bool, at: datetime
) -> bytes:
    """The mail as a careful server delivers it: what others claim to have found out is removed,
    and what this one found out stands at the top (RFC 8601, 5).
    """
    headers = read_headers(raw)
    author = read_author(headers).mailbox
    domain = domain_of(author.address) if author is not None else "unknown.invalid"
    verdict = "pass" if is_authenticated else "fail"
    stamp = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    top = (
        f"Return-Path: <{sender}>\r\n"
        f"Delivered-To: {recipient}\r\n"
        f"Authentication-Results: {AUTHSERV_ID};\r\n"
        f"\tdkim={verdict} header.d={domain};\r\n"
        f"\tspf={verdict} smtp.mailfrom={sender or domain};\r\n"
        f"\tdmarc={verdict} header.from={domain}\r\n"
        f"Received: from sandbox ([127.0.0.1]) by {AUTHSERV_ID}; {stamp}\r\n"
    )
    kept = b"".join(
        name.encode() + b": " + value + b"\r\n"
        for name, value in _named(raw, headers.body_start)
        if name.lower() not in _FORGEABLE
    )
    return top.encode() + kept + b"\r\n" + raw[headers.body_start :]


def _named(raw: bytes, body_start: int) -> Iterator[tuple[str, bytes]]:
    """Headers with their names as written."""
    for name, value in read_headers(raw[:body_start]).fields:
        yield "-".join(word.capitalize() for word in name.split("-")), value


def address_of(text: str) -> str:
    """Raises ValueError for something that is no address."""
    address = canonical_address(text)
    if address is None:
        raise ValueError(f"{text!r} is no mail address")
    return address
