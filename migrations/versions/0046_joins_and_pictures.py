"""Joins of many, pictures that are kept, photos of agents; lines of undone moves say so."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

STEPS = ("waiting", "done", "skipped", "failed", "undone", "kept", "proposed")
LINES = ("case_merged", "case_split", "messages_moved", "messages_left")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_bulk_steps_state_known"), "bulk_steps", type_="check")
    listed = ", ".join(f"'{one}'" for one in STEPS)
    op.create_check_constraint(
        op.f("ck_bulk_steps_state_known"), "bulk_steps", f"state IN ({listed})"
    )
    op.create_table(
        "kept_pictures",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_kept_pictures_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "address_digest", name=op.f("pk_kept_pictures")),
    )
    op.create_index("ix_kept_pictures_blob_key", "kept_pictures", ["blob_key"])
    op.create_index("ix_kept_pictures_at", "kept_pictures", ["at"])
    op.create_table(
        "agent_photos",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_photos_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_photos")),
    )
    op.execute(
        sa.text(
            """
            update messages m
            set context = m.context || jsonb_build_object('undone_at', v.undone_at)
            from case_moves v
            where v.undone_at is not null and m.case_id in (v.from_case_id, v.to_case_id)
              and m.direction = 'event' and m.text = any(:lines)
              and m.context @> jsonb_build_object('move_id', v.id)
            """
        ).bindparams(sa.bindparam("lines", list(LINES), sa.ARRAY(sa.Text())))
    )
