"""What is owed by when, what was said of it, and answers that wait for a second agent."""

import sqlalchemy as sa

from core.targets import Ending, Target
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

deadline_plans = sa.Table(
    "deadline_plans",
    metadata,
    key(),
    document("kept"),
    reference("agent_id", "agents", nullable=True),
    moment("made_at"),
)
"""Every version, whole: what ended counts by the one in force then. agent NULL: the desk's own
hours changed."""


def _case() -> sa.Column[int]:
    return sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False
    )


deadlines = sa.Table(
    "deadlines",
    metadata,
    key(),
    _case(),
    text("target"),
    sa.Column("ref", sa.BigInteger, nullable=False),
    text("policy"),
    reference("plan_id", "deadline_plans", nullable=True),
    moment("started_at"),
    moment("due_at", nullable=True),
    sa.Column("remaining_seconds", sa.BigInteger, nullable=True),
    moment("ended_at", nullable=True),
    text("ending", nullable=True),
    moment("breached_at", nullable=True),
    sa.UniqueConstraint("case_id", "target", "ref"),
    one_of("target", Target),
    one_of("ending", Ending),
    sa.Index(
        "ix_deadlines_running",
        "due_at",
        postgresql_include=["target"],
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index(
        "ix_deadlines_breached_at",
        "breached_at",
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_deadlines_breached", "case_id", postgresql_where=sa.text("breached_at IS NOT NULL")
    ),
)
"""Derived from what happened in the case (`core.deadlines`), and from nothing else: rebuilt, it is
the same. `remaining_seconds` is of one that is paused."""

deadline_alarms = sa.Table(
    "deadline_alarms",
    metadata,
    key(),
    _case(),
    text("target"),
    sa.Column("ref", sa.BigInteger, nullable=False),
    number("mark"),
    moment("at"),
    moment("fired_at", nullable=True),
    sa.UniqueConstraint("case_id", "target", "ref", "mark"),
    one_of("target", Target),
    sa.Index("ix_deadline_alarms_waiting", "at", postgresql_where=sa.text("fired_at IS NULL")),
)
"""When something is to be said of a deadline: mark 0 is the warning, 1 that it was passed, what
follows are escalations. What was said is never said again, whatever is derived later."""

promises = sa.Table(
    "promises",
    metadata,
    key(),
    reference("message_id", "messages"),
    reference("agent_id", "agents", nullable=True),
    text("words", ""),
    moment("due_at"),
    moment("made_at"),
    moment("ended_at", nullable=True),
    text("ending", nullable=True),
    reference("ended_by_id", "agents", nullable=True),
    sa.UniqueConstraint("message_id"),
    one_of("ending", "kept", "withdrawn"),
    sa.Index("ix_promises_standing", "message_id", postgresql_where=sa.text("ended_at IS NULL")),
)
"""What an agent said would be done by when. It is of the case in which its line of the timeline
stands, wherever that is moved to."""
