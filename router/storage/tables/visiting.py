"""Visitors: their sessions, what proves them, their uploads, and how a chat goes on elsewhere."""

import sqlalchemy as sa

from router.storage.tables.base import document, key, metadata, moment, reference, text

visitor_sessions = sa.Table(
    "visitor_sessions",
    metadata,
    key(),
    reference("account_id", "accounts"),
    text("session"),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    text("name", ""),
    text("language", nullable=True),
    text("host_account", nullable=True),
    document("attestation", None, nullable=True),
    moment("created_at"),
    moment("seen_at"),
    moment("left_at", nullable=True),
    moment("expires_at"),
    moment("ended_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    sa.UniqueConstraint("account_id", "session"),
    sa.Index(
        "ix_visitor_sessions_host_account",
        "account_id",
        "host_account",
        postgresql_where=sa.text("host_account IS NOT NULL"),
    ),
)
"""`host_account` is the attestation's. `seen_at` is noted while a stream is open, `left_at` when
the last one closed: a visitor is there if `seen_at` is fresh and later than `left_at`."""

spent_tokens = sa.Table(
    "spent_tokens",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("token_id", sa.Text, primary_key=True),
    moment("expires_at"),
    sa.Index("ix_spent_tokens_expires_at", "expires_at"),
)
"""`jti` values that were accepted: each is good once, at all accounts of its key and audience."""

visitor_uploads = sa.Table(
    "visitor_uploads",
    metadata,
    key(),
    sa.Column("visitor_session_id", sa.BigInteger, nullable=False),
    sa.Column("key_hash", sa.LargeBinary, nullable=False),
    text("name"),
    text("media_type"),
    sa.Column("size", sa.BigInteger, nullable=False),
    text("sha256", nullable=True),
    sa.Column("received", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("attachment_id", sa.BigInteger, nullable=True),
    moment("created_at"),
    sa.UniqueConstraint("key_hash"),
    sa.Index("ix_visitor_uploads_created_at", "created_at"),
    sa.Index("ix_visitor_uploads_visitor_session_id", "visitor_session_id"),
)
"""A file on its way in pieces. With an `attachment_id` it is whole, and its chunks are gone."""

visitor_upload_chunks = sa.Table(
    "visitor_upload_chunks",
    metadata,
    sa.Column(
        "upload_id",
        sa.BigInteger,
        sa.ForeignKey("visitor_uploads.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("start", sa.BigInteger, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    text("blob_key"),
    sa.Index("ix_visitor_upload_chunks_blob_key", "blob_key"),
)

continuations = sa.Table(
    "continuations",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    reference("place_id", "places"),
    sa.Column("echoed_until", sa.BigInteger, nullable=False),
    moment("made_at"),
    sa.Index("ix_continuations_made_at", "made_at"),
)
"""A message in which what stayed unread in `place_id` was said again on another channel. What was
said there after it, up to `echoed_until`, was looked at for echoes."""

continued_messages = sa.Table(
    "continued_messages",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column(
        "continuation_id",
        sa.BigInteger,
        sa.ForeignKey("continuations.message_id"),
        nullable=False,
    ),
    sa.Index("ix_continued_messages_continuation_id", "continuation_id"),
)
"""Each message is said again once at most: its id is the key."""

echoes = sa.Table(
    "echoes",
    metadata,
    sa.Column("place_id", sa.BigInteger, sa.ForeignKey("places.id"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Index("ix_echoes_message_id", "message_id"),
)
"""A message of another place that whoever is in this one sees too."""

seen_marks = sa.Table(
    "seen_marks",
    metadata,
    sa.Column("place_id", sa.BigInteger, sa.ForeignKey("places.id"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, nullable=False),
)
"""How far an agent has read what a visitor said there, as the visitor is told."""

visited_pages = sa.Table(
    "visited_pages",
    metadata,
    key(),
    sa.Column(
        "visitor_session_id",
        sa.BigInteger,
        sa.ForeignKey("visitor_sessions.id", ondelete="CASCADE"),
        nullable=False,
    ),
    text("address"),
    moment("at"),
    sa.Index("ix_visited_pages_visitor_session_id", "visitor_session_id", "id"),
)
"""Where a visitor came by, the newest few of each session; `address` has no query."""

case_ratings = sa.Table(
    "case_ratings",
    metadata,
    sa.Column("case_id", sa.BigInteger, sa.ForeignKey("cases.id"), primary_key=True),
    reference("account_id", "accounts"),
    sa.Column("rating", sa.Integer, nullable=False),
    text("comment", ""),
    moment("rated_at"),
    moment("changed_at", nullable=True),
    sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_known"),
)
"""What the person said of how a case was answered: one for each case, 5 is best. `account_id`:
where they said it."""
