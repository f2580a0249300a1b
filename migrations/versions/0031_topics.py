"""Topics as a tree, and what became of cases.

What cases had as the words of a topic becomes a topic, if none in use has that name.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_IDS = sa.ARRAY(sa.BigInteger())


def upgrade() -> None:
    _grow_topics()
    _grow_cases()
    _make_history()


def _grow_topics() -> None:
    op.rename_table("reply_topics", "topics")
    op.execute("alter index pk_reply_topics rename to pk_topics")
    op.execute("alter index uq_reply_topics_name rename to uq_topics_name")
    op.execute(
        "alter table topics rename constraint ck_reply_topics_minimum_level_known"
        " to ck_topics_minimum_level_known"
    )
    op.alter_column("topics", "removed_at", new_column_name="archived_at")
    op.add_column("topics", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_topics_parent_id"), "topics", "topics", ["parent_id"], ["id"])
    op.add_column("topics", sa.Column("path", _IDS, nullable=False, server_default="{}"))
    op.add_column("topics", sa.Column("bound_level", sa.Integer(), nullable=False,
                                      server_default=sa.text("0")))  # fmt: skip
    op.add_column("topics", sa.Column("bound_channels", JSONB(), nullable=False,
                                      server_default=sa.text("'[]'::jsonb")))  # fmt: skip
    op.add_column("topics", sa.Column("examples", JSONB(), nullable=False,
                                      server_default=sa.text("'[]'::jsonb")))  # fmt: skip
    op.add_column("topics", sa.Column("key", sa.Text(), nullable=False, server_default=""))
    op.add_column("topics", sa.Column("default_priority", sa.Integer(), nullable=True))
    op.add_column("topics", sa.Column("default_team_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_topics_default_team_id"), "topics", "teams", ["default_team_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_topics_default_priority_known"), "topics", "default_priority BETWEEN 1 AND 4"
    )


def _grow_cases() -> None:
    op.add_column("cases", sa.Column("topic_id", sa.BigInteger(), nullable=True))
    op.execute(
        """
        insert into topics (name, created_at)
        select name, min(opened_at) from (
            select left(btrim(topic), 64) as name, opened_at from cases where btrim(topic) <> ''
        ) said group by name
        on conflict (name) where archived_at is null do nothing
        """
    )
    op.execute(
        """
        update cases c set topic_id = t.id from topics t
        where t.archived_at is null and t.name = left(btrim(c.topic), 64) and c.topic <> ''
        """
    )
    op.execute(
        """
        update topics set path = array[id], bound_level = minimum_level, bound_channels =
            case when allowed_channels = '[]'::jsonb then '[]'::jsonb
                 else jsonb_build_array(allowed_channels) end
        """
    )
    op.create_foreign_key(op.f("fk_cases_topic_id"), "cases", "topics", ["topic_id"], ["id"])
    op.drop_column("cases", "topic")
    op.create_index(
        "ix_cases_topic_id", "cases", ["topic_id"],
        postgresql_where=sa.text("topic_id IS NOT NULL"),
    )  # fmt: skip


def _make_history() -> None:
    op.create_table(
        "case_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=True),
        sa.Column("is_reopening", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.CheckConstraint(
            "cause IN ('opened', 'wrote', 'answered', 'recalled', 'agent', 'queue', 'woke',"
            " 'code', 'parted', 'merged', 'moved', 'undone', 'team_gone', 'known')",
            name=op.f("ck_case_history_cause_known"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_history_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_case_history_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_history")),
    )
    op.create_index("ix_case_history_case_id", "case_history", ["case_id", "id"])
    op.create_index("ix_case_history_at", "case_history", ["at"])
    op.execute(
        """
        insert into case_history (case_id, at, cause, state, owner_id, team_id, priority, topic_id)
        select id, coalesce(solved_at, opened_at), 'known', state, owner_id, team_id, priority,
            topic_id
        from cases order by id
        """
    )


def downgrade() -> None:
    op.drop_table("case_history")
    op.add_column("cases", sa.Column("topic", sa.Text(), nullable=False, server_default=""))
    op.execute("update cases c set topic = t.name from topics t where t.id = c.topic_id")
    op.drop_column("cases", "topic_id")
    for column in ("key", "parent_id", "path", "bound_level", "bound_channels", "examples",
                   "default_priority", "default_team_id"):  # fmt: skip
        op.drop_column("topics", column)
    op.alter_column("topics", "archived_at", new_column_name="removed_at")
    op.execute(
        "alter table topics rename constraint ck_topics_minimum_level_known"
        " to ck_reply_topics_minimum_level_known"
    )
    op.execute("alter index uq_topics_name rename to uq_reply_topics_name")
    op.execute("alter index pk_topics rename to pk_reply_topics")
    op.rename_table("topics", "reply_topics")
