"""What became of cases."""

import sqlalchemy as sa

from router.storage.tables.base import flag, key, metadata, moment, number, one_of, reference, text

CAUSES = (
    *("opened", "wrote", "answered", "recalled", "agent", "queue", "woke", "code"),
    *("parted", "merged", "moved", "undone", "team_gone", "known"),
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
