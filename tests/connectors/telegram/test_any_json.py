"""No JSON that could come makes the reader fail, and all that comes of it can be stored."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.telegram.albums import part_slow, read_updates
from connectors.telegram.content import FILES, READERS
from connectors.telegram.convert import to_events
from core.messages import Unreadable
from tests.connectors.telegram.updates import ANN, AT, GROUP, PRIVATE, READING, message

KINDS = (
    "message",
    "edited_message",
    "business_message",
    "edited_business_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "deleted_business_messages",
    "business_connection",
    "poll_answer",
)
NAMES = (
    *("message_id", "from", "chat", "date", "edit_date", "text", "entities", "caption"),
    *("photo", "media_group_id", "reply_to_message", "quote", "forward_origin", "via_bot"),
    *("is_topic_message", "message_thread_id", "direct_messages_topic", "sender_chat"),
    *("business_connection_id", "migrate_to_chat_id", "new_chat_title", "forum_topic_created"),
    *("id", "user", "data", "message", "message_ids", "new_reaction", "new_chat_member"),
    *("type", "offset", "length", "url", "file_id", "file_size", "file_name", "mime_type"),
    *("latitude", "longitude", "title", "name", "status", "reply_markup", "inline_keyboard"),
    *FILES,
    *READERS,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["bold", "text_link", "\ud83d", "/start abc", "private", "emoji", "kicked"]),
)
ANYTHING = st.recursive(
    st.one_of(SCALARS, st.sampled_from([ANN, PRIVATE, GROUP, AT])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)
BODIES = st.one_of(
    ANYTHING,
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6).map(lambda more: message(**more)),
)
UPDATES = st.dictionaries(st.sampled_from(KINDS), BODIES, max_size=2).map(
    lambda body: {"update_id": 1, **body}
)


@settings(max_examples=150, deadline=None)
@given(UPDATES)
def test_whatever_comes_is_events_that_can_be_stored(update: dict[str, Any]) -> None:
    for event in to_events(update, READING):
        assert event.event_key
        assert event.raw
        json.loads(event.raw)
        kept = msgspec.structs.replace(event, raw=None)
        if not isinstance(event, Unreadable):
            msgspec.json.encode(kept)


@settings(max_examples=50, deadline=None)
@given(st.lists(UPDATES, max_size=5))
def test_batches_of_it_are_parted_and_read(updates: list[dict[str, Any]]) -> None:
    ready, slow = part_slow(updates)
    assert len(ready) + len(slow) == len(updates)
    read_updates(updates, READING)
