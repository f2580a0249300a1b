"""Who may be one person: found, asked for, decided; splits; and one person for each identity."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _let_merges_be_split()
    _make_branches()
    _make_suggestions()
    _make_proposals()
    _give_each_identity_a_person()


def _let_merges_be_split() -> None:
    """Who stands for whom follows from the merges in force: no pointer of its own is needed."""
    op.drop_index("uq_person_merges_loser_in_force", table_name="person_merges")
    op.drop_constraint("fk_persons_merged_into_id", "persons", type_="foreignkey")
    op.drop_column("persons", "merged_into_id")
    for name in ("loser_seat", "winner_seat"):
        op.add_column(
            "person_merges",
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False),
        )
    op.add_column(
        "person_merges",
        sa.Column("kind", sa.Text(), server_default=sa.text("'merge'"), nullable=False),
    )
    op.add_column("person_merges", sa.Column("undo_ground", sa.Text(), nullable=True))
    op.execute("update person_merges set undo_ground = 'agent' where undone_at is not null")
    op.create_check_constraint(
        op.f("ck_person_merges_kind_known"), "person_merges", "kind IN ('merge', 'split')"
    )
    op.create_check_constraint(
        op.f("ck_person_merges_undo_ground_known"),
        "person_merges",
        "undo_ground IN ('agent', 'evidence')",
    )
    op.create_index("ix_person_merges_loser_id", "person_merges", ["loser_id"])


def _make_branches() -> None:
    op.create_table(
        "case_branches",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("from_case_id", sa.BigInteger(), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("newest_message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_branches_case_id")),
        sa.ForeignKeyConstraint(
            ["from_case_id"], ["cases.id"], name=op.f("fk_case_branches_from_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["person_merges.id"], name=op.f("fk_case_branches_merge_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_branches")),
    )
    for name in ("from_case_id", "merge_id"):
        op.create_index(op.f(f"ix_case_branches_{name}"), "case_branches", [name])


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _make_suggestions() -> None:
    op.create_table(
        "person_hints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _reference("person_hints", "person_id", "persons"),
        _reference("person_hints", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_hints")),
        sa.UniqueConstraint(
            "person_id", "kind", "value", name=op.f("uq_person_hints_person_id_kind_value")
        ),
    )
    op.create_index("ix_person_hints_value", "person_hints", ["kind", "value"])
    op.create_index(op.f("ix_person_hints_message_id"), "person_hints", ["message_id"])
    op.create_table(
        "join_suggestions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("left_id", sa.BigInteger(), nullable=False),
        sa.Column("right_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column(
            "grounds", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("left_id < right_id", name=op.f("ck_join_suggestions_in_order")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'rejected')",
            name=op.f("ck_join_suggestions_state_known"),
        ),
        _reference("join_suggestions", "left_id", "persons"),
        _reference("join_suggestions", "right_id", "persons"),
        _reference("join_suggestions", "decided_by_id", "agents"),
        _reference("join_suggestions", "merge_id", "person_merges"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_suggestions")),
        sa.UniqueConstraint(
            "left_id", "right_id", name=op.f("uq_join_suggestions_left_id_right_id")
        ),
    )
    op.create_index(op.f("ix_join_suggestions_right_id"), "join_suggestions", ["right_id"])
    op.create_index(
        "ix_join_suggestions_open",
        "join_suggestions",
        ["score", "id"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "followers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followers")),
    )


def _make_proposals() -> None:
    op.create_table(
        "join_proposals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("loser_id", sa.BigInteger(), nullable=False),
        sa.Column("winner_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_join_proposals_state_known"),
        ),
        _reference("join_proposals", "loser_id", "persons"),
        _reference("join_proposals", "winner_id", "persons"),
        _reference("join_proposals", "agent_id", "agents"),
        _reference("join_proposals", "decided_by_id", "agents"),
        _reference("join_proposals", "merge_id", "person_merges"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_proposals")),
    )
    for name in ("loser_id", "winner_id"):
        op.create_index(op.f(f"ix_join_proposals_{name}"), "join_proposals", [name])
    op.create_index(
        "uq_join_proposals_open",
        "join_proposals",
        ["loser_id", "winner_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def _give_each_identity_a_person() -> None:
    """Identities that a token declared shared a person. Each but the first gets one of its own.

    It takes along what the identity said and what was said to it, and is joined by an edge to the
    person whose it was: every conversation holds the same messages as before.
    """
    op.execute(
        """
        create temporary table moved on commit drop as
        select identity_id, old_id,
               nextval(pg_get_serial_sequence('persons', 'id')) as person_id
        from (
            select i.id as identity_id, i.home_person_id as old_id,
                   row_number() over (partition by i.home_person_id order by
                       (select true from messages m where m.identity_id = i.id limit 1)
                           is null, i.id) as place
            from identities i
        ) ranked where place > 1 order by identity_id
        """
    )
    op.execute(
        """
        insert into persons (id, root_id, display_name, language, created_at)
        select m.person_id, p.root_id, coalesce(nullif(i.shown_as, ''), p.display_name),
               p.language, i.created_at
        from moved m join identities i on i.id = m.identity_id join persons p on p.id = m.old_id
        """
    )
    op.execute(
        """
        update identities i set home_person_id = m.person_id
        from moved m where i.id = m.identity_id
        """
    )
    op.execute(
        """
        insert into person_merges (loser_id, winner_id, reason, ground, proof, merged_at)
        select m.person_id, m.old_id, 'Both are linked to one host account.', 'signed_token',
               jsonb_strip_nulls(jsonb_build_object('host_account', i.host_account)), i.created_at
        from moved m join identities i on i.id = m.identity_id order by m.identity_id
        """
    )
    op.execute(
        """
        update messages s set person_id = m.person_id
        from moved m where s.identity_id = m.identity_id and s.person_id = m.old_id
        """
    )
    op.execute(
        """
        update cases c set person_id = sole.person_id
        from (
            select k.id as case_id, min(s.person_id) as person_id
            from cases k
            join messages s on s.case_id = k.id and s.direction in ('in', 'out')
            where k.person_id in (select old_id from moved)
            group by k.id having min(s.person_id) = max(s.person_id)
        ) sole
        where c.id = sole.case_id and sole.person_id in (select person_id from moved)
        """
    )
    op.execute(
        """
        update messages s set person_id = c.person_id from cases c
        where c.id = s.case_id and s.direction in ('note', 'event')
          and c.person_id in (select person_id from moved)
          and s.person_id in (select old_id from moved)
        """
    )
    # What waits keeps its order: the lane of somebody in a place is named after both.
    op.execute(
        """
        update deliveries d set person_id = s.person_id,
            lane = case when d.lane = d.place_id || ':' || d.person_id
                        then d.place_id || ':' || s.person_id else d.lane end
        from messages s where s.id = d.message_id and s.person_id <> d.person_id
          and d.person_id in (select old_id from moved)
          and s.person_id in (select person_id from moved)
        """
    )
    op.execute(
        """
        insert into read_marks (agent_id, person_id, message_id, at)
        select r.agent_id, m.person_id, r.message_id, r.at
        from read_marks r join moved m on m.old_id = r.person_id
        """
    )
    op.execute("drop table moved")


def downgrade() -> None:
    for name in ("join_proposals", "join_suggestions", "person_hints", "followers"):
        op.drop_table(name)
    op.drop_table("case_branches")
    op.drop_index("ix_person_merges_loser_id", table_name="person_merges")
    op.execute("delete from person_merges where kind = 'split'")
    for name in ("undo_ground", "kind", "winner_seat", "loser_seat"):
        op.drop_column("person_merges", name)
    op.add_column("persons", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_persons_merged_into_id"), "persons", "persons", ["merged_into_id"], ["id"]
    )
    op.execute(
        """
        update persons p set merged_into_id = p.root_id where p.root_id <> p.id
        """
    )
    op.create_index(
        "uq_person_merges_loser_in_force",
        "person_merges",
        ["loser_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
