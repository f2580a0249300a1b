"""`onethread inspect email`: what the connector reads in one raw mail, as JSON types."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from connectors.email.kinds.kinds import Kind, kind_of
from connectors.email.reading.addresses import Mailbox, read_addresses
from connectors.email.reading.dates import sent_at
from connectors.email.reading.envelope import subject_of
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.mime import Mail, read_mail
from connectors.email.reply_text.texts import read_texts
from connectors.email.thread_keys import read_answered, read_message_id
from connectors.email.trust.authentication import read_author
from connectors.email.trust.inspection import Assumed, find_out
from core.errors import UnreadableEvent
from core.messages import scrub

_Found = TypeVar("_Found")


def inspect(raw: bytes, options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Never fails for bad input: what cannot be read is empty and named in `problems`.

    `options` stand for the account's settings (`trust.inspection`). Raises BadConfig for one that
    does not exist; no DNS is asked unless one says so.
    """
    assumed = Assumed.of(options or {})
    careful = _Careful()
    headers = careful.read("the header", lambda: read_headers(raw), Headers())
    mail = careful.read("the structure", lambda: read_mail(raw), Mail(headers=headers))
    headers = mail.headers
    careful.problems += mail.problems or headers.problems
    return {
        **careful.read("the header", lambda: _of_header(headers), _NO_HEADER),
        **careful.read("the text", lambda: _of_texts(mail, assumed), _NO_TEXTS),
        "attachments": careful.read("the files", lambda: _of_files(mail), _NO_FILES),
        "authentication": careful.read(
            "the authentication", lambda: find_out(raw, headers, assumed), _UNPROVEN
        ),
        "notices": [scrub(notice) for notice in mail.notices],
        "problems": list(dict.fromkeys(careful.problems)),
    }


class _Careful:
    """Reads one thing after another; what fails is named and does not take the rest along."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, what: str, reading: Callable[[], _Found], otherwise: _Found) -> _Found:
        try:
            return reading()
        except UnreadableEvent as error:
            self.problems.append(str(error))
        # The last resort of a command that must answer whatever it is given.
        except Exception as error:
            self.problems.append(f"{what} cannot be read ({type(error).__name__})")
        return otherwise


_NO_HEADER: dict[str, Any] = {
    **{"subject": "", "from_address": "", "from_name": "", "to": [], "cc": [], "reply_to": []},
    **{"date": None, "message_id": None, "in_reply_to": None, "references": []},
}
_NO_TEXTS: dict[str, Any] = {
    **{"text": "", "reply_text": "", "html": None, "kind": "human", "is_auto_reply": False},
    **{"is_bounce": False, "bounce": None, "is_list": False},
}
_NO_FILES: list[dict[str, Any]] = []
_UNPROVEN: dict[str, Any] = {
    **{"dmarc": "none", "dkim": "none", "spf": "none", "authserv_id": "", "level": 0},
}


def _of_header(headers: Headers) -> dict[str, Any]:
    mailbox = _author(headers)
    in_reply_to, references = read_answered(headers)
    date = sent_at(headers)
    return {
        "subject": subject_of(headers),
        "from_address": mailbox.address,
        "from_name": scrub(mailbox.name),
        "to": _addresses(headers, "to"),
        "cc": _addresses(headers, "cc"),
        "reply_to": _addresses(headers, "reply-to"),
        "date": date.isoformat() if date is not None else None,
        "message_id": read_message_id(headers),
        "in_reply_to": in_reply_to[0] if in_reply_to else None,
        "references": references,
    }


def _of_texts(mail: Mail, assumed: Assumed) -> dict[str, Any]:
    texts = read_texts(mail)
    kind = kind_of(mail, texts.full, assumed.own_address)
    return {
        "text": texts.full,
        "reply_text": texts.reply,
        "html": texts.html,
        "kind": kind.kind.value,
        "is_auto_reply": kind.is_auto_reply,
        "is_bounce": kind.is_bounce,
        "bounce": _bounce(kind),
        "is_list": kind.is_list,
    }


def _of_files(mail: Mail) -> list[dict[str, Any]]:
    return [
        {
            "filename": scrub(file.name),
            "content_type": file.media_type,
            "size": len(file.content),
            "inline": file.is_inline,
            "content_id": scrub(file.content_id) if file.content_id else None,
        }
        for file in mail.files
    ]


def _addresses(headers: Headers, name: str) -> list[str]:
    found: list[str] = []
    for value in headers.raw_all(name):
        read = read_addresses(value, headers.charset)
        found += [mailbox.address for mailbox in read.mailboxes] or read.local_names
    return found


def _author(headers: Headers) -> Mailbox:
    """Also one without a domain (`From: root`), whom no conversation can be with."""
    author = read_author(headers).mailbox
    if author is not None:
        return author
    local_names = read_addresses(headers.raw_first("from")).local_names
    return Mailbox(address=local_names[0] if local_names else "")


def _bounce(kind: Kind) -> dict[str, str | None] | None:
    """Of the first recipient who failed, else of the first: of a delay, who waits."""
    if not kind.bounces:
        return None
    first = next((one for one in kind.bounces if one.action == "failed"), kind.bounces[0])
    return {
        "recipient": first.recipient,
        "status": first.status,
        "original_message_id": first.original_message_id,
    }
