"""Updates that are no messages: choices, reactions, memberships, deletions, new ids. Pure."""

import hashlib
from typing import Any

from connectors.telegram.address import Address
from connectors.telegram.people import address_of, business_of, place_of, sender_from, sender_of
from core.errors import GoneBecause
from core.ids import RemoteId
from core.messages import (
    AnyInboundEvent,
    ChatRekeyed,
    MessageDeleted,
    MessageReceived,
    Place,
    PlaceChanged,
    ProfileChanged,
    ReactionChanged,
    RemotePart,
    scrub,
)

Json = dict[str, Any]
PRESSED = "[Pressed a button.]"
BLOCKED = "They have blocked the bot on Telegram."
SENT_AWAY = "The bot was removed from this group."
SILENCED = "The bot may not write in this group."
BUSINESS_OFF = "The business account has taken back the bot's right to answer for it."
GONE = ("kicked", "left")


def to_choice(query: Json, raw: bytes) -> AnyInboundEvent:
    """A pressed button, as if its words had been said."""
    message = query.get("message") or {"chat": {"id": query["from"]["id"], "type": "private"}}
    place = place_of(message)
    key = scrub(f"callback:{query['id']}")
    return MessageReceived(
        event_key=key,
        raw=raw,
        place=place,
        sender=sender_from(query["from"]),
        text=_words_of(query, message),
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
        context={"choice": scrub(str(query.get("data") or ""))[:64]},
    )


def _words_of(query: Json, message: Json) -> str:
    """What stands on the button. A message that is too old to be shown has none."""
    markup = message.get("reply_markup") or {}
    for row in markup.get("inline_keyboard") or ():
        for button in row:
            if query.get("data") is not None and button.get("callback_data") == query["data"]:
                return scrub(str(button.get("text") or "")) or PRESSED
    return PRESSED


def to_reaction(found: Json, raw: bytes) -> AnyInboundEvent:
    """All that this person has put there now. In a topic the topic is not told."""
    by = sender_from(found["user"]) if "user" in found else _chat_sender(found)
    shown = tuple(_shown(one) for one in found["new_reaction"])
    address, number, date = address_of(found), int(found["message_id"]), int(found["date"])
    state = _digest("\n".join(shown))
    return ReactionChanged(
        event_key=f"reaction:{address.remote}:{number}:{by.handle}:{date}:{state}",
        raw=raw,
        place=place_of(found),
        remote_id=RemoteId(str(number)),
        sender=by,
        reactions=shown,
    )


def _chat_sender(found: Json) -> Any:
    return sender_of({"sender_chat": found["actor_chat"]})


def _shown(reaction: Json) -> str:
    match reaction["type"]:
        case "emoji":
            return scrub(str(reaction["emoji"]))
        case "paid":
            return "⭐"
        case _:
            return "[custom emoji]"


def to_membership(found: Json, raw: bytes) -> AnyInboundEvent:
    """Somebody blocked the bot or took it back; a group let it in, silenced it or sent it away."""
    member = found["new_chat_member"]
    status = scrub(str(member["status"]))
    address = address_of(found)
    key = f"membership:{address.remote}:{int(found['date'])}:{status}"
    is_in = status not in GONE
    if found["chat"].get("type") == "private":
        return ProfileChanged(
            event_key=key,
            raw=raw,
            sender=sender_from(found["from"]),
            is_reachable=is_in,
            reason="" if is_in else BLOCKED,
            because=GoneBecause.UNTOLD if is_in else GoneBecause.BLOCKED,
        )
    may_write = is_in and not (status == "restricted" and not member.get("can_send_messages"))
    reason = "" if may_write else SILENCED if is_in else SENT_AWAY
    return PlaceChanged(
        event_key=key, raw=raw, place=place_of(found), is_reachable=may_write, reason=reason
    )


def to_connection(found: Json, raw: bytes) -> AnyInboundEvent:
    """A business account lets the bot answer for it, or takes that back: its chats follow."""
    rights = found.get("rights") or {}
    may = bool(found.get("is_enabled") and (found.get("can_reply") or rights.get("can_reply")))
    number = scrub(str(found["id"]))
    return PlaceChanged(
        event_key=f"business:{number}:{_digest(raw.decode())}",
        raw=raw,
        place=business_of(number),
        is_reachable=may,
        reason="" if may else BUSINESS_OFF,
    )


def to_deletions(found: Json, raw: bytes) -> tuple[AnyInboundEvent, ...]:
    """Only business chats tell of deletions. https://core.telegram.org/bots/api#businessmessagesdeleted"""
    place = place_of(found)
    return tuple(
        MessageDeleted(
            event_key=f"delete:{place.remote}:{number}",
            raw=raw,
            place=place,
            remote_id=RemoteId(str(number)),
        )
        for number in map(int, found["message_ids"])
    )


def to_rekeyed(message: Json, raw: bytes) -> AnyInboundEvent | None:
    """A group became a supergroup: told in the old chat and in the new one, as one event."""
    here = int(message["chat"]["id"])
    if "migrate_to_chat_id" in message:
        return rekeyed(here, int(message["migrate_to_chat_id"]), raw)
    if "migrate_from_chat_id" in message:
        return rekeyed(int(message["migrate_from_chat_id"]), here, raw)
    return None


def rekeyed(old: int, new: int, raw: bytes | None = None) -> ChatRekeyed:
    return ChatRekeyed(
        event_key=f"rekeyed:{old}:{new}",
        raw=raw,
        old=Address(chat_id=old).remote,
        new=Address(chat_id=new).remote,
    )


def to_place_changed(message: Json, place: Place, raw: bytes) -> AnyInboundEvent | None:
    """Another title of a group or of a topic; where it is no message of anybody."""
    if "new_chat_title" not in message and "forum_topic_edited" not in message:
        return None
    key = f"title:{place.remote}:{int(message['message_id'])}"
    return PlaceChanged(event_key=key, raw=raw, place=place)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
