"""Replays of webhooks in the background; who renamed what macros name; what figures are read by."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0051"
branch_labels = None
depends_on = None

_TRIED = "ix_webhook_calls_tried"
_RUNNING = "ix_deadlines_running"


def upgrade() -> None:
    op.create_table(
        "webhook_replays",
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("only_failed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("done_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_replays_webhook_id")
        ),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook_replays")),
    )
    op.add_column("webhook_calls", sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index(_TRIED, table_name="webhook_calls")
    op.create_index(
        _TRIED,
        "webhook_calls",
        ["webhook_id", "id"],
        postgresql_where=sa.text("tries > 0 OR again_at IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_calls_retried",
        "webhook_calls",
        ["webhook_id"],
        postgresql_where=sa.text("state = 'waiting' AND tries > 0"),
    )
    op.create_index(
        "ix_waiting_cases_since",
        "waiting_cases",
        ["line_id", "waiting_since"],
        postgresql_where=sa.text("offered_to_id IS NULL"),
    )
    _index_running(include=["target"])
    op.add_column("macros", sa.Column("renamed_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_macros_renamed_by"), "macros", "agents", ["renamed_by"], ["id"])


def downgrade() -> None:
    op.drop_column("macros", "renamed_by")
    _index_running(include=[])
    op.drop_index("ix_waiting_cases_since", table_name="waiting_cases")
    op.drop_index("ix_webhook_calls_retried", table_name="webhook_calls")
    op.drop_index(_TRIED, table_name="webhook_calls")
    op.create_index(
        _TRIED, "webhook_calls", ["webhook_id", "id"], postgresql_where=sa.text("tries > 0")
    )
    op.drop_column("webhook_calls", "again_at")
    op.drop_table("webhook_replays")


def _index_running(*, include: list[str]) -> None:
    op.drop_index(_RUNNING, table_name="deadlines")
    op.create_index(
        _RUNNING,
        "deadlines",
        ["due_at"],
        postgresql_include=include or None,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
