"""Agents, teams, how they sign in, what they have read, and the record of what they did."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    flag,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

ROLES = ("owner", "admin", "supervisor", "agent", "auditor")
TOKEN_ROLES = (*ROLES, "host")

agents = sa.Table(
    "agents",
    metadata,
    key(),
    text("email"),
    text("name"),
    text("role"),
    text("password_hash", nullable=True),
    sa.Column("sealed_totp", sa.LargeBinary, nullable=True),
    flag("has_totp"),
    sa.Column("totp_last_step", sa.BigInteger, nullable=True),
    text("language", "en"),
    document("settings"),
    text("signature", ""),
    flag("is_active", default=True),
    moment("created_at"),
    sa.UniqueConstraint("email"),
    one_of("role", *ROLES),
)

teams = sa.Table(
    "teams",
    metadata,
    key(),
    text("name"),
    document("access_classes", "[]"),
    moment("created_at"),
    sa.UniqueConstraint("name"),
)
"""`access_classes`: which restricted cases its members may see."""

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("team_id", sa.BigInteger, sa.ForeignKey("teams.id"), primary_key=True),
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    flag("is_lead"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    key(),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    text("purpose"),
    text("email", nullable=True),
    text("role"),
    reference("agent_id", "agents", nullable=True),
    moment("created_at"),
    moment("expires_at"),
    moment("spent_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    one_of("purpose", "setup", "invite", "reset"),
    one_of("role", *ROLES),
)

sessions = sa.Table(
    "sessions",
    metadata,
    key(),
    reference("agent_id", "agents", index=True),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    text("csrf_token"),
    text("device", ""),
    text("address", ""),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    moment("revoked_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    key(),
    text("name"),
    text("role"),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    text("hint"),
    reference("agent_id", "agents", nullable=True),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("used_at", nullable=True),
    moment("revoked_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    one_of("role", *TOKEN_ROLES),
)

login_failures = sa.Table(
    "login_failures",
    metadata,
    key(),
    text("subject"),
    moment("at"),
    sa.Index("ix_login_failures_subject_at", "subject", "at"),
)
"""`subject`: a keyed hash of an address or account name; counted across nodes."""

read_marks = sa.Table(
    "read_marks",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, nullable=False),
    moment("at"),
    sa.Index("ix_read_marks_person_id", "person_id"),
)
"""One for each member of the conversation, so that a merge or a split unreads nothing."""

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    text("text", ""),
    document("options"),
    moment("at"),
    one_of("kind", "reply", "note"),
    sa.Index("ix_drafts_person_id", "person_id"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    key(),
    moment("at"),
    text("actor"),
    text("action"),
    text("subject"),
    document("facts"),
    sa.Column("previous_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    number("version", 1),
    sa.UniqueConstraint("previous_hash"),
)
"""A hash chain; UNIQUE(previous_hash) makes a fork impossible. No personal data in `facts`."""
