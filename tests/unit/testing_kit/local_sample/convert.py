"""Visitors' words as events. Pure."""

from core.connector import Visitor, VisitorMessage, VisitorSignal
from core.errors import UnreadableEvent
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    Attested,
    DeliveryReported,
    MessageReceived,
    Place,
    PlaceKind,
    RemotePart,
    ReportedState,
    Sender,
    Typing,
    scrub,
)
from core.people import HOST_REALM, Evidence, EvidenceKind


def to_place(visitor: Visitor) -> Place:
    return Place(remote=RemotePlace(visitor.session), kind=PlaceKind.WIDGET_SESSION)


def to_sender(visitor: Visitor, site: str) -> Sender:
    evidence = [Evidence(kind=EvidenceKind.SESSION_TOKEN)]
    attested: list[Attested] = []
    signed = visitor.attestation
    if signed is not None:
        token = Evidence(kind=EvidenceKind.SIGNED_TOKEN)
        evidence.append(token)
        attested.append(Attested(realm=HOST_REALM, handle=signed.host_account, evidence=token))
        if signed.email:
            verified = Evidence(kind=EvidenceKind.HOST_VERIFIED)
            attested.append(Attested(realm="email", handle=signed.email, evidence=verified))
    return Sender(
        realm=f"web:{site}",
        handle=visitor.session,
        evidence=tuple(evidence),
        attested=tuple(attested),
        host_account=signed.host_account if signed else None,
        language=visitor.language,
    )


def to_event(visitor: Visitor, message: VisitorMessage, site: str) -> MessageReceived:
    text = scrub(message.text)
    if not text.strip() or not message.client_id.isprintable() or "/" in message.client_id:
        raise UnreadableEvent("write something, and give it a client id without slashes")
    return MessageReceived(
        event_key=f"{visitor.session}/{message.client_id}",
        raw=message.text.encode("utf-8", "replace"),
        place=to_place(visitor),
        sender=to_sender(visitor, site),
        text=text,
        remote_parts=(RemotePart(remote_id=RemoteId(message.client_id)),),
    )


def to_signal(
    visitor: Visitor, signal: VisitorSignal, send_key: str | None, site: str
) -> AnyInboundEvent:
    key = f"{visitor.session}/{signal}/{send_key}"
    if signal == "typing":
        return Typing(event_key=key, place=to_place(visitor), sender=to_sender(visitor, site))
    return DeliveryReported(event_key=key, state=ReportedState(signal), send_key=send_key)
