"""Who writes on Telegram, and where, from the JSON of a message. Pure.

A numeric id is for ever; names and usernames change hands, so they are only shown.
"""

from typing import Any

from connectors.telegram.address import Address
from core.ids import RemotePlace
from core.messages import Place, PlaceKind, Sender, scrub
from core.people import Evidence, EvidenceKind

Json = dict[str, Any]
REALM = "telegram"
ANONYMOUS = (1087968824, 136817688, 777000)
"""@GroupAnonymousBot, @Channel_Bot and Telegram itself: who speaks stands in `sender_chat`."""
MAX_NAME = 200


def address_of(message: Json) -> Address:
    """Raises KeyError, TypeError, ValueError."""
    topic = message.get("direct_messages_topic") or {}
    in_topic = message.get("is_topic_message") and message.get("message_thread_id")
    return Address(
        chat_id=int(message["chat"]["id"]),
        thread_id=int(in_topic) if in_topic else None,
        topic_id=int(topic["topic_id"]) if topic else None,
        business_id=scrub(str(message.get("business_connection_id") or "")),
    )


def place_of(message: Json) -> Place:
    """Raises KeyError, TypeError, ValueError."""
    chat, address = message["chat"], address_of(message)
    title = scrub(str(chat.get("title") or ""))
    if address.business_id:
        connection = business_of(address.business_id).remote
        return Place(remote=address.remote, kind=PlaceKind.DIRECT, parent=connection)
    if address.topic_id is not None or chat.get("type") == "private":
        return Place(remote=address.remote, kind=PlaceKind.DIRECT, title=title[:MAX_NAME])
    if address.thread_id is None:
        return Place(remote=address.remote, kind=PlaceKind.GROUP, title=title[:MAX_NAME])
    topic = _topic_name(message)
    return Place(
        remote=address.remote,
        kind=PlaceKind.THREAD,
        title=(f"{title}: {topic}" if topic else title)[:MAX_NAME],
        parent=Address(chat_id=address.chat_id).remote,
    )


def business_of(connection_id: str) -> Place:
    """What all chats of a business account have above them. Nobody writes there."""
    return Place(remote=RemotePlace(f"business={connection_id}"))


def sender_of(message: Json) -> Sender:
    """A channel or an anonymous group admin speaks as that chat. Raises KeyError and the like."""
    chat = message.get("sender_chat")
    if isinstance(chat, dict):
        name = chat.get("title") or chat.get("username") or ""
        return sender(int(chat["id"]), scrub(str(name)))
    return sender_from(message["from"])


def sender_from(person: Json) -> Sender:
    """Of a `User` object. Raises KeyError, TypeError, ValueError."""
    language = person.get("language_code")
    return sender(
        int(person["id"]), full_name(person), language=scrub(str(language)) if language else None
    )


def sender(number: int, shown_as: str, *, language: str | None = None) -> Sender:
    return Sender(
        realm=REALM,
        handle=str(number),
        shown_as=shown_as[:MAX_NAME],
        evidence=(Evidence(kind=EvidenceKind.NETWORK_ID, proof={"telegram_id": str(number)}),),
        language=language,
    )


def full_name(person: Json) -> str:
    """First and last name, and the username behind them."""
    name = " ".join(str(person[key]) for key in ("first_name", "last_name") if person.get(key))
    username = person.get("username")
    return scrub(" ".join(filter(None, (name, f"(@{username})" if username else ""))))


def _topic_name(message: Json) -> str:
    answered = message.get("reply_to_message")
    for found in (message, answered if isinstance(answered, dict) else {}):
        for key in ("forum_topic_edited", "forum_topic_created"):
            topic = found.get(key)
            if isinstance(topic, dict) and topic.get("name"):
                return scrub(str(topic["name"]))
    return ""
