"""Configured accounts of channels: how far they were read, who runs them, who visits."""

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

accounts = sa.Table(
    "accounts",
    metadata,
    key(),
    text("channel"),
    text("label"),
    text("hook_token"),
    document("config"),
    sa.Column("sealed_secrets", sa.LargeBinary, nullable=True),
    text("state", "active"),
    text("paused_reason", ""),
    text("paused_code", ""),
    moment("paused_at", nullable=True),
    flag("is_sandbox"),
    number("revision", 1),
    document("health"),
    moment("health_at", nullable=True),
    moment("created_at"),
    sa.UniqueConstraint("label"),
    sa.UniqueConstraint("hook_token"),
    one_of("state", "active", "paused", "removed"),
)
"""`hook_token` is the random part of `/hooks/<account>/`. `revision` rises with each change."""

receive_cursors = sa.Table(
    "receive_cursors",
    metadata,
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    text("value"),
    sa.Column("fence", sa.BigInteger, nullable=False),
    moment("updated_at"),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    text("owner"),
    sa.Column("fence", sa.BigInteger, nullable=False),
    moment("expires_at"),
)
"""Taken and judged by the database's clock only."""

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
    sa.Column("account_id", sa.BigInteger, sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("token_id", sa.Text, primary_key=True),
    moment("expires_at"),
    sa.Index("ix_spent_tokens_expires_at", "expires_at"),
)
"""`jti` values that were accepted: each is good once."""
