"""Since which fact rules are on, and say what they say."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_ADDED = (("rules", "on_after"), ("rule_versions", "runs_after"))


def upgrade() -> None:
    for table, name in _ADDED:
        column = sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        op.add_column(table, column)


def downgrade() -> None:
    for table, name in _ADDED:
        op.drop_column(table, name)
