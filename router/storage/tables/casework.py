"""What became of cases."""

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

CAUSES = (
    *("opened", "wrote", "answered", "recalled", "agent", "queue", "woke", "code"),
    *("parted", "merged", "moved", "undone", "team_gone", "known", "triage"),
)

case_history = sa.Table(
    "case_history",
    metadata,
    key(),
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False
    ),
    moment("at"),
    text("cause"),
    reference("agent_id", "agents", nullable=True),
    text("state"),
    sa.Column("owner_id", sa.BigInteger, nullable=True),
    sa.Column("team_id", sa.BigInteger, nullable=True),
    number("priority"),
    sa.Column("topic_id", sa.BigInteger, nullable=True),
    flag("is_reopening"),
    one_of("cause", *CAUSES),
    sa.Index("ix_case_history_case_id", "case_id", "id"),
    sa.Index("ix_case_history_at", "at"),
)
"""What a case was from a moment on, and why: a row whenever one of these columns changed. Never
changed. `agent_id`: who did it; none: no agent. `is_reopening`: it was solved before."""

case_moves = sa.Table(
    "case_moves",
    metadata,
    key(),
    text("kind"),
    reference("from_case_id", "cases", index=True),
    reference("to_case_id", "cases", index=True),
    reference("agent_id", "agents", nullable=True),
    moment("at"),
    document("lifted", None, nullable=True),
    sa.Column("lifted_after", sa.BigInteger, nullable=True),
    moment("undone_at", nullable=True),
    reference("undone_by_id", "agents", nullable=True),
    one_of("kind", "move", "correction", "split", "merge"),
)
"""Messages went from one case to another. Rows are never changed but to undo them: in which case a
message is follows from those in force (`core.case_placing`). `lifted`: what the case was that
opened because of what came to it, and `lifted_after` the newest row of its history then."""

moved_messages = sa.Table(
    "moved_messages",
    metadata,
    sa.Column(
        "move_id",
        sa.BigInteger,
        sa.ForeignKey("case_moves.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column(
        "message_id",
        sa.BigInteger,
        sa.ForeignKey("messages.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    sa.Column("home_case_id", sa.BigInteger, nullable=False),
)
"""`home_case_id`: the case in which it was before it was ever moved."""

case_choices = sa.Table(
    "case_choices",
    metadata,
    sa.Column(
        "message_id",
        sa.BigInteger,
        sa.ForeignKey("messages.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    text("why"),
    flag("has_reopened"),
    one_of("why", "answer", "corrected"),
)
"""Why a message came into its case, where that was not the newest one that was open."""

case_pins = sa.Table(
    "case_pins",
    metadata,
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    sa.Column("place_id", sa.BigInteger, sa.ForeignKey("places.id"), primary_key=True, index=True),
    sa.Column(
        "message_id",
        sa.BigInteger,
        sa.ForeignKey("messages.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)
"""What this person writes there comes into the case in which this message is, while that is not
solved: an agent moved what they had said there last."""
