"""What the sandbox does with a message that a bot sends: destination, reply, buttons, texts."""

from typing import Any

from connectors.telegram.sandbox_answers import bad
from connectors.telegram.sandbox_calls import Call, Method
from connectors.telegram.sandbox_chats import SUPERGROUP, Chat, Post
from connectors.telegram.sandbox_network import Network
from connectors.telegram.sandbox_texts import MAX_CAPTION, MAX_TEXT, Formatted, read_text, units

ANSWER_WITHIN_HOURS = 24
BUTTON_KINDS = frozenset(
    {
        *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "pay"),
        *("switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text"),
        "callback_game",
    }
)
MAX_CALLBACK = 64
"""Bytes."""


def caption_of(call: Call, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """The fields of a caption: of the call, or of one medium of an album."""
    if given is None:
        arguments = call.arguments
        given = {
            "caption": arguments.text("caption"),
            "parse_mode": arguments.text("parse_mode"),
            "caption_entities": arguments.decoded("caption_entities"),
        }
    said = read_text(
        str(given.get("caption") or ""),
        str(given.get("parse_mode") or ""),
        given.get("caption_entities"),
        limit=MAX_CAPTION,
        what="message caption",
    )
    return _fields("caption", "caption_entities", said)


def text_of(call: Call) -> dict[str, Any]:
    """The fields of a text. Raises Refusal if it is empty, too long or cannot be parsed."""
    arguments = call.arguments
    if not arguments.text("text"):
        raise bad("message text is empty")
    said = read_text(
        arguments.text("text"),
        arguments.text("parse_mode"),
        arguments.decoded("entities"),
        limit=MAX_TEXT,
    )
    if not said.text:
        raise bad("text must be non-empty")
    return _fields("text", "entities", said)


def _fields(text: str, entities: str, said: Formatted) -> dict[str, Any]:
    fields: dict[str, Any] = {text: said.text} if said.text else {}
    if said.entities:
        fields[entities] = said.entities
    return fields


def markup_of(call: Call) -> dict[str, Any]:
    """The inline keyboard, checked. Other keyboards are taken and not kept, as in a Message."""
    markup = call.arguments.mapping("reply_markup")
    if not markup or "inline_keyboard" not in markup:
        return {}
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for button in (button for row in rows for button in row):
        if not isinstance(button, dict) or not button.get("text"):
            raise bad("can't parse inline keyboard button: text buttons are unallowed")
        if len(BUTTON_KINDS & button.keys()) != 1:
            raise bad(
                "can't parse inline keyboard button: text buttons are unallowed in the inline "
                "keyboard"
            )
        size = len(str(button.get("callback_data", "x")).encode())
        if not 1 <= size <= MAX_CALLBACK:
            raise bad("BUTTON_DATA_INVALID")
    kept = [row for row in rows if row]
    return {"reply_markup": {"inline_keyboard": kept}} if kept else {}


def reply_of(call: Call, chat: Chat) -> dict[str, Any]:
    """What is answered: `reply_to_message`, and the thread that this makes."""
    given = call.arguments.mapping("reply_parameters") or {
        "message_id": call.arguments.number("reply_to_message_id"),
        "allow_sending_without_reply": call.arguments.flag("allow_sending_without_reply"),
    }
    wanted = given.get("message_id")
    if not wanted:
        return {}
    elsewhere = given.get("chat_id")
    is_here = isinstance(wanted, int) and elsewhere in (None, chat.id, str(chat.id))
    found = chat.post(wanted) if is_here else None
    if found is None:
        if given.get("allow_sending_without_reply"):
            return {}
        raise bad("message to be replied not found")
    return answering(chat, found, quote=str(given.get("quote") or ""))


def answering(chat: Chat, answered: Post, quote: str = "") -> dict[str, Any]:
    """The fields of a message that answers another."""
    inner = {name: value for name, value in answered.body.items() if name != "reply_to_message"}
    fields: dict[str, Any] = {"reply_to_message": inner}
    if quote:
        if quote not in answered.text:
            raise bad("QUOTE_TEXT_INVALID")
        before = answered.text.partition(quote)[0]
        fields["quote"] = {"text": quote, "position": units(before), "is_manual": True}
    if chat.kind == SUPERGROUP and not chat.is_direct_messages:
        root = answered.body.get("message_thread_id", answered.message_id)
        if answered.body.get("is_topic_message") or not chat.is_forum:
            fields["message_thread_id"] = root
        if answered.body.get("is_topic_message"):
            fields["is_topic_message"] = True
    return fields


def thread_of(call: Call, chat: Chat) -> dict[str, Any]:
    """The topic that was asked for."""
    if chat.is_direct_messages:
        topic = call.arguments.number("direct_messages_topic_id")
        if topic not in chat.topics:
            raise bad("direct messages topic not found")
        person = call.network.accounts[topic]
        return {"direct_messages_topic": {"topic_id": topic, "user": person.to_json()}}
    thread = call.arguments.number("message_thread_id")
    if not thread:
        return {}
    if thread in chat.topics:
        if thread in chat.closed_topics:
            raise bad("TOPIC_CLOSED")
        return {"message_thread_id": thread, "is_topic_message": True}
    if chat.post(thread) is None or chat.is_forum:
        raise bad("message thread not found")
    return {"message_thread_id": thread}


def deliver(call: Call, chat: Chat, content: dict[str, Any]) -> Post:
    """The message is there: of this bot, or of whom it speaks for."""
    fields = {**thread_of(call, chat), **reply_of(call, chat), **content, **markup_of(call)}
    if call.arguments.flag("protect_content"):
        fields["has_protected_content"] = True
    speaker = call.bot.account
    if chat.business:
        business = call.network.businesses[chat.business]
        check_answerable(call.network, chat)
        speaker = call.network.accounts[business.owner]
        fields["business_connection_id"] = business.id
        fields["sender_business_bot"] = call.bot.account.to_json()
    post = call.network.say(chat, speaker, fields)
    post.by = call.bot.id
    call.network.keep_post(chat, post)
    return post


def check_answerable(network: Network, chat: Chat) -> None:
    """A business bot speaks only where the customer did within the last 24 hours."""
    since = network.epoch() - ANSWER_WITHIN_HOURS * 3600
    if not any(post.body["date"] > since and post.by == chat.id for post in chat.posts.values()):
        raise bad("BUSINESS_PEER_USAGE_MISSING")


async def send_message(call: Call) -> Any:
    content = text_of(call)
    chat = call.chat()
    call.limits.check(chat)
    return call.shown(deliver(call, chat, content).body)


async def send_location(call: Call) -> Any:
    place: dict[str, float] = {}
    for name, limit in (("latitude", 90), ("longitude", 180)):
        text = call.arguments.text(name)
        if not text:
            raise bad(f"{name} is empty")
        try:
            place[name] = float(text)
        except ValueError as error:
            raise bad("can't parse location") from error
        if abs(place[name]) > limit:
            raise bad("wrong latitude or longitude specified")
    chat = call.chat()
    call.limits.check(chat)
    return call.shown(deliver(call, chat, {"location": place}).body)


METHODS: dict[str, Method] = {"sendmessage": send_message, "sendlocation": send_location}
