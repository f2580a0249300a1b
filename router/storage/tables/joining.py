"""Who may be one person: hints in what people say, what they suggest, and what agents propose."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

person_hints = sa.Table(
    "person_hints",
    metadata,
    key(),
    reference("person_id", "persons"),
    reference("message_id", "messages", index=True),
    text("kind"),
    text("value"),
    moment("at"),
    number("level", 0),
    sa.UniqueConstraint("person_id", "kind", "value"),
    sa.Index("ix_person_hints_value", "kind", "value", "level"),
)
"""What somebody said of themselves that may be a handle of theirs. It proves nothing. `level`: at
which they said it."""

join_suggestions = sa.Table(
    "join_suggestions",
    metadata,
    key(),
    reference("left_id", "persons"),
    reference("right_id", "persons", index=True),
    number("score"),
    document("grounds", "[]"),
    text("state", "open"),
    moment("found_at"),
    moment("decided_at", nullable=True),
    reference("decided_by_id", "agents", nullable=True),
    text("decision_reason", ""),
    reference("merge_id", "person_merges", nullable=True),
    sa.CheckConstraint("left_id < right_id", name="in_order"),
    one_of("state", "open", "accepted", "rejected"),
    sa.UniqueConstraint("left_id", "right_id"),
    sa.Index("ix_join_suggestions_open", "score", "id", postgresql_where=sa.text("state = 'open'")),
)
"""Between those who stood for both when it was found. What was decided is never suggested again on
the same grounds."""

join_proposals = sa.Table(
    "join_proposals",
    metadata,
    key(),
    reference("loser_id", "persons", index=True),
    reference("winner_id", "persons", index=True),
    reference("agent_id", "agents"),
    text("reason"),
    text("fingerprint"),
    text("state", "open"),
    moment("proposed_at"),
    moment("expires_at"),
    moment("decided_at", nullable=True),
    reference("decided_by_id", "agents", nullable=True),
    text("decision_reason", ""),
    reference("merge_id", "person_merges", nullable=True),
    one_of("state", "open", "approved", "refused", "withdrawn"),
    sa.Index(
        "uq_join_proposals_open",
        "loser_id",
        "winner_id",
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    ),
)
"""A merge that waits for a second agent. `fingerprint`: of both people as they were proposed."""

followers = sa.Table(
    "followers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)
"""How far a loop that follows the outbox has read; committed with what it made of it."""
