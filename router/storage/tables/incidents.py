"""Incidents: what many cases have in common."""

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

incidents = sa.Table(
    "incidents",
    metadata,
    key(),
    text("title"),
    text("description", ""),
    text("state", "open"),
    text("severity"),
    reference("owner_id", "agents", nullable=True),
    sa.Column("team_id", sa.BigInteger, sa.ForeignKey("teams.id", ondelete="SET NULL")),
    document("public_texts"),
    moment("started_at"),
    moment("resolved_at", nullable=True),
    number("revision", 1),
    one_of("state", "open", "watching", "resolved"),
    one_of("severity", "critical", "major", "minor"),
    sa.Index(
        "uq_incidents_title",
        sa.text("lower(title)"),
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    ),
)
"""Of one title one is not resolved at most, so that rules join it. `public_texts`: what people may
be told, by language. Which cases are in it: `cases.incident_id`."""

incident_log = sa.Table(
    "incident_log",
    metadata,
    key(),
    reference("incident_id", "incidents"),
    moment("at"),
    text("kind"),
    reference("agent_id", "agents", nullable=True),
    text("rule_name", ""),
    text("state", nullable=True),
    text("text", ""),
    one_of("kind", "opened", "state", "changed", "note"),
    sa.Index("ix_incident_log_incident_id", "incident_id", "id"),
)
"""Never changed. `state`: what it became; `text`: of a note, what was written, of a change, which
columns. Nothing of its cases: who reads it may not see them."""
