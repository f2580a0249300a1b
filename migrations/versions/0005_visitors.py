"""Tokens spent once for all accounts of a key; uploads that resume; chats that go on elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spent_tokens", sa.Column("scope", sa.Text(), nullable=True))
    op.execute("update spent_tokens set scope = 'account:' || account_id")
    op.drop_constraint(op.f("pk_spent_tokens"), "spent_tokens", type_="primary")
    op.drop_column("spent_tokens", "account_id")
    op.alter_column("spent_tokens", "scope", nullable=False)
    op.create_primary_key(op.f("pk_spent_tokens"), "spent_tokens", ["scope", "token_id"])
    op.create_table(
        "visitor_uploads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("visitor_session_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visitor_uploads")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_visitor_uploads_key_hash")),
    )
    op.create_index("ix_visitor_uploads_created_at", "visitor_uploads", ["created_at"])
    op.create_index(
        "ix_visitor_uploads_visitor_session_id", "visitor_uploads", ["visitor_session_id"]
    )
    op.create_table(
        "visitor_upload_chunks",
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["visitor_uploads.id"],
            name=op.f("fk_visitor_upload_chunks_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "start", name=op.f("pk_visitor_upload_chunks")),
    )
    op.create_index("ix_visitor_upload_chunks_blob_key", "visitor_upload_chunks", ["blob_key"])
    op.create_table(
        "continuations",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("echoed_until", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_continuations_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_continuations_place_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_continuations")),
    )
    op.create_index("ix_continuations_made_at", "continuations", ["made_at"])
    op.create_table(
        "continued_messages",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("continuation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_continued_messages_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["continuation_id"],
            ["continuations.message_id"],
            name=op.f("fk_continued_messages_continuation_id"),
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_continued_messages")),
    )
    op.create_index(
        "ix_continued_messages_continuation_id", "continued_messages", ["continuation_id"]
    )
    op.create_table(
        "echoes",
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_echoes_place_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_echoes_message_id")),
        sa.PrimaryKeyConstraint("place_id", "message_id", name=op.f("pk_echoes")),
    )


def downgrade() -> None:
    op.drop_table("echoes")
    op.drop_table("continued_messages")
    op.drop_table("continuations")
    op.drop_table("visitor_upload_chunks")
    op.drop_table("visitor_uploads")
    op.execute("delete from spent_tokens")
    op.drop_constraint(op.f("pk_spent_tokens"), "spent_tokens", type_="primary")
    op.add_column("spent_tokens", sa.Column("account_id", sa.BigInteger(), nullable=False))
    op.drop_column("spent_tokens", "scope")
    op.create_primary_key(op.f("pk_spent_tokens"), "spent_tokens", ["account_id", "token_id"])
    op.create_foreign_key(
        op.f("fk_spent_tokens_account_id"), "spent_tokens", "accounts", ["account_id"], ["id"]
    )
