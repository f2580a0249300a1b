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
    number("hold_seconds", nullable=True),
    sa.CheckConstraint("hold_seconds BETWEEN 0 AND 3600", name="hold_known"),
    sa.UniqueConstraint("email"),
    one_of("role", *ROLES),
)
"""`hold_seconds`: how long their answers can be recalled before they go out, on every account;
null: as each account has it."""

workspace = sa.Table(
    "workspace",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    text("name"),
    text("language"),
    text("time_zone"),
    document("hours", "[]"),
    moment("changed_at"),
    sa.CheckConstraint("id = 1", name="is_one"),
)
"""The desk as a whole; without the row nobody has said anything of it yet. `hours`: those of
`core.hours.OpenHours`."""

agent_holds = sa.Table(
    "agent_holds",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
    number("hold_seconds"),
    sa.CheckConstraint("hold_seconds BETWEEN 0 AND 3600", name="hold_known"),
)
"""How long an agent's own answers on one account can be recalled: before what `agents` says."""

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

watches = sa.Table(
    "watches",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    moment("since"),
    sa.Index("ix_watches_person_id", "person_id"),
)
"""Whose conversations an agent watches; a row of anybody in a conversation is a watch of it."""

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    text("text", ""),
    document("options"),
    moment("at"),
    document("attachment_ids", "[]"),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default=sa.text("1")),
    one_of("kind", "reply", "note"),
    sa.Index("ix_drafts_person_id", "person_id"),
)
"""`attachment_ids` are uploads that the janitor leaves alone meanwhile. `revision` rises with each
write, and begins at the time in milliseconds: a draft that was dropped has none of its numbers
again."""

snippets = sa.Table(
    "snippets",
    metadata,
    key(),
    text("reach"),
    reference("agent_id", "agents"),
    reference("team_id", "teams", nullable=True),
    text("title"),
    document("tags", "[]"),
    document("texts"),
    moment("changed_at"),
    moment("dropped_at", nullable=True),
    one_of("reach", "personal", "team", "shared"),
    sa.CheckConstraint("(reach = 'team') = (team_id IS NOT NULL)", name="team_named"),
)
"""Canned replies. `texts`: language -> its text and spans. `agent_id` is who made it; a personal
one is theirs alone."""

mentions = sa.Table(
    "mentions",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    reference("person_id", "persons"),
    reference("team_id", "teams", nullable=True),
    moment("at"),
    moment("seen_at", nullable=True),
    sa.Index("ix_mentions_person_id", "person_id"),
    sa.Index("ix_mentions_agent_id", "agent_id", "person_id"),
)
"""Agents that a note names, each once; `team_id`: because their team was named. `person_id` is the
note's. `seen_at`: when they had read past it."""

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

agent_photos = sa.Table(
    "agent_photos",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    text("digest"),
    moment("at"),
)
"""A small JPEG of an agent, holding nothing but its picture (`core.photos`)."""
