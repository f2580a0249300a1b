"""What is searched, and the lists that agents keep."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_entries()
    _make_views()
    _make_jobs()


def _make_entries() -> None:
    """Followers begin at the newest position; what is older is entered from the newest back."""
    op.create_table(
        "search_entries",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        _reference("search_entries", "message_id", "messages"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_entries")),
    )
    op.create_index("ix_search_entries_words", "search_entries", ["words"], postgresql_using="gin")
    op.execute(
        """
        insert into followers (name, position)
        select 'search', coalesce((select position from relay_state where name = 'outbox'), 0)
        union all
        select 'search_history', coalesce((select max(id) from messages), 0)
        """
    )


def _make_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), server_default=sa.text("'filter'"), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), server_default=sa.text("'newest'"), nullable=False),
        sa.Column("scope", sa.Text(), server_default=sa.text("'private'"), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _reference("saved_views", "owner_id", "agents"),
        _reference("saved_views", "team_id", "teams"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.CheckConstraint(
            "sort IN ('newest', 'oldest', 'waiting')", name=op.f("ck_saved_views_sort_known")
        ),
        sa.CheckConstraint(
            "scope IN ('private', 'team', 'shared')", name=op.f("ck_saved_views_scope_known")
        ),
        sa.CheckConstraint(
            "(scope = 'team') = (team_id IS NOT NULL)", name=op.f("ck_saved_views_team_named")
        ),
    )
    op.create_index("ix_saved_views_owner_id", "saved_views", ["owner_id"])


def _make_jobs() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        _document("change", "'{}'::jsonb"),
        _document("classes", "'[]'::jsonb"),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _reference("bulk_jobs", "agent_id", "agents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_jobs")),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'undoing', 'undone')",
            name=op.f("ck_bulk_jobs_state_known"),
        ),
    )
    op.create_index("ix_bulk_jobs_agent_id", "bulk_jobs", ["agent_id", "id"])
    op.create_index(
        "ix_bulk_jobs_under_way",
        "bulk_jobs",
        ["id"],
        postgresql_where=sa.text("state IN ('running', 'undoing')"),
    )
    op.create_table(
        "bulk_steps",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        _reference("bulk_steps", "job_id", "bulk_jobs"),
        _reference("bulk_steps", "person_id", "persons"),
        _reference("bulk_steps", "case_id", "cases"),
        sa.PrimaryKeyConstraint("job_id", "person_id", name=op.f("pk_bulk_steps")),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'skipped', 'failed', 'undone', 'kept')",
            name=op.f("ck_bulk_steps_state_known"),
        ),
    )
    op.create_index(
        "ix_bulk_steps_waiting",
        "bulk_steps",
        ["job_id", "person_id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _document(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(), server_default=sa.text(default), nullable=False)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
