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
    text("own_name", ""),
    flag("is_draining"),
    moment("health_since", nullable=True),
    document("tested", None, nullable=True),
    moment("tested_at", nullable=True),
    number("hold_seconds", nullable=True),
    sa.CheckConstraint("hold_seconds BETWEEN 0 AND 3600", name="hold_known"),
    sa.UniqueConstraint("label"),
    sa.UniqueConstraint("hook_token"),
    one_of("state", "active", "paused", "removed"),
)
"""`hook_token` is the random part of `/hooks/<account>/`. `revision` rises with each change.
`own_name` is what its network called us when it last let us in. While it `is_draining`, what
waits goes out and nothing comes in; then it is paused. `health_since` is when the state word in
`health` last became another. `tested` is what its last test found. `hold_seconds`: how long its
answers can be recalled before they go out; null: as its channel has it."""

account_events = sa.Table(
    "account_events",
    metadata,
    key(),
    reference("account_id", "accounts"),
    moment("at"),
    text("kind"),
    text("code"),
    text("reason", ""),
    text("actor", ""),
    sa.Column("delivery_id", sa.BigInteger, nullable=True),
    number("attempt", nullable=True),
    sa.UniqueConstraint("delivery_id", "attempt"),
    one_of("kind", "fault", "state"),
    sa.Index("ix_account_events_newest", "account_id", "at"),
)
"""A `fault` is an attempt that did not do it: `code` is the error's, and the key makes it count
once; `reason` stays empty: the attempt has it. A `state` is what the account became: `code` is the
word, `actor` who wanted it so."""

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
