"""Runs of macros under a key of whoever asks for them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("macro_runs", sa.Column("client_key", sa.Text(), nullable=True))
    op.create_index(
        "uq_macro_runs_client_key", "macro_runs", ["agent_id", "client_key"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_macro_runs_client_key", "macro_runs")
    op.drop_column("macro_runs", "client_key")
