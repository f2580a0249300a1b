"""What it takes to be told something: topics, and step-ups."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    ids,
    key,
    metadata,
    moment,
    number,
    reference,
    text,
)

topics = sa.Table(
    "topics",
    metadata,
    key(),
    text("name"),
    number("minimum_level", 0),
    document("allowed_channels", "[]"),
    moment("created_at"),
    moment("archived_at", nullable=True),
    reference("parent_id", "topics", nullable=True),
    ids("path"),
    number("bound_level", 0),
    document("bound_channels", "[]"),
    document("examples", "[]"),
    document("names"),
    text("key", ""),
    number("default_priority", nullable=True),
    reference("default_team_id", "teams", nullable=True),
    sa.Index(
        "uq_topics_name",
        "name",
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    ),
    sa.CheckConstraint("minimum_level BETWEEN 0 AND 3", name="minimum_level_known"),
    sa.CheckConstraint("default_priority BETWEEN 1 AND 4", name="default_priority_known"),
)
"""Archived ones stay: what was said of them needs for ever what it needed. No channels: any.
`path`: from the topmost down to itself; `bound_level` and `bound_channels` (one list for each on
the path that names any) are what all of these need. They are
derived whenever the tree changes. `key`: which one of the ready tree it came from."""

step_ups = sa.Table(
    "step_ups",
    metadata,
    key(),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    reference("identity_id", "identities"),
    reference("case_id", "cases"),
    reference("topic_id", "topics", nullable=True),
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
