"""What was found in messages, what agents said of that, and whom a danger was told to."""

import sqlalchemy as sa

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

URGENCIES = ("low", "normal", "high", "urgent")
EMOTIONS = ("neutral", "worried", "angry", "grateful")
DANGERS = (
    *("stolen_account", "unknown_login", "lost_two_factor"),
    *("withdrawal_stuck", "duress", "phishing", "self_harm"),
)

findings = sa.Table(
    "findings",
    metadata,
    sa.Column(
        "message_id",
        sa.BigInteger,
        sa.ForeignKey("messages.id"),
        primary_key=True,
        autoincrement=False,
    ),
    reference("topic_id", "topics", nullable=True),
    sa.Column("topic_confidence", sa.Float, nullable=False, server_default=sa.text("0")),
    text("urgency"),
    text("emotion"),
    text("language", nullable=True),
    flag("is_complaint"),
    text("danger", nullable=True),
    sa.Column("danger_confidence", sa.Float, nullable=False, server_default=sa.text("0")),
    document("words", "[]"),
    text("classifier"),
    text("version"),
    moment("at"),
    flag("is_pending"),
    flag("set_topic"),
    flag("set_priority"),
    one_of("urgency", *URGENCIES),
    one_of("emotion", *EMOTIONS),
    one_of("danger", *DANGERS),
    sa.Index("ix_findings_pending", "message_id", postgresql_where=sa.text("is_pending")),
)
"""One for each message that a person wrote and a classifier read. `words`: of the message, that
counted. `is_pending`: what it means for its case is still to be decided. `set_topic`,
`set_priority`: its case got them by it."""

finding_corrections = sa.Table(
    "finding_corrections",
    metadata,
    sa.Column(
        "message_id",
        sa.BigInteger,
        sa.ForeignKey("findings.message_id"),
        primary_key=True,
        autoincrement=False,
    ),
    reference("topic_id", "topics", nullable=True),
    sa.Column("is_urgent", sa.Boolean, nullable=True),
    reference("agent_id", "agents"),
    moment("at"),
    sa.Index("ix_finding_corrections_at", "at"),
)
"""The last word of an agent on a finding: its topic, and whether it is urgent; null: nothing was
said of that. The message is an example from then on."""

danger_pages = sa.Table(
    "danger_pages",
    metadata,
    key(),
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("findings.message_id"), nullable=False),
    text("danger"),
    moment("at"),
    ids("told"),
    moment("escalate_at", nullable=True),
    moment("escalated_at", nullable=True),
    moment("ended_at", nullable=True),
    sa.UniqueConstraint("message_id"),
    one_of("danger", *DANGERS),
    sa.Index(
        "uq_danger_pages_running",
        "case_id",
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index("ix_danger_pages_case_id", "case_id", "id"),
    sa.Index("ix_danger_pages_running_at", "at", postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index(
        "ix_danger_pages_waiting",
        "escalate_at",
        postgresql_where=sa.text("ended_at IS NULL AND escalated_at IS NULL"),
    ),
)
"""Agents who were told of a danger. One for a case at a time: it ends once somebody at the desk did
something in the case; what is told while it runs has ended from the start, and is over with it.
`told`: who, those to whom it was escalated included."""

triage_settings = sa.Table(
    "triage_settings",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    flag("is_on", default=True),
    number("least_confidence", 50),
    flag("pages", default=True),
    number("escalate_minutes", 5, nullable=True),
    sa.CheckConstraint("id = 1", name="is_one"),
    sa.CheckConstraint("least_confidence BETWEEN 0 AND 100", name="confidence_known"),
    sa.CheckConstraint("escalate_minutes BETWEEN 1 AND 1440", name="minutes_known"),
)
"""How a desk has it; without the row as a new one. `least_confidence`: percent, from which on a
case gets a topic by a guess. `escalate_minutes` null: nobody else is told."""
