"""The network's JSON <-> core.messages. Pure."""

import base64
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from core.errors import UnreadableEvent
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    HistoryGap,
    InboundAttachment,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OutboundMessage,
    Place,
    PlaceChanged,
    ReactionChanged,
    RemotePart,
    ReportedState,
    Sender,
    ThreadKey,
    scrub,
)
from core.people import Evidence, EvidenceKind
from core.rich_text import Mark, Span, normalised
from core.rich_text_cuts import RichText

KIND = "sample"


def to_event(update: dict[str, Any]) -> AnyInboundEvent:
    """Raises UnreadableEvent."""
    raw = json.dumps(update).encode()
    try:
        return _to_event(update, f"update:{update['id']}", raw)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableEvent(f"an update without {error}") from error


def _to_event(update: dict[str, Any], key: str, raw: bytes) -> AnyInboundEvent:
    place = Place(remote=RemotePlace(update["chat"]))
    remote_id = RemoteId(update["message"])
    match update["kind"]:
        case "message":
            return MessageReceived(
                event_key=key,
                raw=raw,
                place=place,
                sender=_sender(update),
                text=scrub(update["text"]),
                subject=update["subject"],
                sent_at=datetime.fromtimestamp(update["at"], UTC),
                remote_parts=(RemotePart(remote_id=remote_id),),
                attachments=tuple(
                    InboundAttachment(name=f["name"], media_type=f["type"], remote=f["id"])
                    for f in update["files"]
                ),
                thread_keys=(ThreadKey(KIND, update["message"]),),
                is_from_desk=update["from"] == "desk",
            )
        case "edit":
            return MessageEdited(
                event_key=key, raw=raw, place=place, remote_id=remote_id, text=update["text"]
            )
        case "delete":
            return MessageDeleted(event_key=key, raw=raw, place=place, remote_id=remote_id)
        case "reaction":
            return ReactionChanged(
                event_key=key,
                raw=raw,
                place=place,
                remote_id=remote_id,
                sender=_sender(update),
                reactions=(update["reaction"],),
            )
        case "report":
            return DeliveryReported(
                event_key=key,
                raw=raw,
                state=ReportedState(update["state"]),
                remote_place=place.remote,
                remote_id=remote_id,
                reason=f"The network says: {update['state']}.",
            )
        case "forgotten":
            return HistoryGap(
                event_key=key,
                raw=raw,
                until=datetime.fromtimestamp(update["at"], UTC),
                reason="The network kept nothing of it.",
            )
        case "closed" | "opened" as kind:
            return PlaceChanged(
                event_key=key,
                raw=raw,
                place=place,
                is_reachable=kind == "opened",
                reason="" if kind == "opened" else "They closed the chat.",
            )
        case other:
            raise ValueError(f"kind {other}")


def _sender(update: dict[str, Any]) -> Sender:
    return Sender(
        realm="sample",
        handle=update["from"],
        shown_as="Grace",
        evidence=(Evidence(kind=EvidenceKind.NETWORK_ID),),
    )


def to_markup(text: str, spans: Sequence[Span]) -> str:
    """`*words*` are bold, `[words](address)` are a link; a backslash before any other of these."""
    signs = sorted(
        [(one.start, 1, -one.end, _BEGINS[one.mark]) for one in spans]
        + [(one.end, 0, -one.start, _ends(one)) for one in spans]
    )
    pieces: list[str] = []
    at = 0
    for position, _, _, sign in signs:
        pieces += (_escaped(text[at:position]), sign)
        at = position
    return "".join([*pieces, _escaped(text[at:])])


_BEGINS = {Mark.BOLD: "*", Mark.LINK: "["}


def _ends(span: Span) -> str:
    return "*" if span.mark is Mark.BOLD else f"]({span.url})"


def _escaped(text: str) -> str:
    return re.sub(r"([*\[\]\\])", r"\\\1", text)


def from_markup(markup: str) -> RichText:
    text: list[str] = []
    spans: list[Span] = []
    begun: dict[str, int] = {}
    for escape, plain, sign in re.findall(r"\\(.)|([^*\[\]\\])|(\*|\[|\]\([^)]*\))", markup, re.S):
        if not sign:
            text.append(escape or plain)
        elif (opening := "*" if sign == "*" else "[") not in begun:
            begun[opening] = len(text)
        else:
            mark, url = (Mark.BOLD, "") if sign == "*" else (Mark.LINK, sign[2:-1])
            spans.append(Span(mark=mark, start=begun.pop(opening), end=len(text), url=url))
    return RichText("".join(text), normalised("".join(text), spans))


def to_request(message: OutboundMessage, files: list[tuple[str, str, bytes]]) -> dict[str, Any]:
    return {
        "key": message.key,
        "chat": message.place.remote,
        "text": to_markup(message.text, message.spans),
        "subject": message.subject,
        "copies": [] if message.copy_to is None else [message.copy_to.handle],
        "answers": [one.key for one in message.in_reply_to if one.kind == KIND],
        "files": [
            {"name": name, "type": kind, "content": base64.b64encode(content).decode()}
            for name, kind, content in files
        ],
    }
