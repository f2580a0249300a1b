"""A visitor's words and signals as events. Pure."""

import re
from typing import assert_never

import msgspec

from core.capabilities import Capabilities
from core.connector import Visitor, VisitorMessage, VisitorSignal
from core.errors import ContentRejected, UnreadableEvent
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    Attested,
    DeliveryReported,
    MessageReceived,
    OutboundMessage,
    Place,
    PlaceKind,
    RemotePart,
    ReportedState,
    Sender,
    Typing,
    scrub,
)
from core.people import HOST_REALM, Evidence, EvidenceKind

EMAIL_REALM = "email"
CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CLAIM = re.compile(r"[a-z][a-z0-9_]{0,29}")
LONGEST_DRAFT = 2000
LONGEST_CLAIM = 500
MOST_CLAIMS = 10


def realm_of(site: str) -> str:
    return f"web:{site}"


def to_sender(visitor: Visitor, site: str) -> Sender:
    """L1 by the session's token; L2 while the session is bound to a host account by a signed one.

    A name or an address that the visitor typed proves nothing and is not in here.
    """
    evidence = [Evidence(kind=EvidenceKind.SESSION_TOKEN, proof={"site": site})]
    attested: list[Attested] = []
    account = visitor.attestation
    if account is not None:
        proof = {"site": site, "host_account": account.host_account}
        if account.issued_at is not None:
            proof["at"] = account.issued_at.isoformat()
        signed = Evidence(kind=EvidenceKind.SIGNED_TOKEN, proof=proof)
        evidence.append(signed)
        attested.append(
            Attested(
                realm=HOST_REALM,
                handle=account.host_account,
                shown_as=account.name or account.host_account,
                evidence=signed,
            )
        )
        if account.email is not None:
            verified = Evidence(kind=EvidenceKind.HOST_VERIFIED, proof=proof)
            attested.append(
                Attested(
                    realm=EMAIL_REALM,
                    handle=account.email,
                    shown_as=account.email,
                    evidence=verified,
                )
            )
    return Sender(
        realm=realm_of(site),
        handle=visitor.session,
        shown_as=shown_as(visitor),
        evidence=tuple(evidence),
        attested=tuple(attested),
        host_account=account.host_account if account else None,
        language=(account.language if account else None) or visitor.language,
    )


def shown_as(visitor: Visitor) -> str:
    """The host's word for them; nobody chooses what an agent reads as the name of a stranger."""
    if visitor.attestation is not None:
        return visitor.attestation.name or visitor.attestation.host_account
    return f"Visitor {visitor.session[-4:]}"


def to_place(visitor: Visitor, site: str) -> Place:
    return Place(remote=RemotePlace(visitor.session), kind=PlaceKind.WIDGET_SESSION, title=site)


def to_message(visitor: Visitor, message: VisitorMessage, site: str) -> MessageReceived:
    """Raises UnreadableEvent: a client id that could not be told apart, or nothing said."""
    if not CLIENT_ID.fullmatch(message.client_id):
        raise UnreadableEvent(
            "client_id must be 1 to 64 letters, digits, dots, dashes or underscores"
        )
    text = scrub(message.text).strip()
    if not text and not message.attachments:
        raise UnreadableEvent("text is empty and nothing is attached")
    return MessageReceived(
        event_key=f"{visitor.session}/{message.client_id}",
        raw=_source(message),
        place=to_place(visitor, site),
        sender=to_sender(visitor, site),
        text=text,
        sent_at=message.sent_at,
        remote_parts=(RemotePart(remote_id=RemoteId(message.client_id)),),
        attachments=message.attachments,
        context=_claims(visitor, message),
    )


def _claims(visitor: Visitor, message: VisitorMessage) -> dict[str, str]:
    """What an unknown visitor says of themselves: shown as that. It joins them with nobody."""
    if visitor.attestation is not None:
        return {}
    said = {"name": visitor.name, **message.answers}
    clean = {
        name: "".join(c for c in scrub(text) if c.isprintable()).strip()[:LONGEST_CLAIM]
        for name, text in said.items()
        if CLAIM.fullmatch(name)
    }
    found = {f"claimed_{name}": text for name, text in clean.items() if text}
    return dict(list(found.items())[:MOST_CLAIMS])


def _source(message: VisitorMessage) -> bytes:
    """What the visitor's client posted; of files the names, their bytes are kept by themselves."""
    return msgspec.json.encode(
        {
            "client_id": message.client_id,
            "text": message.text,
            "sent_at": message.sent_at,
            "attachments": [file.name for file in message.attachments],
            "answers": message.answers,
        }
    )


def check_limits(message: OutboundMessage, capabilities: Capabilities) -> None:
    """Raises ContentRejected for what the widget was never meant to show."""
    longest, files = capabilities.text.length, capabilities.files
    if longest is not None and len(message.text) > longest:
        raise ContentRejected(f"the text has more than {longest} characters")
    if len(message.attachments) > files.max_count:
        raise ContentRejected(f"there are more than {files.max_count} files")
    if any(file.size > files.max_size for file in message.attachments):
        raise ContentRejected(f"a file has more than {files.max_size} bytes")


def to_signal(
    visitor: Visitor, signal: VisitorSignal, site: str, *, send_key: str | None, text: str
) -> AnyInboundEvent:
    match signal:
        case "typing":
            return Typing(
                event_key=f"{visitor.session}/typing",
                place=to_place(visitor, site),
                sender=to_sender(visitor, site),
                draft=scrub(text)[:LONGEST_DRAFT],
            )
        case "delivered" | "read":
            if not send_key:
                raise UnreadableEvent(f"a {signal} signal must name what it is about")
            return DeliveryReported(
                event_key=f"{visitor.session}/{signal}/{send_key}",
                state=ReportedState(signal),
                send_key=send_key,
            )
        case _:
            assert_never(signal)
