"""Chosen tints of labels, and conversations that agents watch."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("labels", sa.Column("tint", sa.SmallInteger(), nullable=True))
    op.create_check_constraint("tint", "labels", "tint >= 0 AND tint < 6")
    op.create_table(
        "watches",
        sa.Column("agent_id", sa.BigInteger(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("persons.id"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "person_id"),
    )
    op.create_index("ix_watches_person_id", "watches", ["person_id"])


def downgrade() -> None:
    op.drop_table("watches")
    op.drop_column("labels", "tint")
