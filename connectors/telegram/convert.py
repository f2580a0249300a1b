"""Telegram's updates as events of the contract. Pure: the same update always gives the same events.

https://core.telegram.org/bots/api#update
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.telegram import changes
from connectors.telegram.address import Address
from connectors.telegram.content import Content, read_content, read_quote
from connectors.telegram.people import (
    ANONYMOUS,
    address_of,
    full_name,
    place_of,
    sender_of,
)
from connectors.telegram.service import HOUSEKEEPING, service_notice
from core.ids import RemoteId
from core.link_codes import read_code
from core.messages import (
    AnyInboundEvent,
    FilesChanged,
    InboundAttachment,
    MessageEdited,
    MessageNature,
    MessageReceived,
    RemotePart,
    Unreadable,
    scrub,
)

Json = dict[str, Any]
START = re.compile(r"(/start(?:@\w+)?)\s+([A-Za-z0-9_-]{1,64})\s*", re.ASCII)
"""A link t.me/<bot>?start=<parameter> makes the person's client say this. What has the form of a
link code is one; anything else is words, of a campaign or the like."""
HIDDEN = "…"
MESSAGES = ("message", "business_message")
EDITS = ("edited_message", "edited_business_message")
JUNK = (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is needed beside an update to read it."""

    bot_id: int | None
    max_file_size: int
    """Bytes."""


def to_events(update: Json, reading: Reading) -> tuple[AnyInboundEvent, ...]:
    """What the update says; nothing for our own echo and a group's housekeeping. Never raises:
    what cannot be read is Unreadable, with as much of sender and place as can.
    """
    try:
        return _to_events(update, reading)
    except JUNK as error:
        return (_unreadable(update, f"This could not be read: {type(error).__name__}."),)


def to_raw(update: Json) -> bytes:
    return json.dumps(update, separators=(",", ":")).encode()


def find_message(update: Json) -> Json | None:
    """The new message of an update, if it brings one."""
    for kind in MESSAGES:
        found = update.get(kind)
        if isinstance(found, dict):
            return found
    return None


def album_of(update: Json) -> tuple[str, str] | None:
    """(place, album) of a new message that is an item of one."""
    message = find_message(update)
    if message is None or not message.get("media_group_id"):
        return None
    try:
        return address_of(message).remote, str(message["media_group_id"])
    except JUNK:
        return None


def join_album(pieces: list[MessageReceived]) -> MessageReceived:
    """The items of one album as one message: the text is that of the item that has one."""
    first = pieces[0]
    said = next((one for one in pieces if one.text), first)
    parts: list[RemotePart] = []
    files: list[InboundAttachment] = []
    for number, one in enumerate(pieces):
        parts.append(RemotePart(remote_id=one.remote_parts[0].remote_id, part=number))
        files += [_of_part(file, number) for file in one.attachments]
    raws = [one.raw or b"null" for one in pieces]
    fields = {name: getattr(first, name) for name in first.__struct_fields__}
    return MessageReceived(
        **{
            **fields,
            "raw": b"[" + b",".join(raws) + b"]",
            "text": said.text,
            "spans": said.spans,
            "full_text": said.full_text,
            "remote_parts": (*parts, *first.remote_parts[1:]),
            "attachments": tuple(files),
            "warnings": tuple(dict.fromkeys(w for one in pieces for w in one.warnings)),
        }
    )


def _of_part(file: InboundAttachment, number: int) -> InboundAttachment:
    fields = {name: getattr(file, name) for name in file.__struct_fields__}
    return InboundAttachment(**{**fields, "part": number})


def _to_events(update: Json, reading: Reading) -> tuple[AnyInboundEvent, ...]:
    raw = to_raw(update)
    for kind in MESSAGES:
        if kind in update:
            return _to_message(update[kind], raw, reading)
    for kind in EDITS:
        if kind in update:
            return _to_edit(update[kind], raw, reading)
    if "callback_query" in update:
        return (changes.to_choice(update["callback_query"], raw),)
    if "message_reaction" in update:
        return (changes.to_reaction(update["message_reaction"], raw),)
    if "my_chat_member" in update:
        return (changes.to_membership(update["my_chat_member"], raw),)
    if "deleted_business_messages" in update:
        return changes.to_deletions(update["deleted_business_messages"], raw)
    if "business_connection" in update:
        return (changes.to_connection(update["business_connection"], raw),)
    kinds = sorted(name for name in update if name != "update_id")
    named = scrub(", ".join(kinds))
    return (_unreadable(update, f"Telegram sent what is not known here: {named}."),)


