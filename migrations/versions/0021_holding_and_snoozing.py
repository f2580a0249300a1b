"""Answers that wait, drafts with files, canned replies and mentions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

HOLD = "hold_seconds BETWEEN 0 AND 3600"


def upgrade() -> None:
    for table in ("accounts", "agents"):
        op.add_column(table, sa.Column("hold_seconds", sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(f"ck_{table}_hold_known"), table, HOLD)
    op.add_column(
        "drafts",
        sa.Column("attachment_ids", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.add_column(
        "attachments",
        sa.Column("is_kept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "attachments",
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    op.create_table(
        "snippets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tags", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("texts", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reach IN ('personal', 'team', 'shared')", name=op.f("ck_snippets_reach_known")
        ),
        sa.CheckConstraint(
            "(reach = 'team') = (team_id IS NOT NULL)", name=op.f("ck_snippets_team_named")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_snippets_agent_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_snippets_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snippets")),
    )
    op.create_table(
        "mentions",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_mentions_message_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_mentions_agent_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_mentions_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_mentions_team_id")),
        sa.PrimaryKeyConstraint("message_id", "agent_id", name=op.f("pk_mentions")),
    )
    op.create_index("ix_mentions_person_id", "mentions", ["person_id"])
    op.create_index("ix_mentions_agent_id", "mentions", ["agent_id", "person_id"])


def downgrade() -> None:
    op.drop_table("mentions")
    op.drop_table("snippets")
    op.drop_column("attachments", "description")
    op.drop_column("attachments", "is_kept")
    op.drop_column("drafts", "attachment_ids")
    for table in ("agents", "accounts"):
        op.drop_constraint(op.f(f"ck_{table}_hold_known"), table, type_="check")
        op.drop_column(table, "hold_seconds")
