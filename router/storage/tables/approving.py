"""Answers that one agent may not send alone: what needs a second one, and those that wait."""

import sqlalchemy as sa

from router.storage.tables.base import document, key, metadata, moment, one_of, reference, text

APPROVAL_STATES = ("waiting", "approved", "declined", "withdrawn", "void")

approval_policies = sa.Table(
    "approval_policies",
    metadata,
    key(),
    document("kept"),
    reference("agent_id", "agents"),
    moment("made_at"),
)
"""Every version, whole; the newest holds."""

approvals = sa.Table(
    "approvals",
    metadata,
    key(),
    reference("person_id", "persons", index=True),
    reference("case_id", "cases", nullable=True),
    reference("agent_id", "agents"),
    text("client_key"),
    document("wanted"),
    text("digest"),
    document("because", "[]"),
    text("state", "waiting"),
    moment("asked_at"),
    moment("expires_at"),
    moment("decided_at", nullable=True),
    reference("decided_by_id", "agents", nullable=True),
    text("decision_reason", ""),
    reference("message_id", "messages", nullable=True),
    sa.UniqueConstraint("agent_id", "client_key"),
    one_of("state", *APPROVAL_STATES),
    sa.Index("ix_approvals_waiting", "id", postgresql_where=sa.text("state = 'waiting'")),
)
"""`wanted` is the whole answer as its author wants it; no message is there before it is approved.
`digest`: of everything that would go out, to whom and by what."""