def _to_message(message: Json, raw: bytes, reading: Reading) -> tuple[AnyInboundEvent, ...]:
    if _is_own(message, reading):
        return ()
    address, place = address_of(message), place_of(message)
    rekeyed = changes.to_rekeyed(message, raw)
    if rekeyed is not None:
        return (rekeyed,)
    content = read_content(message, max_size=reading.max_file_size)
    if not content.is_known:
        changed = changes.to_place_changed(message, place, raw)
        if changed is not None:
            return (changed,)
        if not address.is_private and not HOUSEKEEPING.isdisjoint(message):
            return ()
        content = Content(text=service_notice(message))
    number = int(message["message_id"])
    sender = sender_of(message)
    context = {"message_id": str(number), "from": sender.handle}
    text, spans = content.text, content.spans
    started = START.fullmatch(text) if address.is_private else None
    link_code = None if started is None else read_code(started[2])
    if started is not None and link_code is not None:
        text, spans = started[1], ()
        raw = raw.replace(started[2].encode(), HIDDEN.encode())
    album = message.get("media_group_id")
    joins = RemoteId(scrub(f"album:{album}")) if album else None
    parts = [RemotePart(remote_id=RemoteId(str(number)))]
    if joins is not None:
        parts.append(RemotePart(remote_id=joins))
    quote = read_quote(message)
    return (
        MessageReceived(
            event_key=f"message:{address.remote}:{number}",
            raw=raw,
            place=place,
            sender=sender,
            text=text,
            spans=spans,
            full_text=_with_quote(quote, text) if quote else None,
            sent_at=moment(message["date"]),
            remote_parts=tuple(parts),
            joins=joins,
            link_code=link_code,
            attachments=() if content.file is None else (content.file,),
            nature=_nature(message),
            is_from_desk=_is_from_owner(message, address),
            context=context,
            warnings=_warnings(message),
        ),
    )


def _to_edit(message: Json, raw: bytes, reading: Reading) -> tuple[AnyInboundEvent, ...]:
    if _is_own(message, reading):
        return ()
    address = address_of(message)
    content = read_content(message, max_size=reading.max_file_size)
    if not content.is_known or _is_moving(message):
        return ()
    number = int(message["message_id"])
    edited = int(message.get("edit_date") or message["date"])
    files = _to_files(message, content, f"{address.remote}:{number}:{edited}", raw)
    if message.get("media_group_id") and not message.get("caption"):
        return files  # whether another item of the album has the text is not told here
    # Two edits within a second have the same date.
    shown = f"{content.text}\n{content.spans!r}"
    return (
        *files,
        MessageEdited(
            event_key=f"edit:{address.remote}:{number}:{edited}:{_digest(shown)}",
            raw=raw,
            place=place_of(message),
            remote_id=RemoteId(str(number)),
            text=content.text,
            spans=content.spans,
            edited_at=moment(edited),
        ),
    )


def _to_files(message: Json, content: Content, edit: str, raw: bytes) -> tuple[FilesChanged, ...]:
    """The file that it has now: an edit says all that there is, not what has changed."""
    if content.file is None:
        return ()
    named = (content.file.remote or content.file.name).partition(" ")[0]
    return (
        FilesChanged(
            event_key=f"files:{edit}:{_digest(named)}",
            raw=raw,
            place=place_of(message),
            remote_id=RemoteId(str(int(message["message_id"]))),
            attachments=(content.file,),
        ),
    )


def moment(seconds: Any) -> datetime:
    """Of Unix time. Raises ValueError, OverflowError."""
    return datetime.fromtimestamp(int(seconds), UTC)


def _is_own(message: Json, reading: Reading) -> bool:
    """Known by ids: a business account shows what we sent through it, and who sent it."""
    by = message.get("sender_business_bot") or message.get("from") or {}
    return reading.bot_id is not None and by.get("id") == reading.bot_id


def _is_from_owner(message: Json, address: Address) -> bool:
    """In a business chat with a customer, the other one is the account's owner: one of us."""
    if not address.business_id:
        return False
    return bool((message.get("from") or {}).get("id") != address.chat_id)


def _is_moving(message: Json) -> bool:
    """A live location that goes on: told every few seconds, and shown once."""
    location = message.get("location")
    return isinstance(location, dict) and bool(location.get("live_period"))


def _nature(message: Json) -> MessageNature:
    if message.get("is_automatic_forward"):
        return MessageNature.LIST
    by = message.get("from") or {}
    if by.get("is_bot") and by.get("id") not in ANONYMOUS:
        return MessageNature.AUTO_REPLY
    return MessageNature.HUMAN


def _warnings(message: Json) -> tuple[str, ...]:
    origin = message.get("forward_origin")
    found = []
    if isinstance(origin, dict):
        chat = origin.get("chat") or origin.get("sender_chat") or {}
        by = origin.get("sender_user")
        name = full_name(by) if isinstance(by, dict) else origin.get("sender_user_name")
        found.append(f"Forwarded; first said by {scrub(str(name or chat.get('title') or '?'))}.")
    via = message.get("via_bot")
    if isinstance(via, dict):
        found.append(f"Written by means of the bot @{scrub(str(via.get('username') or '?'))}.")
    return tuple(found)


def _with_quote(quote: str, text: str) -> str:
    return "".join(f"> {line}\n" for line in quote.splitlines()) + f"\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _unreadable(update: Json, reason: str) -> Unreadable:
    """Its key holds the bytes: the number of an update is used again after a quiet week."""
    raw = to_raw(update)
    found = Unreadable(
        event_key=scrub(f"update:{update.get('update_id')}:{_digest(raw.decode())}"),
        raw=raw,
        reason=reason,
    )
    for body in update.values():
        if not isinstance(body, dict):
            continue
        try:
            sender, place = sender_of(body), place_of(body)
        except JUNK:
            continue
        fields = {name: getattr(found, name) for name in found.__struct_fields__}
        return Unreadable(**{**fields, "sender": sender, "place": place})
    return found
