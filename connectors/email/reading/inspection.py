"""`onethread inspect email`: what the connector reads in one raw mail, as JSON types."""

from typing import Any

from connectors.email.kinds.kinds import Kind, kind_of
from connectors.email.reading.addresses import Mailbox, read_addresses
from connectors.email.reading.dates import sent_at
from connectors.email.reading.envelope import subject_of
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.mime import Mail, read_mail
from connectors.email.reply_text.texts import read_texts
from connectors.email.thread_keys import read_answered, read_message_id
from connectors.email.trust.authentication import authenticate, read_author, said_by_topmost
from core.errors import UnreadableEvent
from core.messages import scrub


def inspect(raw: bytes, *, authserv_ids: tuple[str, ...] = ()) -> dict[str, Any]:
    """Never fails for bad input: what cannot be read is empty and named in `problems`.

    The verdicts are those of the topmost Authentication-Results, whoever wrote it; the level counts
    only what one of `authserv_ids` wrote.
    """
    headers = read_headers(raw)
    problems: list[str] = []
    mail = Mail(headers=headers, problems=headers.problems)
    try:
        mail = read_mail(raw)
    except UnreadableEvent as error:
        problems.append(str(error))
    # The last resort of a command that must answer whatever it is given.
    except Exception as error:
        problems.append(f"the structure cannot be read ({type(error).__name__})")
    headers = mail.headers
    problems += mail.problems
    author = read_author(headers)
    found = authenticate(headers, author, authserv_ids)
    texts = read_texts(mail)
    in_reply_to, references = read_answered(headers)
    date = sent_at(headers)
    mailbox = author.mailbox or Mailbox(address="")
    kind = kind_of(mail, texts.full)
    authserv_id, verdicts = said_by_topmost(headers)
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
        "text": texts.full,
        "reply_text": texts.reply,
        "html": texts.html,
        "attachments": [
            {
                "filename": scrub(file.name),
                "content_type": file.media_type,
                "size": len(file.content),
                "inline": file.is_inline,
                "content_id": file.content_id,
            }
            for file in mail.files
        ],
        "kind": kind.kind.value,
        "is_auto_reply": kind.is_auto_reply,
        "is_bounce": kind.is_bounce,
        "bounce": _bounce(kind),
        "is_list": kind.is_list,
        "authentication": {
            **verdicts,
            "authserv_id": authserv_id,
            "level": int(found.level),
        },
        "notices": [scrub(notice) for notice in mail.notices],
        "problems": list(dict.fromkeys(problems)),
    }


def _addresses(headers: Headers, name: str) -> list[str]:
    return [
        mailbox.address
        for value in headers.raw_all(name)
        for mailbox in read_addresses(value).mailboxes
    ]


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
