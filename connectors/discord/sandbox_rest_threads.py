"""Routes of threads and guilds at the sandbox's REST API."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from connectors.discord.sandbox_content import check_body
from connectors.discord.sandbox_permissions import Permission, may, sees
from connectors.discord.sandbox_records import FORUMS, THREADS, Channel, ChannelKind
from connectors.discord.sandbox_refusals import invalid, refusal, required
from connectors.discord.sandbox_rest import Call, Route
from connectors.discord.sandbox_rest_edits import check_active
from connectors.discord.sandbox_rest_guilds import guild_of
from connectors.discord.sandbox_rest_messages import draft_of
from connectors.discord.sandbox_sessions import Intent

_ARCHIVE_MINUTES = frozenset({60, 1440, 4320, 10080})


async def start_from_message(call: Call) -> Any:
    channel = call.channel(needed=Permission.CREATE_PUBLIC_THREADS)
    if channel.kind not in {ChannelKind.TEXT, ChannelKind.NEWS}:
        raise refusal(50024)
    message = call.message(channel)
    if message.id in call.on.world.channels:
        raise refusal(160004)
    thread = call.on.threads.start(
        channel,
        call.bot_id,
        _name(call),
        kind=ChannelKind.PUBLIC_THREAD
        if channel.kind is ChannelKind.TEXT
        else ChannelKind.NEWS_THREAD,
        message=message,
        auto_archive_minutes=_minutes(call),
    )
    return call.on.objects.channel(thread)


async def start(call: Call) -> Any:
    """In a forum it is a post. The kind defaults to a private thread."""
    channel = call.channel()
    if channel.kind in FORUMS:
        return _post(call, channel)
    if channel.kind not in {ChannelKind.TEXT, ChannelKind.NEWS}:
        raise refusal(50024)
    kind = call.body.get("type", int(ChannelKind.PRIVATE_THREAD))
    if kind not in {int(one) for one in THREADS}:
        raise invalid("type", "BASE_TYPE_CHOICES", "Value must be one of (10, 11, 12).")
    is_private = kind == ChannelKind.PRIVATE_THREAD
    call.need(
        channel,
        Permission.CREATE_PRIVATE_THREADS if is_private else Permission.CREATE_PUBLIC_THREADS,
    )
    thread = call.on.threads.start(
        channel,
        call.bot_id,
        _name(call),
        kind=ChannelKind(kind),
        auto_archive_minutes=_minutes(call),
    )
    return call.on.objects.channel(thread)


def _post(call: Call, forum: Channel) -> Any:
    call.need(forum, Permission.SEND_MESSAGES)
    name = _name(call)
    body = call.body.get("message")
    if not isinstance(body, dict):
        raise required("message")
    check_body(body, call.files, call.on.settings)
    tags = [int(one) for one in call.body.get("applied_tags") or []]
    if forum.requires_tag and not tags:
        raise refusal(40067)
    known = {one.id for one in forum.tags}
    if any(one not in known for one in tags):
        raise invalid("applied_tags", "INVALID_TAG", "Unknown tag")
    draft = draft_of(body, call.files)
    thread, message = call.on.threads.post(forum, call.bot_id, name, draft, tags)
    return {**call.on.objects.channel(thread), "message": call.on.objects.message(message)}


def _thread(call: Call) -> Channel:
    channel = call.channel()
    if channel.thread is None:
        raise refusal(50024)
    return channel


def _unarchived(call: Call) -> Channel:
    thread = _thread(call)
    assert thread.thread is not None
    if thread.thread.is_archived:
        raise refusal(50083)
    return thread


async def join(call: Call) -> Any:
    thread = _unarchived(call)
    call.on.threads.add(thread, call.bot_id)


async def leave(call: Call) -> Any:
    thread = _unarchived(call)
    call.on.threads.remove_member(thread, call.bot_id)


async def add_member(call: Call) -> Any:
    thread = _thread(call)
    check_active(call, thread)
    call.need(thread, Permission.SEND_MESSAGES_IN_THREADS)
    number = call.number("person")
    if number not in call.on.guilds.guild_of(thread).members:
        raise refusal(10007)
    call.on.threads.add(thread, number)


async def list_members(call: Call) -> Any:
    """Only with GUILD_MEMBERS switched on."""
    thread = _thread(call)
    assert thread.thread is not None
    if not call.on.settings.privileged_intents & Intent.GUILD_MEMBERS:
        raise refusal(50001)
    return [call.on.objects.thread_member(thread, one) for one in thread.thread.members]


async def get_member(call: Call) -> Any:
    thread = _thread(call)
    assert thread.thread is not None
    number = call.number("person")
    if number not in thread.thread.members:
        raise refusal(10007)
    return call.on.objects.thread_member(thread, number)


async def edit_channel(call: Call) -> Any:
    channel = call.channel()
    if channel.kind is ChannelKind.DM:
        raise refusal(50024)
    if channel.thread is None:
        call.need(channel, Permission.MANAGE_CHANNELS)
        channel.name = str(call.body.get("name", channel.name))
        channel.topic = call.body.get("topic", channel.topic)
        channel.slowmode_seconds = call.body.get("rate_limit_per_user") or 0
        call.on.guilds.update_channel(channel)
    else:
        _edit_thread(call, channel)
    return call.on.objects.channel(channel)


def _edit_thread(call: Call, channel: Channel) -> None:
    thread = channel.thread
    assert thread is not None
    body = call.body
    is_moderator = may(call.on.world, channel, call.bot_id, Permission.MANAGE_THREADS)
    opens = body.get("archived") is False
    if thread.is_archived and not opens:
        raise refusal(50083)
    if not is_moderator:
        is_owner = thread.owner_id == call.bot_id
        if thread.is_locked and not is_owner:
            raise refusal(160005)
        if "locked" in body or "rate_limit_per_user" in body:
            raise refusal(50013)
        if set(body) - {"archived"} and not is_owner:
            raise refusal(50013)
        if body.get("archived") and not is_owner:
            raise refusal(50013)
    if "name" in body:
        channel.name = _name(call)
    if "locked" in body:
        thread.is_locked = bool(body["locked"])
    if "applied_tags" in body:
        thread.tag_ids = [int(one) for one in body["applied_tags"]]
    if body.get("rate_limit_per_user") is not None:
        channel.slowmode_seconds = body["rate_limit_per_user"]
    if "auto_archive_duration" in body:
        thread.auto_archive_minutes = _minutes(call)
    if "archived" in body and body["archived"] != thread.is_archived:
        call.on.threads.set_archived(channel, is_archived=body["archived"])
    else:
        call.on.threads.update(channel)


async def delete_channel(call: Call) -> Any:
    """Of a DM: it is closed, and opens again with the next message."""
    channel = call.channel()
    shown = call.on.objects.channel(channel)
    if channel.kind is ChannelKind.DM:
        return shown
    if channel.thread is not None:
        call.need(channel, Permission.MANAGE_THREADS)
        call.on.threads.delete(channel)
    else:
        call.need(channel, Permission.MANAGE_CHANNELS)
        call.on.guilds.delete_channel(channel)
    return shown


async def list_public_archived(call: Call) -> Any:
    parent = call.channel(needed=Permission.READ_MESSAGE_HISTORY)
    kinds = {ChannelKind.PUBLIC_THREAD, ChannelKind.NEWS_THREAD}
    return _page(call, _archived(call, parent, lambda one: one.kind in kinds), by_time=True)


async def list_private_archived(call: Call) -> Any:
    parent = call.channel(needed=Permission.READ_MESSAGE_HISTORY | Permission.MANAGE_THREADS)
    found = _archived(call, parent, lambda one: one.kind is ChannelKind.PRIVATE_THREAD)
    return _page(call, found, by_time=True)


async def list_joined_archived(call: Call) -> Any:
    parent = call.channel(needed=Permission.READ_MESSAGE_HISTORY)
    found = _archived(
        call,
        parent,
        lambda one: (
            one.kind is ChannelKind.PRIVATE_THREAD
            and one.thread is not None
            and call.bot_id in one.thread.members
        ),
    )
    return _page(call, found, by_time=False)


def _archived(call: Call, parent: Channel, condition: Callable[[Channel], bool]) -> list[Channel]:
    assert parent.guild_id is not None
    return [
        one
        for one in call.on.world.threads_of(parent.guild_id)
        if one.parent_id == parent.id
        and one.thread is not None
        and one.thread.is_archived
        and condition(one)
    ]


def _page(call: Call, threads: list[Channel], *, by_time: bool) -> Any:
    """Newest archived first, or highest number first."""
    query = call.request.query
    limit = int(query.get("limit", "50"))
    before = query.get("before")
    if by_time:
        threads = sorted(threads, key=_archived_at, reverse=True)
        if before is not None:
            until = datetime.fromisoformat(before)
            threads = [one for one in threads if _archived_at(one) < until]
    else:
        threads = sorted(threads, key=lambda one: one.id, reverse=True)
        if before is not None:
            threads = [one for one in threads if one.id < int(before)]
    return _listed(call, threads[:limit], has_more=len(threads) > limit)


def _archived_at(channel: Channel) -> datetime:
    assert channel.thread is not None
    return channel.thread.archived_at


def _listed(call: Call, threads: Sequence[Channel], *, has_more: bool) -> dict[str, Any]:
    return {
        "threads": [call.on.objects.channel(one) for one in threads],
        "members": [
            call.on.objects.thread_member(one, call.bot_id)
            for one in threads
            if one.thread is not None and call.bot_id in one.thread.members
        ],
        "has_more": has_more,
    }


async def list_active(call: Call) -> Any:
    guild = guild_of(call)
    threads = [
        one
        for one in call.on.world.threads_of(guild.id)
        if one.thread is not None
        and not one.thread.is_archived
        and sees(call.on.world, one, call.bot_id)
    ]
    newest = sorted(threads, key=lambda one: one.id, reverse=True)
    listed = _listed(call, newest, has_more=False)
    return {"threads": listed["threads"], "members": listed["members"]}


def _name(call: Call) -> str:
    name = call.body.get("name")
    if not name:
        raise required("name")
    if len(name) > 100:
        raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return str(name)


def _minutes(call: Call) -> int:
    minutes: int = call.body.get("auto_archive_duration") or 1440
    if minutes not in _ARCHIVE_MINUTES:
        raise invalid(
            "auto_archive_duration",
            "BASE_TYPE_CHOICES",
            "Value must be one of (60, 1440, 4320, 10080).",
        )
    return minutes


_MEMBERS = "/channels/{channel}/thread-members"
ROUTES = (
    Route(
        method="POST",
        template="/channels/{channel}/messages/{message}/threads",
        respond=start_from_message,
        success=201,
    ),
    Route(method="POST", template="/channels/{channel}/threads", respond=start, success=201),
    Route(method="PUT", template=_MEMBERS + "/@me", respond=join),
    Route(method="DELETE", template=_MEMBERS + "/@me", respond=leave),
    Route(method="PUT", template=_MEMBERS + "/{person}", respond=add_member),
    Route(method="GET", template=_MEMBERS + "/{person}", respond=get_member),
    Route(method="GET", template=_MEMBERS, respond=list_members),
    Route(method="PATCH", template="/channels/{channel}", respond=edit_channel),
    Route(method="DELETE", template="/channels/{channel}", respond=delete_channel),
    Route(
        method="GET",
        template="/channels/{channel}/threads/archived/public",
        respond=list_public_archived,
    ),
    Route(
        method="GET",
        template="/channels/{channel}/threads/archived/private",
        respond=list_private_archived,
    ),
    Route(
        method="GET",
        template="/channels/{channel}/users/@me/threads/archived/private",
        respond=list_joined_archived,
    ),
    Route(method="GET", template="/guilds/{guild}/threads/active", respond=list_active),
)
