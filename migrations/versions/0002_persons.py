"""Persons, how they are known, and who stands for whom."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "persons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("display_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("last_message_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_inbound_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("open_cases", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["persons.id"], name=op.f("fk_persons_merged_into_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
    )
    op.create_index(
        "ix_persons_inbox",
        "persons",
        [sa.literal_column("last_message_id DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("root_id = id AND last_message_id > 0"),
    )
    op.create_index(
        "ix_persons_inbox_open",
        "persons",
        [sa.literal_column("last_message_id DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("root_id = id AND open_cases > 0"),
    )
    op.create_index(
        "ix_persons_name",
        "persons",
        [sa.func.lower(sa.literal_column("display_name")).label("lowered")],
        unique=False,
        postgresql_ops={"lowered": "text_pattern_ops"},
    )
    op.create_index("ix_persons_root_id", "persons", ["root_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "options",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('reply', 'note')", name=op.f("ck_drafts_kind_known")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_drafts_agent_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_drafts_person_id")),
        sa.PrimaryKeyConstraint("agent_id", "person_id", "kind", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_person_id", "drafts", ["person_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("home_person_id", sa.BigInteger(), nullable=False),
        sa.Column("shown_as", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("host_account", sa.Text(), nullable=True),
        sa.Column("is_reachable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("unreachable_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_identities_level_known")),
        sa.ForeignKeyConstraint(
            ["home_person_id"], ["persons.id"], name=op.f("fk_identities_home_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("realm", "handle", name=op.f("uq_identities_realm_handle")),
    )
    op.create_index(
        "ix_identities_handle",
        "identities",
        [sa.func.lower(sa.literal_column("handle")).label("lowered")],
        unique=False,
        postgresql_ops={"lowered": "text_pattern_ops"},
    )
    op.create_index(
        op.f("ix_identities_home_person_id"), "identities", ["home_person_id"], unique=False
    )
    op.create_index(
        "ix_identities_shown_as",
        "identities",
        [sa.func.lower(sa.literal_column("shown_as")).label("lowered")],
        unique=False,
        postgresql_ops={"lowered": "text_pattern_ops"},
    )
    op.create_table(
        "person_merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("loser_id", sa.BigInteger(), nullable=False),
        sa.Column("winner_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), server_default=sa.text("'agent'"), nullable=False),
        sa.Column(
            "proof",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undo_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "ground IN ('agent', 'signed_token', 'link_code')",
            name=op.f("ck_person_merges_ground_known"),
        ),
        sa.CheckConstraint("loser_id <> winner_id", name=op.f("ck_person_merges_two_persons")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_person_merges_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["loser_id"], ["persons.id"], name=op.f("fk_person_merges_loser_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["agents.id"], name=op.f("fk_person_merges_undone_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["winner_id"], ["persons.id"], name=op.f("fk_person_merges_winner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merges")),
    )
    op.create_index("ix_person_merges_winner_id", "person_merges", ["winner_id"], unique=False)
    op.create_index(
        "uq_person_merges_loser_in_force",
        "person_merges",
        ["loser_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "read_marks",
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_read_marks_agent_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_read_marks_person_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", "person_id", name=op.f("pk_read_marks")),
    )
    op.create_index("ix_read_marks_person_id", "read_marks", ["person_id"], unique=False)
    op.create_table(
        "identity_evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column(
            "proof",
            postgresql.JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("proof_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_identity_evidence_identity_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_evidence")),
        sa.UniqueConstraint(
            "identity_id",
            "kind",
            "proof_key",
            name=op.f("uq_identity_evidence_identity_id_kind_proof_key"),
        ),
    )


def downgrade() -> None:
    op.drop_table("identity_evidence")
    op.drop_table("read_marks")
    op.drop_index(
        "uq_person_merges_loser_in_force",
        table_name="person_merges",
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.drop_index("ix_person_merges_winner_id", table_name="person_merges")
    op.drop_table("person_merges")
    op.drop_index(op.f("ix_identities_home_person_id"), table_name="identities")
    op.drop_table("identities")
    op.drop_table("drafts")
    op.drop_index("ix_persons_root_id", table_name="persons")
    op.drop_index(
        "ix_persons_inbox_open",
        table_name="persons",
        postgresql_where=sa.text("root_id = id AND open_cases > 0"),
    )
    op.drop_index(
        "ix_persons_inbox",
        table_name="persons",
        postgresql_where=sa.text("root_id = id AND last_message_id > 0"),
    )
    op.drop_table("persons")
