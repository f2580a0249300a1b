"""What was said: places, cases, messages, their sources, versions, files and ids."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("topic", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("access_class", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_reply_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "access_class IN ('normal', 'fraud', 'kyc', 'legal')",
            name=op.f("ck_cases_access_class_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'waiting', 'snoozed', 'solved')", name=op.f("ck_cases_state_known")
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_cases_priority_known")),
        sa.ForeignKeyConstraint(["owner_id"], ["agents.id"], name=op.f("fk_cases_owner_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_cases_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_cases_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(
        "ix_cases_owner_open",
        "cases",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'solved'"),
    )
    op.create_index(
        "ix_cases_snoozed",
        "cases",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("state = 'snoozed'"),
    )
    op.create_index("ix_cases_person_id", "cases", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_cases_person_open",
        "cases",
        ["person_id", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'solved'"),
    )
    op.create_index(
        "ix_cases_restricted",
        "cases",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("access_class <> 'normal'"),
    )
    op.create_table(
        "places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_place", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column(
            "context",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('direct', 'group', 'thread', 'forum_post', 'mail_thread', 'widget_session')",
            name=op.f("ck_places_kind_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_places_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint(
            "account_id", "remote_place", name=op.f("uq_places_account_id_remote_place")
        ),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), server_default=sa.text("'human'"), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("author_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("full_text", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column(
            "context",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "warnings",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "participants",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("dedup_key", sa.Text(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'shown'"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "direction IN ('in', 'out', 'note', 'event')", name=op.f("ck_messages_direction_known")
        ),
        sa.CheckConstraint(
            "nature IN ('human', 'auto_reply', 'bounce', 'list')",
            name=op.f("ck_messages_nature_known"),
        ),
        sa.CheckConstraint(
            "state IN ('shown', 'placeholder')", name=op.f("ck_messages_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_messages_account_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_messages_agent_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_messages_identity_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_messages_person_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_messages_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "account_id", "dedup_key", name=op.f("uq_messages_account_id_dedup_key")
        ),
        sa.UniqueConstraint("agent_id", "client_key", name=op.f("uq_messages_agent_id_client_key")),
    )
    op.create_index("ix_messages_case_id", "messages", ["case_id", "id"], unique=False)
    op.create_index(
        "ix_messages_identity_id",
        "messages",
        ["identity_id", "id"],
        unique=False,
        postgresql_include=["account_id"],
    )
    op.create_index(
        "ix_messages_person_id",
        "messages",
        ["person_id", "id"],
        unique=False,
        postgresql_include=["direction", "case_id"],
    )
    op.create_index("ix_messages_place_id", "messages", ["place_id", "id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("blob_key", sa.Text(), nullable=True),
        sa.Column("content_id", sa.Text(), nullable=True),
        sa.Column("is_inline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'stored'"), nullable=False),
        sa.Column("refused_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remote", sa.Text(), nullable=True),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("visitor_session_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'stored', 'refused')", name=op.f("ck_attachments_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_attachments_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["agents.id"], name=op.f("fk_attachments_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(
        "ix_attachments_message_id", "attachments", ["message_id", "position"], unique=False
    )
    op.create_index(
        "ix_attachments_blob_key",
        "attachments",
        ["blob_key"],
        unique=False,
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.create_index(
        "ix_attachments_unsent",
        "attachments",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.create_index(
        "ix_attachments_visitor_session_id",
        "attachments",
        ["visitor_session_id"],
        unique=False,
        postgresql_where=sa.text("visitor_session_id IS NOT NULL"),
    )
    op.create_table(
        "message_reactions",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reactions",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_message_reactions_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_reactions_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "identity_id", name=op.f("pk_message_reactions")),
    )
    op.create_table(
        "message_revisions",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_revisions_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "revision", name=op.f("pk_message_revisions")),
        sa.UniqueConstraint(
            "message_id", "event_key", name=op.f("uq_message_revisions_message_id_event_key")
        ),
    )
    op.create_table(
        "message_sources",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("blob_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(raw IS NULL) <> (blob_key IS NULL)", name=op.f("ck_message_sources_one_place")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_sources_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message_sources")),
    )
    op.create_index(
        "ix_message_sources_blob_key",
        "message_sources",
        ["blob_key"],
        unique=False,
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.create_table(
        "remote_refs",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_place", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("parked", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_remote_refs_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_remote_refs_message_id")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "remote_place", "remote_id", "part", name=op.f("pk_remote_refs")
        ),
    )
    op.create_index(op.f("ix_remote_refs_message_id"), "remote_refs", ["message_id"], unique=False)
    op.create_table(
        "thread_keys",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_thread_keys_account_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_thread_keys_case_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_thread_keys_message_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "key", name=op.f("pk_thread_keys")),
    )
    op.create_index("ix_thread_keys_message_id", "thread_keys", ["message_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_thread_keys_message_id", table_name="thread_keys")
    op.drop_table("thread_keys")
    op.drop_index(op.f("ix_remote_refs_message_id"), table_name="remote_refs")
    op.drop_table("remote_refs")
    op.drop_index(
        "ix_message_sources_blob_key",
        table_name="message_sources",
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.drop_table("message_sources")
    op.drop_table("message_revisions")
    op.drop_table("message_reactions")
    op.drop_index(
        "ix_attachments_visitor_session_id",
        table_name="attachments",
        postgresql_where=sa.text("visitor_session_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_attachments_unsent",
        table_name="attachments",
        postgresql_where=sa.text("message_id IS NULL"),
    )
    op.drop_index(
        "ix_attachments_blob_key",
        table_name="attachments",
        postgresql_where=sa.text("blob_key IS NOT NULL"),
    )
    op.drop_index("ix_attachments_message_id", table_name="attachments")
    op.drop_table("attachments")
    op.drop_index("ix_messages_place_id", table_name="messages")
    op.drop_index("ix_messages_person_id", table_name="messages")
    op.drop_index("ix_messages_case_id", table_name="messages")
    op.drop_table("messages")
    op.drop_table("places")
    op.drop_index("ix_cases_person_id", table_name="cases")
    op.drop_index(
        "ix_cases_snoozed",
        table_name="cases",
        postgresql_where=sa.text("state = 'snoozed'"),
    )
    op.drop_index(
        "ix_cases_owner_open", table_name="cases", postgresql_where=sa.text("state <> 'solved'")
    )
    op.drop_table("cases")
