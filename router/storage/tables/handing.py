"""What one shift hands to the next."""

import sqlalchemy as sa

from router.storage.tables.base import document, ids, key, metadata, moment, reference, text

handovers = sa.Table(
    "handovers",
    metadata,
    key(),
    sa.Column(
        "team_id", sa.BigInteger, sa.ForeignKey("teams.id", ondelete="CASCADE"), nullable=False
    ),
    reference("agent_id", "agents", nullable=True),
    moment("ends_at"),
    moment("next_until"),
    moment("made_at"),
    ids("leaving_ids"),
    ids("next_ids"),
    document("kept"),
    sa.Index(
        "ux_handovers_of_shift",
        "team_id",
        "ends_at",
        unique=True,
        postgresql_where=sa.text("agent_id IS NULL"),
    ),
)
"""One for each end of a team's shift, and whenever somebody asked for one (`agent_id`). `kept`:
which cases, messages, deadlines and approvals there were, by their ids. Their words stay where they
are, so that what is erased is gone from here too. `next_until`: when the shift that takes over is
over."""


def _handover() -> sa.Column[int]:
    return sa.Column(
        "handover_id",
        sa.BigInteger,
        sa.ForeignKey("handovers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


def _agent() -> sa.Column[int]:
    return sa.Column(
        "agent_id",
        sa.BigInteger,
        sa.ForeignKey("agents.id"),
        primary_key=True,
        autoincrement=False,
    )


handover_notes = sa.Table(
    "handover_notes", metadata, _handover(), _agent(), text("text"), moment("at")
)
"""What an agent wants the next one to know: one each, the last one holds."""

handover_receipts = sa.Table("handover_receipts", metadata, _handover(), _agent(), moment("at"))
"""Who has read it and took over."""
