"""Rules with their versions and runs, macros."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_rules()
    _make_runs()
    _make_turns()
    _make_macros()


def _make_rules() -> None:
    op.create_table(
        "rules",
        _key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("stopped_because", sa.Text(), server_default=sa.text("''"), nullable=False),
        _moment("stopped_at", nullable=True),
        _moment("rang_at", nullable=True),
        _moment("made_at"),
        _moment("dropped_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
    )
    op.create_table(
        "rule_versions",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _document("definition", "'{}'::jsonb"),
        _document("classes", "'[]'::jsonb"),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        _moment("saved_at"),
        _reference("rule_versions", "rule_id", "rules"),
        _reference("rule_versions", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_rule_versions")),
    )


def _make_runs() -> None:
    op.create_table(
        "rule_runs",
        _key(),
        sa.Column("rule_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "chain",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'::bigint[]"),
            nullable=False,
        ),
        _document("explained", "'{}'::jsonb"),
        _moment("at"),
        _reference("rule_runs", "rule_id", "rules"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_runs")),
        sa.CheckConstraint(
            "outcome IN ('done', 'failed', 'looped', 'stopped', 'skipped')",
            name=op.f("ck_rule_runs_outcome_known"),
        ),
    )
    op.create_index("ix_rule_runs_rule_id", "rule_runs", ["rule_id", "at"])
    op.create_index("ix_rule_runs_case_id", "rule_runs", ["case_id", "id"])
    op.create_index("ix_rule_runs_person_id", "rule_runs", ["person_id"])
    op.create_index("ix_rule_runs_at", "rule_runs", ["at"])
    op.create_table(
        "rule_causes",
        sa.Column("outbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["rule_runs.id"], name=op.f("fk_rule_causes_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("outbox_id", "run_id", name=op.f("pk_rule_causes")),
    )
    op.create_index("ix_rule_causes_run_id", "rule_causes", ["run_id"])
    op.create_table(
        "rule_tries",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_rule_tries")),
    )


def _make_turns() -> None:
    """Cases that there are have been in their state since they were opened or solved."""
    op.create_table(
        "rule_turns",
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _moment("due_at"),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _reference("rule_turns", "rule_id", "rules"),
        sa.PrimaryKeyConstraint("rule_id", "case_id", "due_at", name=op.f("pk_rule_turns")),
    )
    op.create_index(
        "ix_rule_turns_due_at",
        "rule_turns",
        ["due_at", "rule_id", "case_id"],
    )
    op.create_table(
        "case_spells",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        _moment("since"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_spells")),
    )
    op.create_index("ix_case_spells_since", "case_spells", ["state", "since", "case_id"])
    op.execute(
        """
        insert into case_spells (case_id, state, since)
        select id, state, coalesce(solved_at, opened_at) from cases
        """
    )
    op.execute(
        """
        insert into followers (name, position)
        select 'automation',
               coalesce((select position from relay_state where name = 'outbox'), 0)
        """
    )


def _make_macros() -> None:
    op.create_table(
        "macros",
        _key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        _document("actions", "'[]'::jsonb"),
        _moment("changed_at"),
        _moment("dropped_at", nullable=True),
        _reference("macros", "team_id", "teams"),
        _reference("macros", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
        sa.CheckConstraint(
            "reach IN ('personal', 'team', 'shared')", name=op.f("ck_macros_reach_known")
        ),
        sa.CheckConstraint(
            "(reach = 'team') = (team_id IS NOT NULL)", name=op.f("ck_macros_team_named")
        ),
    )
    op.create_table(
        "macro_runs",
        _key(),
        sa.Column("macro_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        _document("steps", "'[]'::jsonb"),
        _moment("at"),
        _moment("undone_at", nullable=True),
        _reference("macro_runs", "macro_id", "macros"),
        _reference("macro_runs", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro_runs")),
    )
    op.create_index("ix_macro_runs_at", "macro_runs", ["at"])


def downgrade() -> None:
    for table in (
        *("macro_runs", "macros", "case_spells", "rule_turns", "rule_tries", "rule_causes"),
        *("rule_runs", "rule_versions", "rules"),
    ):
        op.drop_table(table)
    op.execute("delete from followers where name = 'automation'")


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _document(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(default), nullable=False)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
