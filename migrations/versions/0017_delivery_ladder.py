"""Where an answer goes when it cannot be delivered where it was sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ladder_steps",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'due'"), nullable=False),
        sa.Column("bars", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("to_identity_id", sa.BigInteger(), nullable=True),
        sa.Column("to_place_id", sa.BigInteger(), nullable=True),
        sa.Column("left_out", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'moved', 'stayed')", name=op.f("ck_ladder_steps_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_ladder_steps_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_ladder_steps_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_ladder_steps_identity_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_ladder_steps_place_id")),
        sa.ForeignKeyConstraint(
            ["to_identity_id"], ["identities.id"], name=op.f("fk_ladder_steps_to_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_place_id"], ["places.id"], name=op.f("fk_ladder_steps_to_place_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_ladder_steps")),
    )
    op.create_index(
        "ix_ladder_steps_due",
        "ladder_steps",
        ["message_id"],
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "ladder_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("rungs", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_ladder_orders_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_orders")),
        sa.UniqueConstraint(
            "account_id",
            name=op.f("uq_ladder_orders_account_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def downgrade() -> None:
    op.drop_table("ladder_orders")
    op.drop_table("ladder_steps")
