"""What the composer needs: why and since when somebody cannot be written to, places that an agent
opened, the number of a draft, and holds by\nagent and account."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "identities", sa.Column("unreachable_code", sa.Text, server_default="", nullable=False)
    )
    at = sa.TIMESTAMP(timezone=True)
    op.add_column("identities", sa.Column("unreachable_at", at, nullable=True))
    op.add_column("places", sa.Column("unreachable_at", at, nullable=True))
    op.add_column(
        "drafts", sa.Column("revision", sa.BigInteger, server_default="1", nullable=False)
    )
    op.create_table(
        "opened_places",
        sa.Column("identity_id", sa.BigInteger, sa.ForeignKey("identities.id"), primary_key=True),
        sa.Column("place_id", sa.BigInteger, sa.ForeignKey("places.id"), primary_key=True),
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("opened_at", at, nullable=False),
    )
    op.create_table(
        "agent_holds",
        sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
        sa.Column("hold_seconds", sa.Integer, nullable=False),
        sa.CheckConstraint("hold_seconds BETWEEN 0 AND 3600", name="hold_known"),
    )
    op.create_index("ix_opened_places_place_id", "opened_places", ["place_id"])


def downgrade() -> None:
    op.drop_table("agent_holds")
    op.drop_table("opened_places")
    op.drop_column("drafts", "revision")
    op.drop_column("places", "unreachable_at")
    op.drop_column("identities", "unreachable_at")
    op.drop_column("identities", "unreachable_code")
