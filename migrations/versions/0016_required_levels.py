"""How well somebody must be proven for a case or a topic, and step-ups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply_topics",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *_requirement(),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_topics")),
        sa.CheckConstraint(
            "minimum_level BETWEEN 0 AND 3", name=op.f("ck_reply_topics_minimum_level_known")
        ),
    )
    op.create_index(
        "uq_reply_topics_name",
        "reply_topics",
        ["name"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    for column in _requirement():
        op.add_column("cases", column)
    op.create_check_constraint(
        op.f("ck_cases_minimum_level_known"), "cases", "minimum_level BETWEEN 0 AND 3"
    )
    op.add_column("cases", sa.Column("host_account", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("topic_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_messages_topic_id"), "messages", "reply_topics", ["topic_id"], ["id"]
    )
    op.add_column(
        "identities", sa.Column("stepped_up_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "step_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("host_account", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_ups")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_step_ups_token_hash")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_step_ups_{column}"))
            for column, table in (
                ("identity_id", "identities"),
                ("case_id", "cases"),
                ("topic_id", "reply_topics"),
                ("agent_id", "agents"),
                ("message_id", "messages"),
            )
        ),
    )
    op.create_index("ix_step_ups_case_id", "step_ups", ["case_id", "id"])
    op.create_index("ix_step_ups_identity_id", "step_ups", ["identity_id", "id"])


def _requirement() -> list[sa.Column[object]]:
    return [
        sa.Column("minimum_level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "allowed_channels", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
    ]


def downgrade() -> None:
    op.drop_table("step_ups")
    op.drop_column("identities", "stepped_up_until")
    op.drop_column("messages", "topic_id")
    for column in ("host_account", "allowed_channels", "minimum_level"):
        op.drop_column("cases", column)
    op.drop_table("reply_topics")
