"""Answers to all cases of an incident; an end of replays; all cases that a bulk job means."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0055"
down_revision = "0056"
branch_labels = None
depends_on = None

_IDS = sa.ARRAY(sa.BigInteger())
_NO_IDS = sa.text("'{}'::bigint[]")
_EMPTY = sa.text("''")


def upgrade() -> None:
    _make_answers()
    _make_steps()
    op.add_column("bulk_steps", sa.Column("case_ids", _IDS, server_default=_NO_IDS, nullable=False))
    op.add_column("bulk_steps", _count("cases"))
    op.add_column("webhook_replays", sa.Column("cancelled_by_id", sa.BigInteger(), nullable=True))
    op.add_column("webhook_replays", _count("cancelled"))
    op.create_foreign_key(
        op.f("fk_webhook_replays_cancelled_by_id"),
        "webhook_replays",
        "agents",
        ["cancelled_by_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_column("webhook_replays", "cancelled")
    op.drop_column("webhook_replays", "cancelled_by_id")
    op.drop_column("bulk_steps", "cases")
    op.drop_column("bulk_steps", "case_ids")
    op.drop_table("incident_answer_steps")
    op.drop_table("incident_answers")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _make_answers() -> None:
    op.create_table(
        "incident_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("macro_id", sa.BigInteger(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=False),
        sa.Column("words", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("actions", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("classes", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        *(
            sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)
            for name in ("only_unsolved", "solves")
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("because", sa.Text(), server_default=_EMPTY, nullable=False),
        sa.Column("stopped_by_id", sa.BigInteger(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_incident_answers_{column}")
            )
            for column, table in (
                ("incident_id", "incidents"),
                ("agent_id", "agents"),
                ("macro_id", "macros"),
                ("stopped_by_id", "agents"),
            )
        ),
        sa.CheckConstraint(
            "state IN ('running', 'stopping', 'stopped', 'done')",
            name=op.f("ck_incident_answers_state_known"),
        ),
        sa.CheckConstraint(
            "because IN ('', 'by_hand', 'left')", name=op.f("ck_incident_answers_because_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_answers")),
    )
    op.create_index(
        "uq_incident_answers_client_key",
        "incident_answers",
        ["agent_id", "client_key"],
        unique=True,
    )
    op.create_index("ix_incident_answers_incident_id", "incident_answers", ["incident_id", "id"])
    op.create_index(
        "uq_incident_answers_under_way",
        "incident_answers",
        ["incident_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'stopping')"),
    )


def _make_steps() -> None:
    op.create_table(
        "incident_answer_steps",
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("code", sa.Text(), server_default=_EMPTY, nullable=False),
        sa.Column("reason", sa.Text(), server_default=_EMPTY, nullable=False),
        sa.Column("message_ids", _IDS, server_default=_NO_IDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["incident_answers.id"], name=op.f("fk_incident_answer_steps_answer_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_incident_answer_steps_case_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'told', 'failed', 'cancelled', 'recalled')",
            name=op.f("ck_incident_answer_steps_state_known"),
        ),
        sa.PrimaryKeyConstraint("answer_id", "case_id", name=op.f("pk_incident_answer_steps")),
    )
    op.create_index("ix_incident_answer_steps_case_id", "incident_answer_steps", ["case_id"])
    op.create_index(
        "ix_incident_answer_steps_waiting",
        "incident_answer_steps",
        ["answer_id", "case_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
