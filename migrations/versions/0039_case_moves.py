"""Messages that went from one case to another, cases that were merged, and why a message is where.

What is `standing` of a case that another one stands for is what it was before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("standing", JSONB(), nullable=True))
    op.create_foreign_key(
        op.f("fk_cases_merged_into_id"), "cases", "cases", ["merged_into_id"], ["id"]
    )
    op.create_table(
        "case_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_case_id", sa.BigInteger(), nullable=False),
        sa.Column("to_case_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted", JSONB(), nullable=True),
        sa.Column("lifted_after", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('move', 'correction', 'split', 'merge')",
            name=op.f("ck_case_moves_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["from_case_id"], ["cases.id"], name=op.f("fk_case_moves_from_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_case_id"], ["cases.id"], name=op.f("fk_case_moves_to_case_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_case_moves_agent_id")),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["agents.id"], name=op.f("fk_case_moves_undone_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moves")),
    )
    op.create_index("ix_case_moves_from_case_id", "case_moves", ["from_case_id"])
    op.create_index("ix_case_moves_to_case_id", "case_moves", ["to_case_id"])
    op.create_table(
        "moved_messages",
        sa.Column("move_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("home_case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["move_id"],
            ["case_moves.id"],
            name=op.f("fk_moved_messages_move_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_moved_messages_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("move_id", "message_id", name=op.f("pk_moved_messages")),
    )
    op.create_index("ix_moved_messages_message_id", "moved_messages", ["message_id"])
    op.create_table(
        "case_choices",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("has_reopened", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.CheckConstraint(
            "why IN ('answer', 'corrected')", name=op.f("ck_case_choices_why_known")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_case_choices_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_case_choices")),
    )
    op.create_table(
        "case_pins",
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_case_pins_person_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_case_pins_place_id")),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_case_pins_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", "place_id", name=op.f("pk_case_pins")),
    )
    op.create_index("ix_case_pins_place_id", "case_pins", ["place_id"])
    op.create_index("ix_case_pins_message_id", "case_pins", ["message_id"])
    op.add_column(
        "places",
        sa.Column("is_pinned", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )


def downgrade() -> None:
    op.drop_column("places", "is_pinned")
    op.drop_table("case_pins")
    op.drop_table("case_choices")
    op.drop_table("moved_messages")
    op.drop_table("case_moves")
    op.drop_constraint(op.f("fk_cases_merged_into_id"), "cases")
    op.drop_column("cases", "standing")
    op.drop_column("cases", "merged_into_id")
