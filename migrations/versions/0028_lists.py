"""Labels on cases, and lists by priority."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

SORT = "sort IN ({})"


def _let_views_sort_by(*sorts: str) -> None:
    op.drop_constraint(op.f("ck_saved_views_sort_known"), "saved_views", type_="check")
    listed = ", ".join(f"'{one}'" for one in sorts)
    op.create_check_constraint(
        op.f("ck_saved_views_sort_known"), "saved_views", SORT.format(listed)
    )


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
    )
    op.create_index(
        "ix_labels_name",
        "labels",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("dropped_at IS NULL"),
    )
    op.add_column(
        "cases",
        sa.Column(
            "label_ids",
            sa.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'::bigint[]"),
            nullable=False,
        ),
    )
    op.create_index(
        "ix_cases_label_ids",
        "cases",
        ["label_ids"],
        postgresql_using="gin",
        postgresql_where=sa.text("label_ids <> '{}'::bigint[]"),
    )
    _let_views_sort_by("newest", "oldest", "waiting", "priority")


def downgrade() -> None:
    op.execute("update saved_views set sort = 'newest' where sort = 'priority'")
    _let_views_sort_by("newest", "oldest", "waiting")
    op.drop_index("ix_cases_label_ids", table_name="cases")
    op.drop_column("cases", "label_ids")
    op.drop_index("ix_labels_name", table_name="labels")
    op.drop_table("labels")
