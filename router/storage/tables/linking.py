"""What links handles by codes, and what the desk says by itself."""

import sqlalchemy as sa

from router.storage.tables.base import flag, metadata, moment, reference, text

automatic_lines = sa.Table(
    "automatic_lines",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    text("line"),
    flag("is_answer"),
    reference("person_id", "persons"),
    reference("message_id", "messages", nullable=True),
    moment("at"),
    sa.Index("ix_automatic_lines_person_id", "person_id", "at"),
)
"""What was said to a person without an agent: once for its key, and counted in their budget."""
