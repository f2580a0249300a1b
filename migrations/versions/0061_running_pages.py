"""Dangers of a case, and those that run by when they were told, by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_danger_pages_case_id"), "danger_pages", ["case_id", "id"])
    op.create_index(
        "ix_danger_pages_running_at",
        "danger_pages",
        ["at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_danger_pages_running_at", table_name="danger_pages")
    op.drop_index(op.f("ix_danger_pages_case_id"), table_name="danger_pages")
