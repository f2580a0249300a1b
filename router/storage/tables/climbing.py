"""The delivery ladder: where what did not arrive went, and where operators let it go."""

import sqlalchemy as sa

from router.storage.tables.base import (
    document,
    key,
    metadata,
    moment,
    one_of,
    reference,
    text,
)

ladder_steps = sa.Table(
    "ladder_steps",
    metadata,
    sa.Column("message_id", sa.BigInteger, sa.ForeignKey("messages.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, server_default=sa.text("1")),
    reference("delivery_id", "deliveries"),
    reference("identity_id", "identities"),
    reference("place_id", "places"),
    text("state", "due"),
    document("bars", "[]"),
    reference("to_identity_id", "identities", nullable=True),
    reference("to_place_id", "places", nullable=True),
    document("left_out", "[]"),
    moment("made_at"),
    moment("done_at", nullable=True),
    one_of("state", "due", "moved", "stayed"),
    sa.Index(
        "uq_ladder_steps_due",
        "message_id",
        unique=True,
        postgresql_where=sa.text("state = 'due'"),
    ),
)
"""The steps of a message, by `number` from 1 on. It certainly did not arrive at `identity_id` in
`place_id`, by what became of `delivery_id`, and never goes there again. `bars`: why it stayed.
`left_out`: files (ids) that did not go along."""

ladder_orders = sa.Table(
    "ladder_orders",
    metadata,
    key(),
    reference("account_id", "accounts", nullable=True),
    document("rungs", "[]"),
    moment("changed_at"),
    sa.UniqueConstraint("account_id", postgresql_nulls_not_distinct=True),
)
"""To which accounts, the first first, goes on what did not arrive by `account_id`; NULL: by any
account that has no row of its own."""
