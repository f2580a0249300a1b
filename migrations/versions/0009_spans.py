"""How texts are formatted. NULL: plain, which is most of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("messages", "message_revisions", "deliveries")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("spans", JSONB(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "spans")
