"""What links handles by codes, and what the desk says by itself."""

import sqlalchemy as sa

from router.storage.tables.base import (
    flag,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

link_codes = sa.Table(
    "link_codes",
    metadata,
    key(),
    sa.Column("code_hash", sa.LargeBinary, nullable=False),
    text("made_by"),
    reference("agent_id", "agents", nullable=True),
    reference("identity_id", "identities", nullable=True),
    text("host_account", nullable=True),
    number("level"),
    sa.Column("channels", sa.ARRAY(sa.Text), nullable=False),
    moment("made_at"),
    moment("expires_at"),
    moment("spent_at", nullable=True),
    reference("spent_by_id", "identities", nullable=True),
    text("outcome", ""),
    sa.UniqueConstraint("code_hash"),
    one_of("made_by", "host", "visitor", "agent"),
    sa.CheckConstraint("(level = 2) = (host_account IS NOT NULL)", name="level_of_account"),
    sa.CheckConstraint("level BETWEEN 1 AND 2", name="level_known"),
    sa.CheckConstraint(
        "host_account IS NOT NULL OR identity_id IS NOT NULL", name="is_of_somebody"
    ),
    sa.Index(
        "ix_link_codes_host_account",
        "host_account",
        "id",
        postgresql_where=sa.text("spent_at IS NULL AND host_account IS NOT NULL"),
    ),
    sa.Index(
        "ix_link_codes_identity_id",
        "identity_id",
        "id",
        postgresql_where=sa.text("spent_at IS NULL AND identity_id IS NOT NULL"),
    ),
    sa.Index("ix_link_codes_expires_at", "expires_at"),
)
"""Codes that were made: whose, and by which channels they may be said. Presented once, a code is
spent, right or wrong. At level 2 it is a host account's, at level 1 an identity's alone."""

link_guesses = sa.Table(
    "link_guesses",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("window_at", sa.DateTime(timezone=True), primary_key=True),
    number("count", 0),
    sa.Index("ix_link_guesses_window_at", "window_at"),
)
"""Wrong codes of one identity, and by one account, in each window of time. The row is the lock
under which all nodes count."""

automatic_lines = sa.Table(
    "automatic_lines",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    text("line"),
    flag("is_answer"),
    reference("person_id", "persons"),
    reference("message_id", "messages", nullable=True),
    moment("at"),
    sa.Index("ix_automatic_lines_person_id", "person_id", "at"),
)
"""What was said to a person without an agent: once for its key, and counted in their budget."""
