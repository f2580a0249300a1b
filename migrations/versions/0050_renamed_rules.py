"""Versions of rules that came of a renaming say who renamed."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_versions", sa.Column("renamed_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_rule_versions_renamed_by"), "rule_versions", "agents", ["renamed_by"], ["id"]
    )


def downgrade() -> None:
    op.drop_column("rule_versions", "renamed_by")
