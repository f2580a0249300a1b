"""Plans of deadlines, what follows from them, promises."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_TARGETS = "target IN ('first_reply', 'next_reply', 'resolution', 'promise')"


def upgrade() -> None:
    op.create_table(
        "deadline_plans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kept", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_deadline_plans_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_plans")),
    )
    _make_deadlines()
    _make_promises()


def _make_deadlines() -> None:
    op.create_table(
        "deadlines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remaining_seconds", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_TARGETS, name=op.f("ck_deadlines_target_known")),
        sa.CheckConstraint(
            "ending IN ('answered', 'solved', 'kept', 'withdrawn')",
            name=op.f("ck_deadlines_ending_known"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_deadlines_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["deadline_plans.id"], name=op.f("fk_deadlines_plan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadlines")),
        sa.UniqueConstraint(
            "case_id", "target", "ref", name=op.f("uq_deadlines_case_id_target_ref")
        ),
    )
    op.create_index(
        "ix_deadlines_running",
        "deadlines",
        ["due_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_deadlines_breached",
        "deadlines",
        ["case_id"],
        postgresql_where=sa.text("breached_at IS NOT NULL"),
    )
    op.create_table(
        "deadline_alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_TARGETS, name=op.f("ck_deadline_alarms_target_known")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_deadline_alarms_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_alarms")),
        sa.UniqueConstraint(
            "case_id",
            "target",
            "ref",
            "mark",
            name=op.f("uq_deadline_alarms_case_id_target_ref_mark"),
        ),
    )
    op.create_index(
        "ix_deadline_alarms_waiting",
        "deadline_alarms",
        ["at"],
        postgresql_where=sa.text("fired_at IS NULL"),
    )


def _make_promises() -> None:
    op.create_table(
        "promises",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "ending IN ('kept', 'withdrawn')", name=op.f("ck_promises_ending_known")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_promises_message_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_promises_agent_id")),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["agents.id"], name=op.f("fk_promises_ended_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sa.UniqueConstraint("message_id", name=op.f("uq_promises_message_id")),
    )
    op.create_index(
        "ix_promises_standing",
        "promises",
        ["message_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("promises", "deadline_alarms", "deadlines", "deadline_plans"):
        op.drop_table(table)
