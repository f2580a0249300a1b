"""Routes of messages and reactions at the sandbox's REST API."""

import mimetypes
from dataclasses import replace
from typing import Any

from connectors.discord.sandbox_content import SentFile, check_body
from connectors.discord.sandbox_messages import Draft
from connectors.discord.sandbox_objects import snapshot_of
from connectors.discord.sandbox_permissions import Permission, may, sees
from connectors.discord.sandbox_records import (
    FORUMS,
    THREADS,
    Channel,
    ChannelKind,
    Message,
    MessageFlag,
    MessageKind,
)
from connectors.discord.sandbox_refusals import invalid, refusal
from connectors.discord.sandbox_rest import Call, Route

LARGEST_PAGE = 100


async def list_messages(call: Call) -> Any:
    """Newest first. Without READ_MESSAGE_HISTORY an empty list, not an error."""
    channel = call.channel()
    if channel.kind in FORUMS or channel.kind is ChannelKind.CATEGORY:
        raise refusal(50024)
    query = call.request.query
    limit = _page_size(query.get("limit", "50"))
    anchors = [name for name in ("before", "after", "around") if name in query]
    if len(anchors) > 1:
        raise invalid(
            anchors[1], "BASE_TYPE_CHOICES", "before, after and around are mutually exclusive"
        )
    if not may(call.on.world, channel, call.bot_id, Permission.READ_MESSAGE_HISTORY):
        return []
    every = [
        one
        for _, one in sorted(call.on.world.messages_in(channel).items())
        if one.seen_only_by is None
    ]
    anchor = int(query[anchors[0]]) if anchors else 0
    match anchors:
        case ["before"]:
            page = [one for one in every if one.id < anchor][-limit:]
        case ["after"]:
            page = [one for one in every if one.id > anchor][:limit]
        case ["around"]:
            older = [one for one in every if one.id < anchor][-(limit // 2) :]
            newer = [one for one in every if one.id >= anchor][: limit - len(older)]
            page = older + newer
        case _:
            page = every[-limit:]
    return [call.on.objects.message(one) for one in reversed(page)]


async def get_message(call: Call) -> Any:
    channel = call.channel(needed=Permission.READ_MESSAGE_HISTORY)
    return call.on.objects.message(call.message(channel))


async def create_message(call: Call) -> Any:
    channel = call.channel()
    check_place(call, channel)
    check_body(call.body, call.files, call.on.settings)
    known = _same_nonce(call)
    if known is not None:
        return call.on.objects.message(known)
    draft = replace(draft_of(call.body, call.files), **_reference(call, channel))
    call.on.threads.speak(channel, call.bot_id)
    return call.on.objects.message(call.on.messages.post(channel, call.bot_id, draft))


async def get_reactions(call: Call) -> Any:
    """Who reacted so."""
    channel = call.channel(needed=Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    name, number = emoji_of(call)
    for one in message.reactions:
        if (one.emoji_name, one.emoji_id) == (name, number):
            return [call.on.objects.profile(person) for person in one.people]
    return []


def emoji_of(call: Call) -> tuple[str, int | None]:
    """A character, or `name:id` of a guild's own. Raises 10014 for anything else."""
    text = call.request.match_info["emoji"]
    name, _, number = text.partition(":")
    if number.isdigit():
        return name, int(number)
    if not text or text.isascii() or len(text) > 12:
        raise refusal(10014)
    return text, None


def check_place(call: Call, channel: Channel) -> None:
    """Whether the bot may speak there at all."""
    world = call.on.world
    if channel.kind is ChannelKind.DM:
        assert channel.recipient_id is not None
        check_recipient(call, channel.recipient_id)
        return
    if channel.kind in FORUMS:
        raise refusal(40058)
    if channel.kind is ChannelKind.CATEGORY:
        raise refusal(50008)
    if channel.kind in THREADS:
        assert channel.thread is not None
        call.need(channel, Permission.SEND_MESSAGES_IN_THREADS)
        is_moderator = may(world, channel, call.bot_id, Permission.MANAGE_THREADS)
        if channel.thread.is_locked and not is_moderator:
            raise refusal(160005)
    else:
        call.need(channel, Permission.SEND_MESSAGES)
    if call.files:
        call.need(channel, Permission.ATTACH_FILES)


def check_recipient(call: Call, person_id: int) -> None:
    """50007: closed to us; 50278: no common guild, and the app isn't installed either."""
    person = call.on.world.profiles[person_id]
    if person.is_bot or person.has_blocked_bot or not person.accepts_dms:
        raise refusal(50007)
    if not person.has_app and not any(
        person_id in guild.members and call.bot_id in guild.members
        for guild in call.on.world.guilds.values()
    ):
        raise refusal(50278)


def _same_nonce(call: Call) -> Message | None:
    """With enforce_nonce, the message that this author made with it a short while ago.

    By the documentation in any channel.
    """
    nonce = call.body.get("nonce")
    if nonce is None or not call.body.get("enforce_nonce"):
        return None
    since = call.on.world.clock.now() - call.on.settings.nonce_window
    return call.on.messages.with_nonce(call.bot_id, nonce, since)


def draft_of(body: dict[str, Any], files: dict[int, SentFile]) -> Draft:
    """Of a checked body."""
    described = {str(one.get("id")): one for one in body.get("attachments") or []}
    return Draft(
        text=body.get("content") or "",
        files=[_typed(files[number]) for number in sorted(files)],
        descriptions=[described.get(str(one), {}).get("description") for one in sorted(files)],
        embeds=[{**one, "type": "rich"} for one in body.get("embeds") or []],
        components=body.get("components") or [],
        poll=body.get("poll"),
        allowed_mentions=body.get("allowed_mentions"),
        nonce=body.get("nonce"),
        flags=body.get("flags") or 0,
        is_tts=bool(body.get("tts")),
    )


def _typed(file: SentFile) -> SentFile:
    """Discord tells the kind by the name: what the client says in the part doesn't count."""
    return replace(file, media_type=mimetypes.guess_type(file.name)[0])


def _reference(call: Call, channel: Channel) -> dict[str, Any]:
    wish = call.body.get("message_reference")
    if not wish:
        return {}
    if wish.get("type") == 1:
        return _forward(call, wish)
    if not may(call.on.world, channel, call.bot_id, Permission.READ_MESSAGE_HISTORY):
        raise refusal(160002)
    found = call.on.world.message(channel, int(wish.get("message_id") or 0))
    if found is None:
        if wish.get("fail_if_not_exists", True):
            raise invalid(
                "message_reference",
                "REPLIES_UNKNOWN_MESSAGE",
                "Unknown message",
            )
        return {}
    if found.kind not in {MessageKind.DEFAULT, MessageKind.REPLY, MessageKind.COMMAND}:
        raise invalid(
            "message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to it"
        )
    return {"replied_to": found, "reference": reference_to(found, channel)}


def _forward(call: Call, wish: dict[str, Any]) -> dict[str, Any]:
    source = call.on.world.channels.get(int(wish.get("channel_id") or 0))
    message = None
    if source is not None and sees(call.on.world, source, call.bot_id):
        message = call.on.world.message(source, int(wish.get("message_id") or 0))
    if source is None or message is None:
        raise refusal(10008)
    return {
        "flags": int(MessageFlag.HAS_SNAPSHOT),
        "reference": reference_to(message, source, kind=1),
        "snapshots": [snapshot_of(message)],
    }


def reference_to(message: Message, channel: Channel, kind: int = 0) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": kind,
        "channel_id": str(channel.id),
        "message_id": str(message.id),
    }
    if channel.guild_id is not None:
        shown["guild_id"] = str(channel.guild_id)
    return shown


def _page_size(text: str) -> int:
    size = int(text) if text.isascii() and text.isdigit() else 0
    if size < 1:
        raise invalid("limit", "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")
    if size > LARGEST_PAGE:
        raise invalid(
            "limit",
            "NUMBER_TYPE_MAX",
            f"int value should be less than or equal to {LARGEST_PAGE}.",
        )
    return size


ROUTES = (
    Route(method="GET", template="/channels/{channel}/messages", respond=list_messages),
    Route(method="POST", template="/channels/{channel}/messages", respond=create_message),
    Route(method="GET", template="/channels/{channel}/messages/{message}", respond=get_message),
    Route(
        method="GET",
        template="/channels/{channel}/messages/{message}/reactions/{emoji}",
        respond=get_reactions,
    ),
)
