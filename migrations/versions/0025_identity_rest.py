"""Messages that are link codes; identities that say of a join that it is not them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages",
        sa.Column("is_link_code", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("identities", sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("identities", "doubted_at")
    op.drop_column("messages", "is_link_code")
