"""Cases that are a participant's side of another's case, and who wants no notices any more."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("joined_case_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_cases_joined_case_id"), "cases", "cases", ["joined_case_id"], ["id"]
    )
    op.create_index(
        "ix_cases_joined_case_id",
        "cases",
        ["joined_case_id"],
        postgresql_where=sa.text("joined_case_id IS NOT NULL"),
    )
    op.add_column(
        "identities", sa.Column("notices_stopped_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("identities", "notices_stopped_at")
    op.drop_index("ix_cases_joined_case_id", "cases")
    op.drop_column("cases", "joined_case_id")
