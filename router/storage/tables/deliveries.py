"""What goes out: one delivery a part, one attempt a try."""

import sqlalchemy as sa

from core.delivery import DeliveryState
from router.storage.tables.base import (
    document,
    key,
    metadata,
    moment,
    number,
    one_of,
    reference,
    text,
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    key(),
    reference("message_id", "messages"),
    reference("person_id", "persons"),
    reference("account_id", "accounts"),
    reference("place_id", "places"),
    reference("identity_id", "identities", nullable=True),
    text("kind", "send"),
    number("part", 0),
    number("part_count", 1),
    number("revision", 0),
    text("text", ""),
    text("lane"),
    text("send_key"),
    text("state", "queued"),
    moment("due_at"),
    moment("queued_at"),
    moment("state_at"),
    number("attempt", 0),
    sa.Column("claim", sa.BigInteger, nullable=True),
    text("reason", ""),
    text("code", ""),
    document("reported", None, nullable=True),
    text("copy_to", ""),
    text("copy_of", ""),
    document("spans", None, nullable=True),
    sa.UniqueConstraint("send_key"),
    sa.UniqueConstraint("message_id", "part", "kind", "revision", "copy_to"),
    one_of("state", DeliveryState),
    one_of("kind", "send", "edit", "delete"),
    sa.Index(
        "uq_deliveries_lane_sending",
        "lane",
        unique=True,
        postgresql_where=sa.text("state = 'sending'"),
    ),
    sa.Index(
        "ix_deliveries_waiting",
        "account_id",
        "lane",
        "id",
        postgresql_where=sa.text("state IN ('held', 'queued', 'sending')"),
    ),
    sa.Index(
        "ix_deliveries_due",
        "account_id",
        "due_at",
        "id",
        postgresql_where=sa.text("state IN ('held', 'queued')"),
    ),
    sa.Index(
        "ix_deliveries_scheduled",
        "account_id",
        "queued_at",
        postgresql_where=sa.text("split_part(lane, ':', 3) = 'at'"),
    ),
    sa.Index(
        "ix_deliveries_trouble",
        "account_id",
        "id",
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    ),
    sa.Index(
        "ix_deliveries_person_trouble",
        "person_id",
        "id",
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    ),
)
"""`claim` is the fence of the account's lease under which the attempt is being made. `revision` of
a `send` counts its resends. `reported` is a receipt that came while the attempt was under way.
`copy_to` is the handle of the participant whose copy it is (and is the place under which the
network's ids of it are kept), `copy_of` the key of the recipient's delivery."""

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.BigInteger, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("attempt", sa.Integer, primary_key=True),
    sa.Column("claim", sa.BigInteger, nullable=False),
    moment("started_at"),
    moment("finished_at", nullable=True),
    text("outcome", ""),
    text("reason", ""),
)
"""Committed before the first network byte."""
