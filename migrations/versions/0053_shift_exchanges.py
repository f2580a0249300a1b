"""Duties that agents give away, swap, or leave open while they are absent."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift_exchanges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("shift_key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=True),
        sa.Column("other_shift", sa.Text(), nullable=True),
        sa.Column("other_day", sa.Date(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "unseen_ids",
            sa.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'::bigint[]"),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([one], ["agents.id"], name=op.f(f"fk_shift_exchanges_{one}"))
            for one in ("agent_id", "to_id", "taken_by", "by_id")
        ),
        sa.CheckConstraint(
            "kind IN ('give', 'swap', 'open')", name=op.f("ck_shift_exchanges_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'done', 'declined', 'withdrawn', 'refused',"
            " 'overtaken')",
            name=op.f("ck_shift_exchanges_state_known"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(other_shift, other_day) = case kind when 'swap' then 2 else 0 end",
            name=op.f("ck_shift_exchanges_names_other"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_exchanges")),
    )
    live = sa.text("state in ('open', 'accepted')")
    op.create_index(
        "uq_shift_exchanges_live",
        "shift_exchanges",
        ["shift_key", "day", "agent_id"],
        unique=True,
        postgresql_where=live,
    )
    op.create_index("ix_shift_exchanges_changed_at", "shift_exchanges", ["changed_at"])
    op.create_index(
        "ix_shift_exchanges_unseen",
        "shift_exchanges",
        ["id"],
        postgresql_where=sa.text("unseen_ids <> '{}'::bigint[]"),
    )


def downgrade() -> None:
    op.drop_table("shift_exchanges")
