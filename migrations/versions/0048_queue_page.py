"""Which rule gave a case to somebody; runs of a macro, corrections and breaches by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignments", sa.Column("rule_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_macro_runs_macro_id", "macro_runs", ["macro_id", "id"])
    op.create_index("ix_finding_corrections_at", "finding_corrections", ["at"])
    op.create_index(
        "ix_deadlines_breached_at",
        "deadlines",
        ["breached_at"],
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    )
