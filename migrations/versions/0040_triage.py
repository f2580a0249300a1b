"""Findings of messages, corrections of them, and whom a danger was told to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_CAUSES = (
    *("opened", "wrote", "answered", "recalled", "agent", "queue", "woke", "code"),
    *("parted", "merged", "moved", "undone", "team_gone", "known"),
)
_DANGERS = (
    "danger IN ('stolen_account', 'unknown_login', 'lost_two_factor', 'withdrawal_stuck',"
    " 'duress', 'phishing')"
)


def upgrade() -> None:
    _let_causes_be(*_CAUSES, "triage")
    _make_findings()
    _make_pages()
    op.create_table(
        "triage_settings",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("least_confidence", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("pages", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("escalate_minutes", sa.Integer(), server_default=sa.text("5"), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_triage_settings_is_one")),
        sa.CheckConstraint(
            "least_confidence BETWEEN 0 AND 100",
            name=op.f("ck_triage_settings_confidence_known"),
        ),
        sa.CheckConstraint(
            "escalate_minutes BETWEEN 1 AND 1440", name=op.f("ck_triage_settings_minutes_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_settings")),
    )
    # What was said before this is not read: nobody is told of dangers of the past.
    op.execute(
        "insert into followers (name, position)"
        " select 'triage', coalesce(max(position), 0) from outbox"
        " where position is not null having max(position) is not null"
        " on conflict do nothing"
    )


def _make_findings() -> None:
    op.create_table(
        "findings",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("topic_confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("emotion", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("is_complaint", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("danger", sa.Text(), nullable=True),
        sa.Column("danger_confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("words", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("classifier", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_pending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("set_topic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("set_priority", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "urgency IN ('low', 'normal', 'high', 'urgent')",
            name=op.f("ck_findings_urgency_known"),
        ),
        sa.CheckConstraint(
            "emotion IN ('neutral', 'worried', 'angry', 'grateful')",
            name=op.f("ck_findings_emotion_known"),
        ),
        sa.CheckConstraint(_DANGERS, name=op.f("ck_findings_danger_known")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_findings_message_id")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("fk_findings_topic_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_findings")),
    )
    op.create_index(
        "ix_findings_pending",
        "findings",
        ["message_id"],
        postgresql_where=sa.text("is_pending"),
    )
    op.create_table(
        "finding_corrections",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("is_urgent", sa.Boolean(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["findings.message_id"],
            name=op.f("fk_finding_corrections_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("fk_finding_corrections_topic_id")
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_finding_corrections_agent_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_finding_corrections")),
    )


def _make_pages() -> None:
    op.create_table(
        "danger_pages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("danger", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "told",
            sa.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'::bigint[]"),
            nullable=False,
        ),
        sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_DANGERS, name=op.f("ck_danger_pages_danger_known")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_danger_pages_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["findings.message_id"], name=op.f("fk_danger_pages_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_danger_pages")),
        sa.UniqueConstraint("message_id", name=op.f("uq_danger_pages_message_id")),
    )
    op.create_index(
        "uq_danger_pages_running",
        "danger_pages",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_danger_pages_waiting",
        "danger_pages",
        ["escalate_at"],
        postgresql_where=sa.text("ended_at IS NULL AND escalated_at IS NULL"),
    )


def _let_causes_be(*causes: str) -> None:
    listed = ", ".join(f"'{one}'" for one in causes)
    op.drop_constraint("ck_case_history_cause_known", "case_history")
    op.create_check_constraint(
        op.f("ck_case_history_cause_known"), "case_history", f"cause IN ({listed})"
    )


def downgrade() -> None:
    op.drop_table("triage_settings")
    op.drop_table("danger_pages")
    op.drop_table("finding_corrections")
    op.drop_table("findings")
    op.execute("delete from followers where name = 'triage'")
    op.execute("update case_history set cause = 'agent' where cause = 'triage'")
    _let_causes_be(*_CAUSES)
