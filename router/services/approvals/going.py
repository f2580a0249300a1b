"""What an approver sees of an answer besides its text. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from router.services.approvals.shapes import GoingFile, GoingLink, GoingOut, GoingTo
from router.services.outbound.addressed import HIDDEN_COPY


def going_of(rehearsed: Mapping[str, Any], wanted: Mapping[str, Any]) -> GoingOut:
    """Of what the rehearsal wrote, and of what its author wants."""
    deliveries = rehearsed.get("deliveries", ())
    # A name is what its author typed: the address is where it goes.
    to = [
        GoingTo(shown_as=one["handle"] or one["remote_place"], account_id=one["account_id"])
        for one in deliveries
        if not one["copy_to"]
    ][:1]
    participants = deliveries[0]["participants"] if deliveries else None
    to += [
        GoingTo(shown_as=one["handle"], is_copy=True, is_hidden=one["role"] == HIDDEN_COPY)
        for one in msgspec.json.decode(participants or "[]")
    ]
    files = [
        GoingFile(id=int(one["id"]), name=one["name"], size=int(one["size"]))
        for one in rehearsed.get("files", ())
    ]
    afterwards = wanted.get("afterwards") or {}
    subject = next((one["subject"] for one in deliveries if one["subject"]), "")
    return msgspec.convert(
        {
            "to": to,
            "files": files,
            "links": _links(str(wanted.get("text", "")), wanted.get("spans", ())),
            "subject": subject or wanted.get("subject", ""),
            "offers": list(wanted.get("offers", ())),
            "public_line": wanted.get("public_line", ""),
            "send_at": wanted.get("send_at"),
            "afterwards": afterwards.get("state"),
        },
        GoingOut,
    )


def _links(text: str, spans: Any) -> list[GoingLink]:
    return [
        GoingLink(text=text[one["start"] : one["end"]], url=one["url"])
        for one in spans
        if one.get("url")
    ]
