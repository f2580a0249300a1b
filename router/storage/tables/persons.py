"""Persons, how they are known, why we believe it, and who stands for whom."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    flag,
    key,
    metadata,
    moment,
    number,
    one_of,
    prefix_index,
    reference,
    text,
)

persons = sa.Table(
    "persons",
    metadata,
    key(),
    text("display_name", ""),
    text("language", nullable=True),
    document("attributes"),
    sa.Column("root_id", sa.BigInteger, nullable=False),
    sa.Column("last_message_id", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("last_inbound_id", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    number("open_cases", 0),
    moment("created_at"),
    moment("blocked_at", nullable=True),
    sa.Index("ix_persons_root_id", "root_id"),
    sa.Index(
        "ix_persons_inbox",
        sa.text("last_message_id DESC"),
        sa.text("id DESC"),
        postgresql_where=sa.text("root_id = id AND last_message_id > 0"),
    ),
    sa.Index(
        "ix_persons_inbox_open",
        sa.text("last_message_id DESC"),
        sa.text("id DESC"),
        postgresql_where=sa.text("root_id = id AND open_cases > 0"),
    ),
    prefix_index("ix_persons_name", "display_name"),
)
"""The row is the lock for every write in its conversation. On a root, `last_message_id`,
`last_inbound_id` and `open_cases` speak for all members; on others they are their own. Since
`blocked_at` what they write is kept and rings nowhere."""

person_merges = sa.Table(
    "person_merges",
    metadata,
    key(),
    text("kind", "merge"),
    reference("loser_id", "persons"),
    reference("winner_id", "persons"),
    number("loser_seat", 0),
    number("winner_seat", 0),
    reference("agent_id", "agents", nullable=True),
    text("reason"),
    text("ground", "agent"),
    document("proof"),
    moment("merged_at"),
    moment("undone_at", nullable=True),
    sa.Column("undone_by_id", sa.BigInteger, sa.ForeignKey("agents.id"), nullable=True),
    text("undo_reason", ""),
    text("undo_ground", nullable=True),
    sa.CheckConstraint("loser_id <> winner_id", name="two_persons"),
    one_of("kind", "merge", "split"),
    one_of("ground", "agent", "signed_token", "link_code", "host_verified"),
    one_of("undo_ground", "agent", "evidence"),
    sa.Index("ix_person_merges_loser_id", "loser_id"),
    sa.Index("ix_person_merges_winner_id", "winner_id"),
)
"""A merge joins two seats (`core.merges`); a split takes its loser out and gives them a new one.
Rows are never changed but to undo them: `root_id` of the persons follows from what is in force."""

case_branches = sa.Table(
    "case_branches",
    metadata,
    sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
    reference("from_case_id", "cases", index=True),
    reference("merge_id", "person_merges", index=True),
    sa.Column("newest_message_id", sa.BigInteger, nullable=False),
)
"""The case holds what a split (or an undone merge) took out of somebody else's, up to and with that
message."""

identities = sa.Table(
    "identities",
    metadata,
    key(),
    text("realm"),
    text("handle"),
    reference("home_person_id", "persons", index=True),
    text("shown_as", ""),
    number("level", 0),
    text("host_account", nullable=True),
    flag("is_reachable", default=True),
    text("unreachable_reason", ""),
    text("unreachable_code", ""),
    moment("unreachable_at", nullable=True),
    number("priority", 0),
    flag("is_shared"),
    moment("doubted_at", nullable=True),
    moment("created_at"),
    moment("seen_at"),
    moment("notices_stopped_at", nullable=True),
    moment("stepped_up_until", nullable=True),
    moment("blocked_at", nullable=True),
    moment("preferred_at", nullable=True),
    flag("shows_pictures"),
    sa.UniqueConstraint("realm", "handle"),
    prefix_index("ix_identities_handle", "handle"),
    prefix_index("ix_identities_shown_as", "shown_as"),
    sa.Index(
        "ix_identities_host_account",
        "host_account",
        postgresql_where=sa.text("host_account IS NOT NULL"),
    ),
    sa.CheckConstraint("level BETWEEN 0 AND 3", name="level_known"),
)
"""`level` and `host_account` are derived from `identity_evidence` and cached here. Since
`notices_stopped_at` they want answers only, and no notices. `stepped_up_until`: the end of their
newest step-up, so that what they say meanwhile is looked at. `unreachable_code` (a `GoneBecause`)
and `unreachable_at` count while it is not `is_reachable`. Of several with `preferred_at` in one
conversation the newest is the preferred one, so that a merge and its undo lose none."""

identity_evidence = sa.Table(
    "identity_evidence",
    metadata,
    key(),
    reference("identity_id", "identities"),
    text("kind"),
    number("level"),
    document("proof"),
    text("proof_key"),
    text("host_account", nullable=True),
    moment("at"),
    sa.UniqueConstraint("identity_id", "kind", "proof_key"),
)
"""Append-only; what was taken back is a row of `evidence_withdrawals`. `proof_key` keeps one row
for each distinct proof, not one for each message. `host_account`: to which it links."""

person_notes = sa.Table(
    "person_notes",
    metadata,
    key(),
    reference("person_id", "persons", index=True),
    reference("agent_id", "agents"),
    text("text"),
    number("revision", 0),
    moment("written_at"),
    moment("changed_at"),
    moment("removed_at", nullable=True),
)
"""What agents note about a person, shown with everybody that they are one person with. `agent_id`
wrote the newest revision."""

person_note_revisions = sa.Table(
    "person_note_revisions",
    metadata,
    reference("note_id", "person_notes", primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    reference("agent_id", "agents"),
    text("text"),
    moment("at"),
)
"""Append-only: what a note said before, by whom and since when."""

person_consents = sa.Table(
    "person_consents",
    metadata,
    key(),
    reference("person_id", "persons", index=True),
    reference("agent_id", "agents"),
    text("purpose"),
    sa.Column("is_given", sa.Boolean, nullable=False),
    text("source"),
    moment("at"),
)
"""Append-only: what somebody agreed to or took back. Of one purpose the newest row counts."""
