"""Copies of a message are deliveries of their own, one for each participant."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OLD = ["message_id", "part", "kind", "revision"]
_NAME = "uq_deliveries_message_id_part_kind_revision"


def upgrade() -> None:
    for name in ("copy_to", "copy_of"):
        op.add_column(
            "deliveries", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)
        )
    op.drop_constraint(op.f(_NAME), "deliveries", type_="unique")
    op.create_unique_constraint(op.f(f"{_NAME}_copy_to"), "deliveries", [*_OLD, "copy_to"])


def downgrade() -> None:
    op.execute(
        "delete from delivery_attempts where delivery_id in"
        " (select id from deliveries where copy_to <> '')"
    )
    op.execute("delete from deliveries where copy_to <> ''")
    op.drop_constraint(op.f(f"{_NAME}_copy_to"), "deliveries", type_="unique")
    op.create_unique_constraint(op.f(_NAME), "deliveries", _OLD)
    for name in ("copy_of", "copy_to"):
        op.drop_column("deliveries", name)
