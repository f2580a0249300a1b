"""What the ops screens remember: since when an account is as it is, what went wrong on it and when,
its last test, and that it is being drained.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column("is_draining", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("accounts", sa.Column("health_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("tested", JSONB(), nullable=True))
    op.add_column("accounts", sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "account_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("actor", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('fault', 'state')", name=op.f("ck_account_events_kind_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_events_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
        sa.UniqueConstraint(
            "delivery_id", "attempt", name=op.f("uq_account_events_delivery_id_attempt")
        ),
    )
    op.create_index("ix_account_events_newest", "account_events", ["account_id", "at"])


def downgrade() -> None:
    op.drop_table("account_events")
    op.drop_column("accounts", "tested_at")
    op.drop_column("accounts", "tested")
    op.drop_column("accounts", "health_since")
    op.drop_column("accounts", "is_draining")
