"""Configured accounts of channels: how far they were read, and who runs them."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    flag,
    key,
    metadata,
    moment,
    number,
    one_of,
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
    text("own_name", ""),
    number("hold_seconds", nullable=True),
    sa.CheckConstraint("hold_seconds BETWEEN 0 AND 3600", name="hold_known"),
    sa.UniqueConstraint("label"),
    sa.UniqueConstraint("hook_token"),
    one_of("state", "active", "paused", "removed"),
)
"""`hook_token` is the random part of `/hooks/<account>/`. `revision` rises with each change.
`own_name` is what its network called us when it last let us in. `hold_seconds`: how long its
answers can be recalled before they go out; null: as its channel has it."""

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
