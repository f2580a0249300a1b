"""What it takes to be told something: reply topics, and step-ups."""

import sqlalchemy as sa

from router.storage.tables.base import document, key, metadata, moment, number, reference, text

reply_topics = sa.Table(
    "reply_topics",
    metadata,
    key(),
    text("name"),
    number("minimum_level", 0),
    document("allowed_channels", "[]"),
    moment("created_at"),
    moment("removed_at", nullable=True),
    sa.Index(
        "uq_reply_topics_name",
        "name",
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    ),
    sa.CheckConstraint("minimum_level BETWEEN 0 AND 3", name="minimum_level_known"),
)
"""Removed ones stay: what was said of them needs for ever what it needed. No channels: any."""

step_ups = sa.Table(
    "step_ups",
    metadata,
    key(),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    reference("identity_id", "identities"),
    reference("case_id", "cases"),
    reference("topic_id", "reply_topics", nullable=True),
    text("host_account"),
    reference("agent_id", "agents"),
    reference("message_id", "messages", nullable=True),
    moment("requested_at"),
    moment("expires_at"),
    moment("confirmed_at", nullable=True),
    moment("granted_until", nullable=True),
    moment("ended_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    sa.Index("ix_step_ups_case_id", "case_id", "id"),
    sa.Index("ix_step_ups_identity_id", "identity_id", "id"),
)
"""`host_account` is the identity's when it was asked, and must be so still. No topic: the case as a
whole. `ended_at`: taken back before its time."""
