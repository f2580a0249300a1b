"""What is searched, the lists that agents keep, and changes of many conversations at once."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from router.storage.tables.base import (
    document,
    flag,
    ids,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

SCOPES = ("private", "team", "shared")
SORTS = ("newest", "oldest", "waiting", "priority")
JOB_STATES = ("running", "done", "undoing", "undone")
STEP_STATES = ("waiting", "done", "skipped", "failed", "undone", "kept", "proposed")

search_entries = sa.Table(
    "search_entries",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Index("ix_search_entries_words", "words", postgresql_using="gin"),
)
"""Made after the fact by one follower of the outbox. What was deleted or erased has none."""

name_entries = sa.Table(
    "name_entries",
    metadata,
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    text("said"),
    sa.Column("grams", TSVECTOR, nullable=False),
    sa.Index("ix_name_entries_grams", "grams", postgresql_using="gin"),
)
"""What a person is known by (`core.name_grams`), made by the same follower. The names of those
merged with them stand at each of these."""

saved_views = sa.Table(
    "saved_views",
    metadata,
    key(),
    text("name"),
    text("icon", "filter"),
    text("query"),
    text("sort", "newest"),
    text("scope", "private"),
    reference("owner_id", "agents"),
    reference("team_id", "teams", nullable=True),
    number("position", 0),
    moment("created_at"),
    reference("changed_by", "agents", nullable=True),
    moment("changed_at", nullable=True),
    flag("is_followed"),
    moment("dropped_at", nullable=True),
    one_of("sort", *SORTS),
    one_of("scope", *SCOPES),
    sa.CheckConstraint("(scope = 'team') = (team_id IS NOT NULL)", name="team_named"),
    sa.Index("ix_saved_views_owner_id", "owner_id"),
)
"""`is_followed`: `changed_by` renamed or merged what it asks for, and it followed."""

labels = sa.Table(
    "labels",
    metadata,
    key(),
    text("name"),
    moment("made_at"),
    moment("dropped_at", nullable=True),
    sa.Column("tint", sa.SmallInteger, nullable=True),
    sa.CheckConstraint("tint >= 0 AND tint < 6", name="tint"),
    sa.Index(
        "ix_labels_name",
        sa.text("lower(name)"),
        unique=True,
        postgresql_where=sa.text("dropped_at IS NULL"),
    ),
)
"""Words that agents put on cases (`cases.label_ids`). One that was dropped stays there, unseen.
`tint`: null, it follows from the id."""

bulk_jobs = sa.Table(
    "bulk_jobs",
    metadata,
    key(),
    reference("agent_id", "agents"),
    document("change"),
    document("classes", "[]"),
    text("query", nullable=True),
    text("state", "running"),
    number("wanted"),
    moment("made_at"),
    moment("ended_at", nullable=True),
    one_of("state", *JOB_STATES),
    sa.Index("ix_bulk_jobs_agent_id", "agent_id", "id"),
    sa.Index(
        "ix_bulk_jobs_under_way",
        "id",
        postgresql_where=sa.text("state IN ('running', 'undoing')"),
    ),
)
"""One change for many conversations, as far as its agent saw them when they asked (`classes`)."""

bulk_steps = sa.Table(
    "bulk_steps",
    metadata,
    sa.Column("job_id", sa.BigInteger, sa.ForeignKey("bulk_jobs.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("persons.id"), primary_key=True),
    text("state", "waiting"),
    reference("case_id", "cases", nullable=True, index=True),
    document("before", None, nullable=True),
    sa.Column("revision", sa.BigInteger, nullable=True),
    text("reason", ""),
    ids("case_ids"),
    number("cases", 0),
    one_of("state", *STEP_STATES),
    sa.Index(
        "ix_bulk_steps_waiting",
        "job_id",
        "person_id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)
"""What became of one conversation: `before` is what it was, `revision` the case's afterwards (or
the read mark that was set), so that an undo restores only what nobody changed since."""
