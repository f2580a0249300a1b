"""What the desk says by itself, codes that link a handle to an account, and wrong guesses."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "automatic_lines",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("is_answer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_automatic_lines_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_automatic_lines_message_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_automatic_lines")),
    )
    op.create_index("ix_automatic_lines_person_id", "automatic_lines", ["person_id", "at"])


def downgrade() -> None:
    op.drop_table("automatic_lines")
