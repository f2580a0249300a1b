"""Incidents: what many cases have in common."""

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

ANSWER_STATES = ("running", "stopping", "stopped", "done")
ANSWER_STEP_STATES = ("waiting", "done", "told", "failed", "cancelled", "recalled")

incident_answers = sa.Table(
    "incident_answers",
    metadata,
    key(),
    reference("incident_id", "incidents"),
    reference("agent_id", "agents"),
    reference("macro_id", "macros", nullable=True),
    text("client_key"),
    document("words", "[]"),
    document("actions", "[]"),
    document("classes", "[]"),
    flag("only_unsolved"),
    flag("solves"),
    text("state", "running"),
    text("because", ""),
    reference("stopped_by_id", "agents", nullable=True),
    moment("begun_at"),
    moment("ended_at", nullable=True),
    one_of("state", *ANSWER_STATES),
    one_of("because", "", "by_hand", "left"),
    sa.Index("uq_incident_answers_client_key", "agent_id", "client_key", unique=True),
    sa.Index("ix_incident_answers_incident_id", "incident_id", "id"),
    sa.Index(
        "uq_incident_answers_under_way",
        "incident_id",
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'stopping')"),
    ),
)
"""The cases of an incident answered, as far as its agent saw them then (`classes`). `words`: what
is said, in order, each by language; `actions`: what a macro does besides. `because` of a stop: an
agent asked for it, or its agent may not answer any more (`left`)."""

incident_answer_steps = sa.Table(
    "incident_answer_steps",
    metadata,
    sa.Column("answer_id", sa.BigInteger, sa.ForeignKey("incident_answers.id"), primary_key=True),
    sa.Column(
        "case_id",
        sa.BigInteger,
        sa.ForeignKey("cases.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    text("state", "waiting"),
    text("code", ""),
    text("reason", ""),
    ids("message_ids"),
    one_of("state", *ANSWER_STEP_STATES),
    sa.Index("ix_incident_answer_steps_case_id", "case_id"),
    sa.Index(
        "ix_incident_answer_steps_waiting",
        "answer_id",
        "case_id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)
"""What became of each case. `told`: its person heard the same already; `reason`: why it failed, for
agents, and of one that did not, the state that its case was in before. `message_ids`: what was
said, of one `told` by this answer, in the person's other case."""
