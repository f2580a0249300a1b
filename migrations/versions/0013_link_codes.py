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
    op.add_column(
        "accounts", sa.Column("own_name", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    _create_link_codes()
    op.create_table(
        "link_guesses",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("window_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("scope", "window_at", name=op.f("pk_link_guesses")),
    )
    op.create_index("ix_link_guesses_window_at", "link_guesses", ["window_at"])


def _create_link_codes() -> None:
    op.create_table(
        "link_codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("host_account", sa.Text(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_by_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "made_by IN ('host', 'visitor', 'agent')", name=op.f("ck_link_codes_made_by_known")
        ),
        sa.CheckConstraint(
            "(level = 2) = (host_account IS NOT NULL)", name=op.f("ck_link_codes_level_of_account")
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 2", name=op.f("ck_link_codes_level_known")),
        sa.CheckConstraint(
            "host_account IS NOT NULL OR identity_id IS NOT NULL",
            name=op.f("ck_link_codes_is_of_somebody"),
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_link_codes_agent_id")),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identities.id"], name=op.f("fk_link_codes_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["spent_by_id"], ["identities.id"], name=op.f("fk_link_codes_spent_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_link_codes_code_hash")),
    )
    op.create_index(
        "ix_link_codes_host_account",
        "link_codes",
        ["host_account", "id"],
        postgresql_where=sa.text("spent_at IS NULL AND host_account IS NOT NULL"),
    )
    op.create_index(
        "ix_link_codes_identity_id",
        "link_codes",
        ["identity_id", "id"],
        postgresql_where=sa.text("spent_at IS NULL AND identity_id IS NOT NULL"),
    )
    op.create_index("ix_link_codes_expires_at", "link_codes", ["expires_at"])


def downgrade() -> None:
    op.drop_table("link_guesses")
    op.drop_table("link_codes")
    op.drop_column("accounts", "own_name")
    op.drop_table("automatic_lines")
