"""What one shift hands to the next: packets, what was added to them, and who has read them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def _ids(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.ARRAY(sa.BigInteger()),
        server_default=sa.text("'{}'::bigint[]"),
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _ids("leaving_ids"),
        _ids("next_ids"),
        sa.Column("kept", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_handovers_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_handovers_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index(
        "ux_handovers_of_shift",
        "handovers",
        ["team_id", "ends_at"],
        unique=True,
        postgresql_where=sa.text("agent_id IS NULL"),
    )
    for name, moment in (("handover_notes", "at"), ("handover_receipts", "at")):
        op.create_table(
            name,
            sa.Column("handover_id", sa.BigInteger(), nullable=False),
            sa.Column("agent_id", sa.BigInteger(), nullable=False),
            *([sa.Column("text", sa.Text(), nullable=False)] if name == "handover_notes" else []),
            sa.Column(moment, sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(
                ["handover_id"],
                ["handovers.id"],
                name=op.f(f"fk_{name}_handover_id"),
                ondelete="CASCADE",
            ),
            sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f(f"fk_{name}_agent_id")),
            sa.PrimaryKeyConstraint("handover_id", "agent_id", name=op.f(f"pk_{name}")),
        )


def downgrade() -> None:
    for table in ("handover_receipts", "handover_notes", "handovers"):
        op.drop_table(table)
