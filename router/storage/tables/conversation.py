"""What was said: places, cases, messages with their sources, versions, files and ids."""

import sqlalchemy as sa

from core.messages import Direction, MessageNature, PlaceKind
from router.storage.tables.base import (
    document,
    flag,
    ids,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

places = sa.Table(
    "places",
    metadata,
    key(),
    reference("account_id", "accounts"),
    text("remote_place"),
    text("kind"),
    text("title", ""),
    text("parent", nullable=True),
    document("context"),
    moment("created_at"),
    flag("is_reachable", default=True),
    text("unreachable_reason", ""),
    moment("unreachable_at", nullable=True),
    flag("is_pinned"),
    sa.UniqueConstraint("account_id", "remote_place"),
    one_of("kind", PlaceKind),
)
"""`unreachable_reason` and `unreachable_at` count while it is not `is_reachable`. `is_pinned`:
agents said of what somebody writes there in which case it belongs (`case_pins`)."""

opened_places = sa.Table(
    "opened_places",
    metadata,
    sa.Column("identity_id", sa.BigInteger, sa.ForeignKey("identities.id"), primary_key=True),
    sa.Column("place_id", sa.BigInteger, sa.ForeignKey("places.id"), primary_key=True),
    reference("agent_id", "agents"),
    moment("opened_at"),
    sa.Index("ix_opened_places_place_id", "place_id"),
)
"""Where an agent may write first, before anything is said there."""

cases = sa.Table(
    "cases",
    metadata,
    key(),
    reference("person_id", "persons"),
    text("state", "open"),
    text("subject", ""),
    number("priority", 3),
    reference("owner_id", "agents", nullable=True),
    reference("team_id", "teams", nullable=True),
    text("access_class", "normal"),
    moment("opened_at"),
    moment("first_reply_at", nullable=True),
    moment("solved_at", nullable=True),
    moment("snoozed_until", nullable=True),
    sa.Column("last_message_id", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    number("revision", 1),
    flag("is_private"),
    reference("joined_case_id", "cases", nullable=True),
    number("minimum_level", 0),
    document("allowed_channels", "[]"),
    text("host_account", nullable=True),
    ids("label_ids"),
    reference("topic_id", "topics", nullable=True),
    number("weight", 1),
    reference("merged_into_id", "cases", nullable=True),
    document("standing", None, nullable=True),
    reference("incident_id", "incidents", nullable=True),
    flag("incident_by_merge"),
    one_of("state", "open", "waiting", "snoozed", "solved"),
    one_of("access_class", "normal", "fraud", "kyc", "legal"),
    sa.CheckConstraint("priority BETWEEN 1 AND 4", name="priority_known"),
    sa.CheckConstraint("minimum_level BETWEEN 0 AND 3", name="minimum_level_known"),
    sa.CheckConstraint("weight BETWEEN 1 AND 1000", name="weight_known"),
    sa.Index("ix_cases_person_id", "person_id", "id"),
    sa.Index("ix_cases_solved_at", "solved_at", postgresql_where=sa.text("state = 'solved'")),
    sa.Index("ix_cases_snoozed", "snoozed_until", postgresql_where=sa.text("state = 'snoozed'")),
    sa.Index("ix_cases_owner_open", "owner_id", postgresql_where=sa.text("state <> 'solved'")),
    sa.Index(
        "ix_cases_owner_waiting",
        "owner_id",
        postgresql_include=["weight"],
        postgresql_where=sa.text("state = 'open' AND owner_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_cases_person_open", "person_id", "id", postgresql_where=sa.text("state <> 'solved'")
    ),
    sa.Index(
        "ix_cases_restricted", "person_id", postgresql_where=sa.text("access_class <> 'normal'")
    ),
    sa.Index(
        "ix_cases_joined_case_id",
        "joined_case_id",
        postgresql_where=sa.text("joined_case_id IS NOT NULL"),
    ),
    sa.Index(
        "ix_cases_label_ids",
        "label_ids",
        postgresql_using="gin",
        postgresql_where=sa.text("label_ids <> '{}'::bigint[]"),
    ),
    sa.Index("ix_cases_topic_id", "topic_id", postgresql_where=sa.text("topic_id IS NOT NULL")),
    sa.Index(
        "ix_cases_incident_id",
        "incident_id",
        "id",
        postgresql_where=sa.text("incident_id IS NOT NULL"),
    ),
)
"""priority: 1 urgent, 2 high, 3 normal, 4 low. `is_private`: nothing of it is said in public, which
is true of every access class but the normal one as well.
`joined_case_id`: this is what a participant of that case wrote to it. `minimum_level` and
`allowed_channels` (none listed: any) bind every way out; `host_account` is the one it is about.
`merged_into_id`: that one stands for it; it is solved and holds nothing, and `standing` is what it
was before. `incident_by_merge`: nobody put it into its incident, cases for which it stands were in
it.
"""

messages = sa.Table(
    "messages",
    metadata,
    key(),
    reference("person_id", "persons"),
    reference("case_id", "cases", nullable=True),
    reference("place_id", "places", nullable=True),
    reference("account_id", "accounts", nullable=True),
    text("direction"),
    text("nature", "human"),
    reference("identity_id", "identities", nullable=True),
    reference("agent_id", "agents", nullable=True),
    text("author_name", ""),
    number("level", nullable=True),
    text("subject", ""),
    text("text", ""),
    text("full_text", nullable=True),
    text("html", nullable=True),
    text("language", nullable=True),
    document("context"),
    document("warnings", "[]"),
    document("participants", "[]"),
    text("dedup_key", nullable=True),
    text("client_key", nullable=True),
    text("state", "shown"),
    moment("sent_at", nullable=True),
    moment("received_at"),
    number("revision", 0),
    moment("deleted_at", nullable=True),
    flag("is_private"),
    document("spans", None, nullable=True),
    reference("topic_id", "topics", nullable=True),
    flag("is_link_code"),
    sa.UniqueConstraint("account_id", "dedup_key"),
    sa.UniqueConstraint("agent_id", "client_key"),
    sa.Index(
        "ix_messages_person_id", "person_id", "id", postgresql_include=["direction", "case_id"]
    ),
    sa.Index("ix_messages_identity_id", "identity_id", "id", postgresql_include=["account_id"]),
    sa.Index(
        "ix_messages_answers",
        "account_id",
        "received_at",
        postgresql_where=sa.text("direction = 'out' AND agent_id IS NOT NULL"),
    ),
    sa.Index("ix_messages_case_id", "case_id", "id"),
    sa.Index("ix_messages_place_id", "place_id", "id"),
    one_of("direction", Direction),
    one_of("nature", MessageNature),
    one_of("state", "shown", "placeholder"),
)
"""Order within a conversation is `id`, because every writer holds the root person's row lock.
`level`: how well was proven who said it, or (of what goes out) whom it was said to, at that time.
`topic_id` is a reply's. `is_link_code`: it was nothing but a code that was answered, never
unread. `revision` counts edits; older texts are revisions.
What a page of a conversation is chosen by, and what is unread in it, is in the index itself."""

history_gaps = sa.Table(
    "history_gaps",
    metadata,
    key(),
    reference("account_id", "accounts"),
    reference("place_id", "places", nullable=True),
    text("event_key"),
    moment("since", nullable=True),
    moment("until"),
    text("reason", ""),
    moment("noted_at"),
    sa.UniqueConstraint("account_id", "event_key"),
)
"""What was lost between two moments; no place: on the whole account. The conversations that it may
have cut hold an event line of it."""

message_sources = sa.Table(
    "message_sources",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    text("media_type"),
    sa.Column("raw", sa.LargeBinary, nullable=True),
    text("blob_key", nullable=True),
    sa.CheckConstraint("(raw IS NULL) <> (blob_key IS NULL)", name="one_place"),
    sa.Index(
        "ix_message_sources_blob_key",
        "blob_key",
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    ),
)
"""The raw source: small ones in the row, large ones as a blob."""

message_revisions = sa.Table(
    "message_revisions",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    text("event_key"),
    text("text"),
    text("html", nullable=True),
    moment("at"),
    document("spans", None, nullable=True),
    sa.UniqueConstraint("message_id", "event_key"),
)
"""Revision 0 is the first text; it is written here when the first edit comes."""

message_reactions = sa.Table(
    "message_reactions",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("identity_id", sa.BigInteger, sa.ForeignKey("identities.id"), primary_key=True),
    document("reactions", "[]"),
    moment("at"),
)

remote_refs = sa.Table(
    "remote_refs",
    metadata,
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("remote_place", sa.Text, primary_key=True),
    sa.Column("remote_id", sa.Text, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, server_default=sa.text("0")),
    reference("message_id", "messages", nullable=True, index=True),
    document("parked", None, nullable=True),
)
"""message NULL: an edit or a deletion that came before its message, kept in `parked`."""

thread_keys = sa.Table(
    "thread_keys",
    metadata,
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    reference("case_id", "cases"),
    reference("message_id", "messages", nullable=True),
    sa.Index("ix_thread_keys_message_id", "message_id"),
)
"""Ids that choose a case of the person who wrote, never a person. Of an id that several use each
has a row of their own."""

attachments = sa.Table(
    "attachments",
    metadata,
    key(),
    reference("message_id", "messages", nullable=True),
    number("position", 0),
    text("name"),
    text("media_type"),
    sa.Column("size", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    text("sha256", nullable=True),
    text("blob_key", nullable=True),
    text("content_id", nullable=True),
    flag("is_inline"),
    text("state", "stored"),
    text("refused_reason", ""),
    text("remote", nullable=True),
    reference("uploaded_by_id", "agents", nullable=True),
    sa.Column("visitor_session_id", sa.BigInteger, nullable=True),
    moment("created_at"),
    flag("is_kept"),
    text("description", ""),
    sa.Index("ix_attachments_message_id", "message_id", "position"),
    sa.Index(
        "ix_attachments_blob_key", "blob_key", postgresql_where=sa.text("blob_key IS NOT NULL")
    ),
    sa.Index("ix_attachments_pending", "id", postgresql_where=sa.text("state = 'pending'")),
    sa.Index("ix_attachments_unsent", "created_at", postgresql_where=sa.text("message_id IS NULL")),
    sa.Index(
        "ix_attachments_visitor_session_id",
        "visitor_session_id",
        postgresql_where=sa.text("visitor_session_id IS NOT NULL"),
    ),
    one_of("state", "pending", "stored", "refused"),
)
"""message NULL: uploaded and not yet sent; the janitor drops it after a day, unless a draft has it
(`is_kept`). `description` says what it shows to who cannot see it."""

kept_pictures = sa.Table(
    "kept_pictures",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("address_digest", sa.Text, primary_key=True),
    text("blob_key", nullable=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    moment("at"),
    sa.Index("ix_kept_pictures_blob_key", "blob_key"),
    sa.Index("ix_kept_pictures_at", "at"),
)
"""Pictures from elsewhere that were fetched for a letter: not fetched again while they are here.
Without a key: what was asked for gave no picture, which would be counted just as well."""
