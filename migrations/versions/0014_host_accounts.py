"""What the operator's own site says of its accounts, and what was taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AGENTS = "role IN ('owner', 'admin', 'supervisor', 'agent', 'auditor')"
TOKENS = "role IN ('owner', 'admin', 'supervisor', 'agent', 'auditor', 'host')"


GROUNDS = "ground IN ('agent', 'signed_token', 'link_code')"
GROUNDS_OF_HOST = "ground IN ('agent', 'signed_token', 'link_code', 'host_verified')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_person_merges_ground_known"), "person_merges", type_="check")
    op.create_check_constraint(
        op.f("ck_person_merges_ground_known"), "person_merges", GROUNDS_OF_HOST
    )
    op.drop_constraint(op.f("ck_api_tokens_role_known"), "api_tokens", type_="check")
    op.create_check_constraint(op.f("ck_api_tokens_role_known"), "api_tokens", TOKENS)
    op.create_table(
        "host_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("tier", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("risk", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attributes", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_accounts")),
        sa.UniqueConstraint("account", name=op.f("uq_host_accounts_account")),
    )
    op.create_table(
        "evidence_withdrawals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("evidence_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('unlinked', 'closed')", name=op.f("ck_evidence_withdrawals_reason_known")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["identity_evidence.id"],
            name=op.f("fk_evidence_withdrawals_evidence_id_identity_evidence"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_withdrawals")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_evidence_withdrawals_evidence_id")),
    )
    op.add_column("identity_evidence", sa.Column("host_account", sa.Text(), nullable=True))
    # What proved a link was never of another account than the identity's: it kept its first.
    op.execute(
        """
        update identity_evidence e set host_account = i.host_account from identities i
        where i.id = e.identity_id and e.level >= 2 and i.host_account is not null
          and coalesce(e.proof ->> 'host_account', i.host_account) = i.host_account
        """
    )
    op.create_index(
        op.f("ix_identities_host_account"),
        "identities",
        ["host_account"],
        postgresql_where=sa.text("host_account IS NOT NULL"),
    )
    op.execute(
        """
        insert into host_accounts (account, created_at, changed_at)
        select host_account, min(created_at), min(created_at) from identities
        where host_account is not null group by host_account
        """
    )


def downgrade() -> None:
    op.execute("update person_merges set ground = 'agent' where ground = 'host_verified'")
    op.drop_constraint(op.f("ck_person_merges_ground_known"), "person_merges", type_="check")
    op.create_check_constraint(op.f("ck_person_merges_ground_known"), "person_merges", GROUNDS)
    op.drop_index(op.f("ix_identities_host_account"), table_name="identities")
    op.drop_column("identity_evidence", "host_account")
    op.drop_table("evidence_withdrawals")
    op.drop_table("host_accounts")
    op.execute("delete from api_tokens where role = 'host'")
    op.drop_constraint(op.f("ck_api_tokens_role_known"), "api_tokens", type_="check")
    op.create_check_constraint(op.f("ck_api_tokens_role_known"), "api_tokens", AGENTS)
