"""What the loop that fetches files looks them up by."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_attachments_pending",
        "attachments",
        ["id"],
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_attachments_pending",
        table_name="attachments",
        postgresql_where=sa.text("state = 'pending'"),
    )
