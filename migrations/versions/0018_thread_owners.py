"""Threads by their id and the person they belong to, and more than one step of the ladder."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("thread_keys", sa.Column("person_id", sa.BigInteger(), nullable=True))
    op.execute(
        """
        update thread_keys t set person_id = coalesce(
            (select m.person_id from messages m where m.id = t.message_id), c.person_id)
        from cases c where c.id = t.case_id
        """
    )
    op.alter_column("thread_keys", "person_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_thread_keys_person_id"), "thread_keys", "persons", ["person_id"], ["id"]
    )
    op.drop_constraint(op.f("pk_thread_keys"), "thread_keys", type_="primary")
    op.create_primary_key(
        op.f("pk_thread_keys"), "thread_keys", ["account_id", "kind", "key", "person_id"]
    )
    op.add_column(
        "ladder_steps",
        sa.Column("number", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )
    op.drop_constraint(op.f("pk_ladder_steps"), "ladder_steps", type_="primary")
    op.create_primary_key(op.f("pk_ladder_steps"), "ladder_steps", ["message_id", "number"])
    op.drop_index("ix_ladder_steps_due", "ladder_steps")
    op.create_index(
        "uq_ladder_steps_due",
        "ladder_steps",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("state = 'due'"),
    )
