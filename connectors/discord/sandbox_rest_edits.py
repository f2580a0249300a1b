"""Routes that change or remove what was said at the sandbox's REST API, and signs of life."""

from datetime import timedelta
from typing import Any

from connectors.discord.sandbox_content import (
    allowed,
    check_allowed_mentions,
    check_embeds,
    check_files,
    check_text,
    mentions_in,
)
from connectors.discord.sandbox_permissions import Permission, may
from connectors.discord.sandbox_records import (
    Channel,
    ChannelKind,
    Message,
    MessageFlag,
    MessageKind,
)
from connectors.discord.sandbox_refusals import Refusal, refusal
from connectors.discord.sandbox_rest import Call, Route
from connectors.discord.sandbox_rest_messages import draft_of, emoji_of
from connectors.discord.sandbox_values import created_at

OLDEST_IN_BULK = timedelta(weeks=2)
REACTIONS = 20


async def edit_message(call: Call) -> Any:
    channel = call.channel()
    message = call.message(channel)
    if message.author_id != call.bot_id:
        raise refusal(50005)
    check_active(call, channel)
    change_message(call, channel, message, call.body)
    return call.on.objects.message(message)


def change_message(call: Call, channel: Channel, message: Message, body: dict[str, Any]) -> None:
    """Files that come are appended; `attachments` names those that stay."""
    if message.flags & MessageFlag.VOICE:
        raise Refusal(400, 50162, "Voice messages cannot be edited.")
    changes: dict[str, Any] = {}
    check_allowed_mentions(body.get("allowed_mentions"))
    check_files(body, call.files, call.on.settings)
    if "content" in body:
        text = check_text(body).strip()
        guild = call.on.world.guilds.get(channel.guild_id or 0)
        found = mentions_in(text, guild, set(call.on.world.profiles))
        left = allowed(found, body.get("allowed_mentions"), None)
        changes |= {
            "content": text,
            "mention_ids": left.people,
            "mention_role_ids": left.roles,
            "mentions_everyone": left.everyone,
        }
    if "embeds" in body:
        check_embeds(body["embeds"] or [])
        changes["embeds"] = [{**one, "type": "rich"} for one in body["embeds"] or []]
    if "components" in body:
        changes["components"] = body["components"] or []
    uploads = message.uploads
    if body.get("attachments") is not None:
        kept = {str(one.get("id")) for one in body["attachments"]}
        uploads = [one for one in uploads if str(one.id) in kept]
    if call.files:
        draft = draft_of(body, call.files)
        uploads = [*uploads, *call.on.messages.uploads(channel, draft)]
    changes["uploads"] = uploads
    content = changes.get("content", message.content)
    embeds = changes.get("embeds", message.embeds)
    if not (content or embeds or uploads or changes.get("components", message.components)):
        raise refusal(50006)
    message.flags &= ~MessageFlag.LOADING
    call.on.messages.edit(channel, message, changes)


def check_active(call: Call, channel: Channel) -> None:
    """Only active threads can be worked in, and locked ones by moderators alone."""
    if channel.thread is None:
        return
    if channel.thread.is_archived:
        raise refusal(50083)
    is_moderator = may(call.on.world, channel, call.bot_id, Permission.MANAGE_THREADS)
    if channel.thread.is_locked and not is_moderator:
        raise refusal(160005)


async def delete_message(call: Call) -> Any:
    """In an archived thread too."""
    channel = call.channel()
    message = call.message(channel)
    if message.kind is MessageKind.THREAD_STARTER:
        raise refusal(50021)
    if message.author_id != call.bot_id:
        if channel.kind is ChannelKind.DM:
            raise refusal(50003)
        call.need(channel, Permission.MANAGE_MESSAGES)
    call.on.messages.remove(channel, message)


async def delete_messages(call: Call) -> Any:
    channel = call.channel()
    if channel.kind is ChannelKind.DM:
        raise refusal(50003)
    call.need(channel, Permission.MANAGE_MESSAGES)
    numbers = [int(one) for one in call.body.get("messages") or []]
    if not 2 <= len(numbers) <= 100 or len(set(numbers)) != len(numbers):
        raise refusal(50016)
    oldest = call.on.world.clock.now() - OLDEST_IN_BULK
    if any(created_at(one) < oldest for one in numbers):
        raise refusal(50034)
    found = [call.on.world.message(channel, one) for one in numbers]
    call.on.messages.remove_all(channel, [one for one in found if one is not None])


async def add_reaction(call: Call) -> Any:
    channel = call.channel(needed=Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    check_active(call, channel)
    name, number = emoji_of(call)
    known = {(one.emoji_name, one.emoji_id) for one in message.reactions}
    if (name, number) not in known:
        call.need(channel, Permission.ADD_REACTIONS)
        if len(known) >= REACTIONS:
            raise refusal(30010)
    call.on.messages.react(channel, message, call.bot_id, name, number)


async def remove_reaction(call: Call) -> Any:
    channel = call.channel()
    message = call.message(channel)
    check_active(call, channel)
    call.on.messages.unreact(channel, message, call.bot_id, *emoji_of(call))


async def type_in(call: Call) -> Any:
    channel = call.channel()
    if channel.kind is not ChannelKind.DM:
        call.need(
            channel,
            Permission.SEND_MESSAGES
            if channel.thread is None
            else Permission.SEND_MESSAGES_IN_THREADS,
        )
    call.on.typing.setdefault(channel.id, []).append(call.on.world.clock.now())


async def pin_message(call: Call) -> Any:
    channel = call.channel(needed=Permission.PIN_MESSAGES)
    call.on.messages.pin(channel, call.message(channel))


_MESSAGE = "/channels/{channel}/messages/{message}"
ROUTES = (
    Route(
        method="POST", template="/channels/{channel}/messages/bulk-delete", respond=delete_messages
    ),
    Route(method="PATCH", template=_MESSAGE, respond=edit_message),
    Route(method="DELETE", template=_MESSAGE, respond=delete_message),
    Route(method="PUT", template=_MESSAGE + "/reactions/{emoji}/@me", respond=add_reaction),
    Route(method="DELETE", template=_MESSAGE + "/reactions/{emoji}/@me", respond=remove_reaction),
    Route(method="POST", template="/channels/{channel}/typing", respond=type_in),
    Route(
        method="PUT", template="/channels/{channel}/messages/pins/{message}", respond=pin_message
    ),
)
