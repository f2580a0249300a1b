"""Discord's JSON to and from core.messages. Pure: most tests are of this.

Texts: `markdown.py` and `markup.py`; what else a message shows: `content.py`; where: `places.py`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.discord.content import Content, is_said, read_content
from connectors.discord.markdown import Names
from core.errors import UnreadableEvent
from core.ids import RemoteId
from core.messages import (
    InboundAttachment,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    OutboundMessage,
    Place,
    ReactionChanged,
    RemotePart,
    Sender,
    ThreadKey,
    Typing,
    Unreadable,
    scrub,
)
from core.people import Evidence, EvidenceKind

Json = Mapping[str, Any]
REALM = "discord"
THREAD_KEY = "discord"
OWN_THREAD_KEY = "discord_own"
"""Of what we sent: people answer it, and we do not quote ourselves."""
EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, from which snowflakes count milliseconds."""
NONCE_LENGTH = 25
TEXT_LIMIT = 2000
CONTENT_IS_HIDDEN = (
    "Discord did not show us what this message says: the bot lacks the message content intent."
)
JUNK = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError, RecursionError)
"""What reading something that Discord would never say may raise."""


def moment_of(snowflake: str | int) -> datetime:
    """When it was made. Raises ValueError, OverflowError on junk."""
    milliseconds = (int(snowflake) >> 22) + EPOCH_MS
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def snowflake_at(moment: datetime) -> int:
    """Lower than any that is made from then on."""
    milliseconds = int(moment.timestamp() * 1000) - EPOCH_MS
    return max(milliseconds, 0) << 22


def nonce_of(key: str) -> str:
    """At most 25 characters, the same for the same key, for ever."""
    return hashlib.sha256(key.encode()).hexdigest()[:NONCE_LENGTH]


def sender_of(person: Json, member: Json | None = None) -> Sender:
    """The network itself says who it is: that proves its own number, and nothing more."""
    number = str(int(person["id"]))
    return Sender(
        realm=REALM,
        handle=number,
        shown_as=name_of(person, member),
        evidence=(Evidence(kind=EvidenceKind.NETWORK_ID, proof={"id": number}),),
    )


def name_of(person: Json, member: Json | None = None) -> str:
    """As they are called where they wrote."""
    name = (member or {}).get("nick") or person.get("global_name") or person.get("username")
    return scrub(str(name or ""))


def is_ignored(message: Json, own_id: str) -> bool:
    """Whether we, a webhook or another bot wrote it, or Discord itself. Told by ids."""
    author = message.get("author") or {}
    return (
        str(author.get("id")) == own_id
        or bool(author.get("bot"))
        or bool(author.get("system"))
        or message.get("webhook_id") is not None
        or not is_said(message)
    )


def names_in(message: Json, channels: Mapping[str, str] | None = None) -> Names:
    """Who and what is mentioned, by its id."""
    people = {
        str(one["id"]): name_of(one, one.get("member")) for one in message.get("mentions") or ()
    }
    mentioned = {str(one["id"]): str(one["name"]) for one in message.get("mention_channels") or ()}
    return Names(people=people, channels={**mentioned, **(channels or {})})


def content_of(message: Json, names: Names | None = None) -> Content:
    """Raises UnreadableEvent."""
    try:
        return read_content(message, names_in(message) if names is None else names)
    except JUNK as error:
        raise UnreadableEvent(f"The message cannot be read: {error!r}") from error


def to_received(
    message: Json,
    place: Place,
    content: Content,
    attachments: Sequence[InboundAttachment] = (),
    *,
    is_from_desk: bool = False,
) -> MessageReceived:
    """Raises UnreadableEvent with a sentence if it is not what we know."""
    try:
        number, channel = str(int(message["id"])), str(int(message["channel_id"]))
        is_empty = not content.text and not attachments
        return MessageReceived(
            event_key=f"{channel}/{number}",
            raw=_raw(message),
            place=place,
            sender=sender_of(message["author"], message.get("member")),
            text="[Empty message]" if is_empty else content.text,
            spans=content.spans,
            sent_at=moment_of(number),
            remote_parts=(RemotePart(remote_id=RemoteId(number)),),
            attachments=tuple(attachments),
            answers=_answers(message),
            thread_keys=(ThreadKey(THREAD_KEY, f"{channel}/{number}"),),
            is_from_desk=is_from_desk,
            warnings=(CONTENT_IS_HIDDEN,) if is_empty else (),
        )
    except JUNK as error:
        raise UnreadableEvent(f"The message cannot be read: {error!r}") from error


