"""Places that are closed, gaps in what was heard, and what may not be said in public."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "places",
        sa.Column("is_reachable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column(
        "places",
        sa.Column("unreachable_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    for table in ("cases", "messages"):
        op.add_column(
            table,
            sa.Column("is_private", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        )
    op.create_table(
        "history_gaps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_history_gaps_account_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_history_gaps_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_gaps")),
        sa.UniqueConstraint(
            "account_id", "event_key", name=op.f("uq_history_gaps_account_id_event_key")
        ),
    )


def downgrade() -> None:
    op.drop_table("history_gaps")
    for table in ("messages", "cases"):
        op.drop_column(table, "is_private")
    op.drop_column("places", "unreachable_reason")
    op.drop_column("places", "is_reachable")
