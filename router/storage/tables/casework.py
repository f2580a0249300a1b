"""Work on cases: what became of them, how messages moved among them, fields, and incidents."""

import sqlalchemy as sa

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

CAUSES = (
    *("opened", "wrote", "answered", "recalled", "agent", "queue", "woke", "code"),
    *("parted", "merged", "moved", "undone", "team_gone", "known"),
)

case_history = sa.Table(
    "case_history",
    metadata,
    key(),
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False
    ),
    moment("at"),
    text("cause"),
    reference("agent_id", "agents", nullable=True),
    text("state"),
    sa.Column("owner_id", sa.BigInteger, nullable=True),
    sa.Column("team_id", sa.BigInteger, nullable=True),
    number("priority"),
    sa.Column("topic_id", sa.BigInteger, nullable=True),
    flag("is_reopening"),
    one_of("cause", *CAUSES),
    sa.Index("ix_case_history_case_id", "case_id", "id"),
    sa.Index("ix_case_history_at", "at"),
)
"""What a case was from a moment on, and why: a row whenever one of these columns changed. Never
changed. `agent_id`: who did it; none: no agent. `is_reopening`: it was solved before."""

case_moves = sa.Table(
    "case_moves",
    metadata,
    key(),
    text("kind"),
    reference("from_case_id", "cases", index=True),
    reference("to_case_id", "cases", index=True),
    reference("agent_id", "agents", nullable=True),
    moment("at"),
    document("before"),
    moment("undone_at", nullable=True),
    reference("undone_by_id", "agents", nullable=True),
    one_of("kind", "move", "split", "merge", "correction"),
)
"""Messages went from one case to another. Rows are changed only to undo them: where a message is
follows from those in force. `before`: what an undo restores of the two cases."""

moved_messages = sa.Table(
    "moved_messages",
    metadata,
    sa.Column("move_id", sa.BigInteger, sa.ForeignKey("case_moves.id"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("case_id", sa.BigInteger, nullable=False),
    sa.Index("ix_moved_messages_message_id", "message_id", "move_id"),
)
"""`case_id`: where it was before; of its first move, where it belongs by itself."""

case_fields = sa.Table(
    "case_fields",
    metadata,
    key(),
    text("name"),
    text("kind"),
    document("choices", "[]"),
    flag("is_required"),
    ids("topic_ids"),
    number("position", 0),
    moment("created_at"),
    moment("archived_at", nullable=True),
    one_of("kind", "text", "number", "choice", "date", "yes_no", "host_account"),
    sa.Index(
        "uq_case_fields_name",
        "name",
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    ),
)
"""`is_required`: a case of its topics is solved only with a value. `topic_ids`: these and all below
them; none: of every case."""

incidents = sa.Table(
    "incidents",
    metadata,
    key(),
    text("title"),
    text("words", ""),
    text("state", "open"),
    reference("topic_id", "topics", nullable=True),
    reference("opened_by_id", "agents", nullable=True),
    moment("opened_at"),
    moment("resolved_at", nullable=True),
    number("revision", 1),
    one_of("state", "open", "watched", "resolved"),
)
"""`words`: what agents may say of it now."""

incident_cases = sa.Table(
    "incident_cases",
    metadata,
    sa.Column("incident_id", sa.BigInteger, sa.ForeignKey("incidents.id"), primary_key=True),
    sa.Column(
        "case_id",
        sa.BigInteger,
        sa.ForeignKey("cases.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    reference("agent_id", "agents", nullable=True),
    moment("linked_at"),
)