def to_edited(message: Json, place: Place, content: Content) -> MessageEdited | None:
    """None if the author changed nothing: an embed was found, it was pinned.

    Raises UnreadableEvent.
    """
    stamp = message.get("edited_timestamp")
    if not stamp or "content" not in message:
        return None
    try:
        number, channel = str(int(message["id"])), str(int(message["channel_id"]))
        return MessageEdited(
            event_key=f"{channel}/{number}/edited/{stamp}",
            raw=_raw(message),
            place=place,
            remote_id=RemoteId(number),
            text=content.text,
            spans=content.spans,
            edited_at=datetime.fromisoformat(str(stamp)).astimezone(UTC),
        )
    except JUNK as error:
        raise UnreadableEvent(f"The edit cannot be read: {error!r}") from error


def to_deleted(place: Place, channel_id: str, message_id: str) -> MessageDeleted:
    return MessageDeleted(
        event_key=f"{channel_id}/{message_id}/deleted",
        place=place,
        remote_id=RemoteId(message_id),
    )


def to_reaction(
    change: Json, place: Place, reactions: Sequence[str], occurrence: str
) -> ReactionChanged:
    """`reactions` are all that this person has there now; `occurrence` tells a repetition of the
    same change from the next one. Raises UnreadableEvent.
    """
    try:
        channel, number = str(int(change["channel_id"])), str(int(change["message_id"]))
        member = change.get("member") or {}
        person = member.get("user") or {"id": change["user_id"]}
        return ReactionChanged(
            event_key=f"{channel}/{number}/reacted/{person['id']}/{occurrence}",
            raw=_raw(change),
            place=place,
            remote_id=RemoteId(number),
            sender=sender_of(person, member),
            reactions=tuple(reactions),
        )
    except JUNK as error:
        raise UnreadableEvent(f"The reaction cannot be read: {error!r}") from error


def emoji_of(change: Json) -> str:
    """As text: the character, or `:name:` of a custom one. Raises UnreadableEvent."""
    try:
        emoji = change["emoji"]
        name = scrub(str(emoji.get("name") or "emoji"))
        return f":{name}:" if emoji.get("id") else name
    except JUNK as error:
        raise UnreadableEvent(f"The reaction cannot be read: {error!r}") from error


def to_typing(change: Json, place: Place) -> Typing:
    """Raises KeyError, ValueError on junk; nobody misses it."""
    number = str(int(change["user_id"]))
    return Typing(
        event_key=f"typing/{change['channel_id']}/{number}/{change.get('timestamp')}",
        place=place,
        sender=sender_of({"id": number}),
    )


def to_placeholder(
    name: str, body: object, error: UnreadableEvent, place: Place | None = None
) -> Unreadable:
    """What stands for something that cannot be read: its source, and why."""
    raw = _raw(body)
    key = hashlib.sha256(raw).hexdigest()[:32]
    sender = None
    if isinstance(body, Mapping):
        numbers = (body.get("channel_id"), body.get("id"))
        if all(isinstance(one, str) and one for one in numbers):
            key = f"{numbers[0]}/{numbers[1]}"
        try:
            sender = sender_of(body["author"], body.get("member"))
        except JUNK:
            sender = None
    return Unreadable(
        event_key=f"unreadable/{name}/{key}",
        raw=raw,
        reason=str(error),
        sender=sender,
        place=place if sender is not None else None,
    )


def to_params(message: OutboundMessage, text: str, channel_id: str) -> dict[str, Any]:
    """The body of "Create Message": nobody is pinged, and the same key is taken once."""
    params: dict[str, Any] = {
        "content": text,
        "nonce": nonce_of(message.key),
        "enforce_nonce": True,
        "allowed_mentions": {"parse": [], "replied_user": False},
        "tts": False,
    }
    answered = answered_id(message, channel_id)
    if answered is not None:
        params["message_reference"] = {
            "message_id": answered,
            "channel_id": channel_id,
            "fail_if_not_exists": False,
        }
    return params


def answered_id(message: OutboundMessage, channel_id: str) -> str | None:
    """The newest of a person's in this channel; the first part says so, for all."""
    if message.part:
        return None
    for ref in message.in_reply_to:
        channel, _, number = ref.key.partition("/")
        if ref.kind == THREAD_KEY and channel == channel_id and number.isdigit():
            return number
    return None


def _answers(message: Json) -> tuple[ThreadKey, ...]:
    reference = message.get("message_reference") or {}
    number = reference.get("message_id")
    if number is None or reference.get("type", 0) != 0:
        return ()
    channel = reference.get("channel_id") or message["channel_id"]
    key = f"{channel}/{number}"
    return (ThreadKey(THREAD_KEY, key), ThreadKey(OWN_THREAD_KEY, key))


def _raw(body: object) -> bytes:
    return json.dumps(body, sort_keys=True, default=str).encode()
