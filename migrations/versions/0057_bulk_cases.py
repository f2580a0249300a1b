"""Cases of bulk steps by an index; at which level somebody gave what may be a handle of theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0055"
branch_labels = None
depends_on = None

_VALUE = "ix_person_hints_value"


def upgrade() -> None:
    op.create_index(op.f("ix_bulk_steps_case_id"), "bulk_steps", ["case_id"])
    op.add_column(
        "person_hints",
        sa.Column("level", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.execute(
        "update person_hints h set level = m.level from messages m"
        " where m.id = h.message_id and m.level > 0"
    )
    op.drop_index(_VALUE, table_name="person_hints")
    op.create_index(_VALUE, "person_hints", ["kind", "value", "level"])


def downgrade() -> None:
    op.drop_index(_VALUE, table_name="person_hints")
    op.create_index(_VALUE, "person_hints", ["kind", "value"])
    op.drop_column("person_hints", "level")
    op.drop_index(op.f("ix_bulk_steps_case_id"), table_name="bulk_steps")
