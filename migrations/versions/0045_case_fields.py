"""Fields of cases that admins define, their values, and what those were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_fields",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choices", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_personal", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "team_ids",
            sa.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'::bigint[]"),
            nullable=False,
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'number', 'choice', 'date', 'yes_no')",
            name=op.f("ck_case_fields_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_fields")),
    )
    op.create_index(
        "uq_case_fields_name",
        "case_fields",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "case_field_values",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_field_values_case_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["field_id"], ["case_fields.id"], name=op.f("fk_case_field_values_field_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "field_id", name=op.f("pk_case_field_values")),
    )
    op.create_index(
        "ix_case_field_values_value", "case_field_values", ["field_id", sa.text("lower(value)")]
    )
    op.create_table(
        "case_field_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("field_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("move_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "cause IN ('agent', 'merged', 'moved', 'parted', 'undone')",
            name=op.f("ck_case_field_history_cause_known"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_field_history_case_id"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], name=op.f(f"fk_case_field_history_{name}")
            )
            for name, table in (
                ("field_id", "case_fields"),
                ("agent_id", "agents"),
                ("move_id", "case_moves"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_field_history")),
    )
    op.create_index("ix_case_field_history_case_id", "case_field_history", ["case_id", "id"])
    op.create_index(
        "ix_case_field_history_move_id",
        "case_field_history",
        ["move_id"],
        postgresql_where=sa.text("move_id IS NOT NULL"),
    )


def downgrade() -> None:
    for table in ("case_field_history", "case_field_values", "case_fields"):
        op.drop_table(table)
