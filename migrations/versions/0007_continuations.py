"""What the loop that lets chats go on elsewhere looks things up by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_messages_answers",
        "messages",
        ["account_id", "received_at"],
        postgresql_where=sa.text("direction = 'out' AND agent_id IS NOT NULL"),
    )
    op.create_index("ix_echoes_message_id", "echoes", ["message_id"])


def downgrade() -> None:
    op.drop_index("ix_echoes_message_id", table_name="echoes")
    op.drop_index(
        "ix_messages_answers",
        table_name="messages",
        postgresql_where=sa.text("direction = 'out' AND agent_id IS NOT NULL"),
    )
