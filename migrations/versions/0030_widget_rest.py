"""Which pages of a site its visitors look at, what agents saw of theirs, what was solved lately."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "visited_pages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("visitor_session_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["visitor_session_id"],
            ["visitor_sessions.id"],
            name=op.f("fk_visited_pages_visitor_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visited_pages")),
    )
    op.create_index(
        "ix_visited_pages_visitor_session_id", "visited_pages", ["visitor_session_id", "id"]
    )
    op.create_table(
        "seen_marks",
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_seen_marks_place_id")),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_seen_marks")),
    )
    op.create_index(
        "ix_cases_solved_at",
        "cases",
        ["solved_at"],
        postgresql_where=sa.text("state = 'solved'"),
    )


def downgrade() -> None:
    op.drop_index("ix_cases_solved_at", table_name="cases")
    op.drop_table("seen_marks")
    op.drop_table("visited_pages")
