"""Threads by their id and the person they belong to, and more than one step of the ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ladder_steps",
        sa.Column("number", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )
    op.drop_constraint(op.f("pk_ladder_steps"), "ladder_steps", type_="primary")
    op.create_primary_key(op.f("pk_ladder_steps"), "ladder_steps", ["message_id", "number"])
    op.drop_index("ix_ladder_steps_due", "ladder_steps")
    op.create_index(
        "uq_ladder_steps_due",
        "ladder_steps",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("state = 'due'"),
    )
