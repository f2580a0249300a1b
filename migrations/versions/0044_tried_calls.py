"""Calls of webhooks by what became of them, so that their log is read without the rest."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_webhook_calls_state", "webhook_calls", ["webhook_id", "state", "id"])
    op.create_index(
        "ix_webhook_calls_tried",
        "webhook_calls",
        ["webhook_id", "id"],
        postgresql_where=sa.text("tries > 0"),
    )
