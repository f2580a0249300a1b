"""The waiting queue, who serves it with how much room and which skills, and who was given what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TABLES = (
    "queue_settings",
    "team_queues",
    "agent_desks",
    "desk_sightings",
    "agent_skills",
    "live_channels",
    "queue_lines",
    "waiting_cases",
    "case_refusals",
    "assignments",
)


def upgrade() -> None:
    op.add_column(
        "cases", sa.Column("weight", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.execute(
        "alter table cases add constraint ck_cases_weight_known check (weight BETWEEN 1 AND 1000)"
    )
    op.create_index(
        "ix_cases_owner_waiting",
        "cases",
        ["owner_id"],
        postgresql_include=["weight"],
        postgresql_where=sa.text("state = 'open' AND owner_id IS NOT NULL"),
    )
    _make_settings()
    _make_desks()
    _make_queue()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.drop_index("ix_cases_owner_waiting", table_name="cases")
    op.drop_constraint("ck_cases_weight_known", "cases")
    op.drop_column("cases", "weight")


def _make_settings() -> None:
    op.create_table(
        "queue_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("settings", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_queue_settings_is_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_settings")),
    )
    op.create_table(
        "team_queues",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("overflow_team_id", sa.BigInteger(), nullable=True),
        sa.Column("overflow_minutes", sa.Integer(), nullable=True),
        sa.Column("return_live_minutes", sa.Integer(), nullable=True),
        sa.Column("return_slow_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "mode IN ('manual', 'offered', 'automatic')", name=op.f("ck_team_queues_mode_known")
        ),
        sa.ForeignKeyConstraint(
            ["overflow_team_id"],
            ["teams.id"],
            name=op.f("fk_team_queues_overflow_team_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_team_queues_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_team_queues")),
    )


def _make_desks() -> None:
    op.create_table(
        "agent_desks",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("availability", sa.Text(), server_default=sa.text("'offline'"), nullable=False),
        sa.Column("set_by", sa.Text(), server_default=sa.text("'agent'"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("was_busy", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "availability IN ('online', 'busy', 'away', 'offline')",
            name=op.f("ck_agent_desks_availability_known"),
        ),
        sa.CheckConstraint(
            "set_by IN ('agent', 'supervisor', 'absence', 'shift')",
            name=op.f("ck_agent_desks_set_by_known"),
        ),
        sa.CheckConstraint(
            "capacity BETWEEN 0 AND 1000", name=op.f("ck_agent_desks_capacity_known")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_desks_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_desks")),
    )
    op.create_table(
        "desk_sightings",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_desk_sightings_agent_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_desk_sightings")),
    )
    op.create_table(
        "agent_skills",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.Column("proficiency", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "proficiency BETWEEN 1 AND 5", name=op.f("ck_agent_skills_proficiency_known")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_skills_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "skill", name=op.f("pk_agent_skills")),
    )
    op.create_table(
        "live_channels",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_live_channels")),
    )


def _make_queue() -> None:
    op.create_table(
        "queue_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("team_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("access_class", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_lines")),
        sa.UniqueConstraint(
            "team_id",
            "access_class",
            "needs",
            name=op.f("uq_queue_lines_team_id_access_class_needs"),
        ),
    )
    op.create_table(
        "waiting_cases",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_relaxed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_owner_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_to_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_waiting_cases_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["last_owner_id"], ["agents.id"], name=op.f("fk_waiting_cases_last_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["queue_lines.id"], name=op.f("fk_waiting_cases_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["offered_to_id"], ["agents.id"], name=op.f("fk_waiting_cases_offered_to_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_waiting_cases")),
    )
    op.create_index(
        "ix_waiting_cases_line",
        "waiting_cases",
        ["line_id", "rank", "case_id"],
        unique=False,
        postgresql_where=sa.text("offered_to_id IS NULL"),
    )
    op.create_index(
        "ix_waiting_cases_line_id", "waiting_cases", ["line_id", "entered_at"], unique=False
    )
    op.create_index(
        "ix_waiting_cases_offered",
        "waiting_cases",
        ["offered_to_id", "offered_until"],
        unique=False,
        postgresql_where=sa.text("offered_to_id IS NOT NULL"),
    )
    op.create_index("ix_waiting_cases_rank", "waiting_cases", ["rank", "case_id"], unique=False)
    op.create_table(
        "case_refusals",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_case_refusals_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_refusals_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", "agent_id", name=op.f("pk_case_refusals")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "step IN ('offered', 'declined', 'expired', 'assigned', 'returned', 'released',"
            " 'moved')",
            name=op.f("ck_assignments_step_known"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_assignments_agent_id")),
        sa.ForeignKeyConstraint(["by_id"], ["agents.id"], name=op.f("fk_assignments_by_id")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_assignments_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index("ix_assignments_case_id", "assignments", ["case_id", "id"], unique=False)
