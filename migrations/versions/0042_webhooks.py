"""Outgoing webhooks, their calls and tries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_webhooks()
    _make_calls()
    op.create_table(
        "webhook_tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("fault", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["webhook_calls.id"],
            name=op.f("fk_webhook_tries_call_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_tries")),
    )
    op.create_index("ix_webhook_tries_call_id", "webhook_tries", ["call_id", "id"])


def _make_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        _ids("team_ids"),
        _ids("topic_ids"),
        sa.Column("classes", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("has_texts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("paused_because", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("from_position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'paused')", name=op.f("ck_webhooks_state_known")),
        sa.CheckConstraint(
            "paused_because IN ('', 'by_hand', 'gone', 'unreachable', 'secret')",
            name=op.f("ck_webhooks_paused_because_known"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_webhooks_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )


def _make_calls() -> None:
    op.create_table(
        "webhook_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'failed')",
            name=op.f("ck_webhook_calls_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_calls_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_calls")),
        sa.UniqueConstraint("event_id", name=op.f("uq_webhook_calls_event_id")),
        sa.UniqueConstraint(
            "webhook_id",
            "position",
            "kind",
            name=op.f("uq_webhook_calls_webhook_id_position_kind"),
        ),
    )
    waiting = sa.text("state = 'waiting'")
    for name, columns in (
        ("ix_webhook_calls_due", ["webhook_id", "due_at", "id"]),
        ("ix_webhook_calls_lane", ["webhook_id", "person_id", "id"]),
    ):
        op.create_index(name, "webhook_calls", columns, postgresql_where=waiting)
    op.create_index("ix_webhook_calls_webhook_id", "webhook_calls", ["webhook_id", "id"])
    op.create_index("ix_webhook_calls_person_id", "webhook_calls", ["person_id"])
    op.create_index("ix_webhook_calls_made_at", "webhook_calls", ["made_at"])


def _ids(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'::bigint[]"), nullable=False
    )


def downgrade() -> None:
    for table in ("webhook_tries", "webhook_calls", "webhooks"):
        op.drop_table(table)
