"""Answers that were to go out later are found by when that was."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_scheduled",
        "deliveries",
        ["account_id", "queued_at"],
        unique=False,
        postgresql_where=sa.text("split_part(lane, ':', 3) = 'at'"),
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_scheduled", table_name="deliveries")
