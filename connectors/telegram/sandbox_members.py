"""Membership as the Bot API tells it: `ChatMember`, and the updates when it changes."""

from typing import Any

from connectors.telegram.sandbox_chats import CHANNEL, PRIVATE, Account, Chat
from connectors.telegram.sandbox_network import Bot, Network

_OF_ADMINISTRATORS = (
    *("can_be_edited", "is_anonymous"),
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories"),
)


def member_json(account: Account, status: str) -> dict[str, Any]:
    """A `ChatMember`. "left" for whoever was never there."""
    body: dict[str, Any] = {"user": account.to_json(), "status": status or "left"}
    match status:
        case "creator":
            body["is_anonymous"] = False
        case "administrator":
            body.update({name: name.startswith("can_manage") for name in _OF_ADMINISTRATORS})
        case "kicked":
            body["until_date"] = 0
        case "restricted":
            body.update(is_member=True, can_send_messages=False, until_date=0)
    return body


def change_member(network: Network, chat: Chat, who: Account, status: str, *, by: Account) -> None:
    """Who they are there from now on; every bot that may know is told."""
    old = chat.members.get(who.id, "left")
    seers = [bot for bot in network.bots.values() if _sees(chat, bot)]
    chat.members[who.id] = status
    network.keep_chat(chat)
    body = {
        "chat": network.chat_json(chat),
        "from": by.to_json(),
        "date": network.epoch(),
        "old_chat_member": member_json(who, old),
        "new_chat_member": member_json(who, status),
    }
    for bot in network.bots.values():
        if bot.id == who.id:
            network.tell_bot(bot, "my_chat_member", body, lane=f"membership {chat.key}")
        elif bot in seers and chat.members.get(bot.id) == "administrator":
            network.tell_bot(bot, "chat_member", body, lane=f"members {who.id}")


def _sees(chat: Chat, bot: Bot) -> bool:
    return chat.has(bot.id) and chat.kind != PRIVATE


def full_json(network: Network, chat: Chat) -> dict[str, Any]:
    """A `ChatFullInfo`."""
    body: dict[str, Any] = {
        **network.chat_json(chat),
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.parent:
        parent = next(one for one in network.chats.values() if one.id == chat.parent)
        body["parent_chat"] = network.chat_json(parent)
    if chat.kind not in (PRIVATE, CHANNEL):
        body["permissions"] = {"can_send_messages": True}
    return body
