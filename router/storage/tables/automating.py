"""Rules with their versions and runs, what is due by time, and macros."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    flag,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

OUTCOMES = ("done", "failed", "looped", "stopped", "skipped")

rules = sa.Table(
    "rules",
    metadata,
    key(),
    text("name"),
    number("position", 0),
    flag("is_on"),
    number("version", 1),
    text("stopped_because", ""),
    moment("stopped_at", nullable=True),
    moment("rang_at", nullable=True),
    moment("made_at"),
    moment("dropped_at", nullable=True),
    sa.Column("on_after", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)
"""In the order of `position`. `version`: the newest, which runs while it `is_on`. `stopped_at`:
when it was switched off as it ran too often. `rang_at`: up to when it
has looked at the clock. `on_after`: the newest fact of the outbox when it was switched last."""

rule_versions = sa.Table(
    "rule_versions",
    metadata,
    sa.Column("rule_id", sa.BigInteger, sa.ForeignKey("rules.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    document("definition"),
    document("classes", "[]"),
    reference("agent_id", "agents"),
    moment("saved_at"),
    reference("renamed_by", "agents", nullable=True),
    document("topic_ids"),
    sa.Column("runs_after", sa.BigInteger, nullable=False, server_default=sa.text("0")),
)
"""What a rule said from `saved_at` on, of facts of the outbox behind `runs_after`; never changed.
It acts on cases of the `classes` that its author saw. `renamed_by`: whoever renamed or merged what
the version before it named; it stands for that one. `topic_ids`: by the name of a topic when it
was renamed or archived since, which one that was."""

rule_runs = sa.Table(
    "rule_runs",
    metadata,
    key(),
    reference("rule_id", "rules", nullable=True),
    number("version", nullable=True),
    sa.Column("position", sa.BigInteger, nullable=True),
    sa.Column("person_id", sa.BigInteger, nullable=True),
    sa.Column("case_id", sa.BigInteger, nullable=True),
    sa.Column("message_id", sa.BigInteger, nullable=True),
    text("outcome"),
    sa.Column(
        "chain",
        sa.ARRAY(sa.BigInteger),
        nullable=False,
        server_default=sa.text("'{}'::bigint[]"),
    ),
    document("explained"),
    moment("at"),
    one_of("outcome", *OUTCOMES),
    sa.Index("ix_rule_runs_rule_id", "rule_id", "at"),
    sa.Index("ix_rule_runs_case_id", "case_id", "id"),
    sa.Index("ix_rule_runs_person_id", "person_id"),
    sa.Index("ix_rule_runs_at", "at"),
)
"""What came of a rule whose conditions held. `position`: of the fact it ran on; null: on time.
`chain`: the rules that led there, itself last. No rule: a fact that was skipped."""

rule_causes = sa.Table(
    "rule_causes",
    metadata,
    sa.Column("outbox_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column(
        "run_id",
        sa.BigInteger,
        sa.ForeignKey("rule_runs.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Index("ix_rule_causes_run_id", "run_id"),
)
"""Which run caused which fact."""

rule_tries = sa.Table(
    "rule_tries",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    number("tries"),
)
"""How often the fact that is next failed as a whole."""

rule_turns = sa.Table(
    "rule_turns",
    metadata,
    sa.Column("rule_id", sa.BigInteger, sa.ForeignKey("rules.id"), primary_key=True),
    sa.Column("case_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("due_at", sa.DateTime(timezone=True), primary_key=True),
    number("tries", 0),
    sa.Index("ix_rule_turns_due_at", "due_at", "rule_id", "case_id"),
)
"""A rule by time came due for a case and has not looked at it yet."""

case_spells = sa.Table(
    "case_spells",
    metadata,
    sa.Column("case_id", sa.BigInteger, primary_key=True, autoincrement=False),
    text("state"),
    moment("since"),
    sa.Index("ix_case_spells_since", "state", "since", "case_id"),
)
"""Since when a case has been in its state, as the facts of the outbox told."""

macros = sa.Table(
    "macros",
    metadata,
    key(),
    text("name"),
    text("reach"),
    reference("team_id", "teams", nullable=True),
    reference("agent_id", "agents"),
    document("actions", "[]"),
    moment("changed_at"),
    reference("renamed_by", "agents", nullable=True),
    moment("dropped_at", nullable=True),
    document("topic_ids"),
    one_of("reach", "personal", "team", "shared"),
    sa.CheckConstraint("(reach = 'team') = (team_id IS NOT NULL)", name="team_named"),
)
"""Actions of rules under a name, for agents to run by hand. `agent_id` is who made it;
`renamed_by`: whoever renamed or merged what it named, if that changed it last.
`topic_ids`: of one that was dropped, as of a rule's version."""

macro_runs = sa.Table(
    "macro_runs",
    metadata,
    key(),
    reference("macro_id", "macros"),
    reference("agent_id", "agents"),
    document("steps", "[]"),
    moment("at"),
    moment("undone_at", nullable=True),
    text("client_key", nullable=True),
    sa.Index("ix_macro_runs_at", "at"),
    sa.Index("ix_macro_runs_macro_id", "macro_id", "id"),
    sa.Index("uq_macro_runs_client_key", "agent_id", "client_key", unique=True),
)
"""What an agent's macro did, case by case, with what was before: for its undo. The same
`client_key` of an agent again is the same run."""
