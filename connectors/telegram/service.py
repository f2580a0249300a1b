"""Messages that Telegram writes about a chat, as a sentence. Pure."""

from typing import Any

Json = dict[str, Any]

HOUSEKEEPING = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "pinned_message",
        "boost_added",
        "chat_background_set",
        "forum_topic_created",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
        "giveaway_created",
        "giveaway",
        "giveaway_winners",
        "giveaway_completed",
    }
)
"""In a group these say nothing to the desk, and each would make a conversation of its doer."""
SENTENCES = {
    "pinned_message": "pinned a message",
    "message_auto_delete_timer_changed": "changed when messages delete themselves",
    "chat_background_set": "changed the background",
    "chat_shared": "shared a chat",
    "users_shared": "shared people",
    "successful_payment": "paid",
    "refunded_payment": "was paid back",
    "web_app_data": "answered in a mini app",
    "write_access_allowed": "allowed the bot to write",
    "connected_website": "signed in on a website",
    "proximity_alert_triggered": "came near",
    "gift": "sent a gift",
    "unique_gift": "sent a gift",
    "passport_data": "sent Telegram Passport documents",
}
_ENVELOPE = frozenset(
    {
        "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "date",
        "sender_boost_count", "sender_business_bot", "business_connection_id", "chat", "via_bot",
        "forward_origin", "is_topic_message", "is_automatic_forward", "reply_to_message", "quote",
        "external_reply", "reply_to_story", "reply_to_checklist_task_id", "edit_date",
        "has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "caption",
        "author_signature", "paid_star_count", "link_preview_options", "effect_id", "entities",
        "reply_markup", "suggested_post_info", "sender_tag",
    }
)  # fmt: skip


def service_notice(message: Json) -> str:
    """What stands for a message without any content that is known; the raw JSON tells the rest."""
    kinds = sorted(name for name in message if name not in _ENVELOPE)
    if not kinds:
        return "[Telegram sent a message without content.]"
    known = next((SENTENCES[name] for name in kinds if name in SENTENCES), "")
    if known:
        return f"[They {known}.]"
    return f"[Telegram sent what cannot be shown here: {kinds[0].replace('_', ' ')}.]"
