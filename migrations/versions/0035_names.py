"""What people are known by, cut into pieces, so that any part of it is found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those who are there already are entered from the newest back."""
    op.create_table(
        "name_entries",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_name_entries_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_name_entries")),
    )
    op.create_index("ix_name_entries_grams", "name_entries", ["grams"], postgresql_using="gin")
    op.execute(
        "insert into followers (name, position)"
        " select 'names_history', coalesce((select max(id) from persons), 0)"
    )


def downgrade() -> None:
    op.execute("delete from followers where name = 'names_history'")
    op.drop_table("name_entries")
