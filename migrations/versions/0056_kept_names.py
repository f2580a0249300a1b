"""What is removed can be put back, and what was said once finds what it named.

`topic_ids`: by the name that a topic had when it was renamed or archived, which one that was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0056"
down_revision = "0053"
branch_labels = None
depends_on = None

NAMING = ("rule_versions", "macros")
REMOVED = ("saved_views", "snippets")


def upgrade() -> None:
    for table in NAMING:
        names = sa.Column(
            "topic_ids", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        )
        op.add_column(table, names)
    for table in REMOVED:
        op.add_column(table, sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("saved_views", sa.Column("changed_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_saved_views_changed_by"), "saved_views", "agents", ["changed_by"], ["id"]
    )
    op.add_column("saved_views", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "saved_views",
        sa.Column("is_followed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    for table in REMOVED:
        op.execute(f"delete from {table} where dropped_at is not null")
        op.drop_column(table, "dropped_at")
    for column in ("is_followed", "changed_at", "changed_by"):
        op.drop_column("saved_views", column)
    for table in NAMING:
        op.drop_column(table, "topic_ids")
