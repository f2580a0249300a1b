"""Committed facts to announce, the relay's number, and inbound events that failed."""

import sqlalchemy as sa

from router.storage.tables.base import key, metadata, moment, number, one_of, reference, text

outbox = sa.Table(
    "outbox",
    metadata,
    key(),
    text("kind"),
    sa.Column("person_id", sa.BigInteger, nullable=True),
    sa.Column("ref", sa.BigInteger, nullable=True),
    moment("at"),
    sa.Column("position", sa.BigInteger, nullable=True),
    sa.Index(
        "uq_outbox_position",
        "position",
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    ),
    sa.Index("ix_outbox_unnumbered", "id", postgresql_where=sa.text("position IS NULL")),
)
"""`ref` is the id of what `kind` speaks of: a message, delivery, case, merge, account,
proposal."""

relay_state = sa.Table(
    "relay_state",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("trimmed", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("fence", sa.BigInteger, nullable=False),
)
"""One row, `outbox`: the last position given out, and up to where old rows were dropped."""

quarantine = sa.Table(
    "quarantine",
    metadata,
    key(),
    reference("account_id", "accounts"),
    text("event_key"),
    sa.Column("event", sa.LargeBinary, nullable=True),
    sa.Column("raw", sa.LargeBinary, nullable=True),
    text("raw_media_type", "application/octet-stream"),
    text("blob_key", nullable=True),
    text("reason"),
    number("seen", 1),
    reference("message_id", "messages", nullable=True),
    text("state", "waiting"),
    moment("first_seen_at"),
    moment("last_seen_at"),
    moment("resolved_at", nullable=True),
    sa.UniqueConstraint("account_id", "event_key"),
    one_of("state", "waiting", "replayed", "dropped"),
)
