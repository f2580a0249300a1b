"""What a bot does with messages that are there: edits, deletes, reactions, answers, signs."""

from datetime import timedelta
from typing import Any

from connectors.telegram.sandbox_answers import bad
from connectors.telegram.sandbox_calls import Call, Method
from connectors.telegram.sandbox_chats import IN_CHARGE, PRIVATE, Chat, Post
from connectors.telegram.sandbox_reactions import EMOJI, VARIATION
from connectors.telegram.sandbox_sending import caption_of, markup_of, text_of

DELETABLE_FOR = timedelta(hours=48)
ANSWERABLE_FOR = timedelta(minutes=15)
"""How long a pressed button waits; the real time is not published."""
MAX_ANSWER = 200
MAX_DELETED = 100
ACTIONS = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice"),
        *("upload_voice", "upload_document", "choose_sticker", "find_location"),
        *("record_video_note", "upload_video_note"),
    }
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def edit_message_text(call: Call) -> Any:
    content = text_of(call)
    chat, post = call.post("message to edit")
    _check_own(call, post)
    if "text" not in post.body:
        raise bad("there is no text in the message to edit")
    return _edit(call, chat, post, {"text", "entities"}, content)


async def edit_message_caption(call: Call) -> Any:
    content = caption_of(call)
    chat, post = call.post("message to edit")
    _check_own(call, post)
    if "text" in post.body or "location" in post.body:
        raise bad("there is no caption in the message to edit")
    return _edit(call, chat, post, {"caption", "caption_entities"}, content)


async def edit_message_reply_markup(call: Call) -> Any:
    chat, post = call.post("message to edit")
    _check_own(call, post)
    return _edit(call, chat, post, set(), {})


def _check_own(call: Call, post: Post) -> None:
    if post.by != call.bot.id:
        raise bad("message can't be edited")


def _edit(call: Call, chat: Chat, post: Post, names: set[str], content: dict[str, Any]) -> Any:
    fields = {**content, **markup_of(call)}
    names = names | {"reply_markup"}
    if {name: post.body[name] for name in names if name in post.body} == fields:
        raise bad(NOT_MODIFIED)
    for name in names:
        post.body.pop(name, None)
    post.body.update(fields, edit_date=call.network.epoch())
    call.network.keep_post(chat, post)
    return call.shown(post.body)


async def delete_message(call: Call) -> Any:
    chat, post = call.post("message to delete")
    age = call.network.epoch() - post.body["date"]
    in_charge = chat.members.get(call.bot.id) in IN_CHARGE
    is_allowed = post.by == call.bot.id or chat.kind == PRIVATE or in_charge
    if age > DELETABLE_FOR.total_seconds() or not is_allowed:
        raise bad("message can't be deleted")
    post.is_deleted = True
    call.network.keep_post(chat, post)
    return True


async def set_message_reaction(call: Call) -> Any:
    given = call.arguments.decoded("reaction") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise bad("can't parse reaction types JSON object")
    chat, post = call.post("message to react", writes=False)
    for one in given:
        emoji = str(one.get("emoji", "")).replace(VARIATION, "")
        if one.get("type") != "emoji" or emoji not in EMOJI:
            raise bad("REACTION_INVALID")
    if len(given) > 1:
        raise bad("REACTIONS_TOO_MANY")
    post.reactions = {**post.reactions, call.bot.id: given}
    call.network.keep_post(chat, post)
    return True


async def answer_callback_query(call: Call) -> Any:
    query = call.arguments.text("callback_query_id")
    if len(call.arguments.text("text")) > MAX_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    pressed_at = call.network.questions.pop(query, None)
    if pressed_at is None or call.network.clock.now() - pressed_at > ANSWERABLE_FOR:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    call.network.answers[query] = dict(call.arguments.values)
    return True


async def send_chat_action(call: Call) -> Any:
    action = call.arguments.text("action").lower()
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat = call.chat()
    call.network.signs.append((chat.id, action))
    return True


async def read_business_message(call: Call) -> Any:
    call.business("can_read_messages")
    chat, _ = call.post("message", writes=False)
    call.network.signs.append((chat.id, "read"))
    return True


async def delete_business_messages(call: Call) -> Any:
    """They are named without their chat: in a business account an id is one message."""
    business = call.business()
    ids = call.arguments.decoded("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MAX_DELETED:
        raise bad("message identifiers are not specified")
    chats = [chat for chat in call.network.chats.values() if chat.business == business.id]
    found = [(chat, post) for chat in chats for post in map(chat.post, ids) if post is not None]
    if len(found) != len(ids) or len({chat.id for chat, _ in found}) > 1:
        raise bad("MESSAGE_ID_INVALID")
    for _, post in found:
        right = "can_delete_sent_messages" if post.by == call.bot.id else "can_delete_all_messages"
        call.business(right)
    for chat, post in found:
        post.is_deleted = True
        call.network.keep_post(chat, post)
    return True


METHODS: dict[str, Method] = {
    "editmessagetext": edit_message_text,
    "editmessagecaption": edit_message_caption,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "setmessagereaction": set_message_reaction,
    "answercallbackquery": answer_callback_query,
    "sendchataction": send_chat_action,
    "readbusinessmessage": read_business_message,
    "deletebusinessmessages": delete_business_messages,
}
