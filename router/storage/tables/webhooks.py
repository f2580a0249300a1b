"""Other programs that are told of facts as they happen, and what became of each telling."""

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

webhooks = sa.Table(
    "webhooks",
    metadata,
    key(),
    text("label"),
    text("url"),
    document("kinds", "[]"),
    ids("team_ids"),
    ids("topic_ids"),
    document("classes", "[]"),
    flag("has_texts"),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("former_secret", sa.LargeBinary, nullable=True),
    moment("former_until", nullable=True),
    text("state", "active"),
    text("paused_because", ""),
    moment("paused_at", nullable=True),
    sa.Column("from_position", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    number("failures", 0),
    moment("failing_since", nullable=True),
    moment("rests_until", nullable=True),
    reference("agent_id", "agents"),
    moment("made_at"),
    moment("dropped_at", nullable=True),
    one_of("state", "active", "paused"),
    one_of("paused_because", "", "by_hand", "gone", "unreachable", "secret"),
)
"""It is told of facts behind `from_position`, of cases of the `classes` that its author saw.
`failures`: tries in a row without a success, `failing_since` the first of them; until
`rests_until` its receiver is left alone. `secret`: sealed, for `webhooks/<id>`; the former one
signs too until `former_until`."""

webhook_calls = sa.Table(
    "webhook_calls",
    metadata,
    key(),
    reference("webhook_id", "webhooks"),
    text("event_id"),
    text("kind"),
    sa.Column("position", sa.BigInteger, nullable=True),
    sa.Column("person_id", sa.BigInteger, nullable=True),
    sa.Column("case_id", sa.BigInteger, nullable=True),
    sa.Column("message_id", sa.BigInteger, nullable=True),
    document("facts"),
    moment("happened_at"),
    moment("made_at"),
    text("state", "waiting"),
    number("tries", 0),
    moment("due_at"),
    moment("again_at", nullable=True),
    moment("claimed_until", nullable=True),
    moment("first_tried_at", nullable=True),
    moment("ended_at", nullable=True),
    sa.UniqueConstraint("event_id"),
    sa.UniqueConstraint("webhook_id", "position", "kind"),
    one_of("state", "waiting", "delivered", "failed"),
    sa.Index(
        "ix_webhook_calls_due",
        "webhook_id",
        "due_at",
        "id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_webhook_calls_lane",
        "webhook_id",
        "person_id",
        "id",
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index("ix_webhook_calls_webhook_id", "webhook_id", "id"),
    sa.Index("ix_webhook_calls_state", "webhook_id", "state", "id"),
    sa.Index(
        "ix_webhook_calls_tried",
        "webhook_id",
        "id",
        postgresql_where=sa.text("tries > 0 OR again_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_webhook_calls_retried",
        "webhook_id",
        postgresql_where=sa.text("state = 'waiting' AND tries > 0"),
    ),
    sa.Index("ix_webhook_calls_person_id", "person_id"),
    sa.Index("ix_webhook_calls_made_at", "made_at"),
)
"""One event for one webhook. `event_id` is its webhook-id, the same at every try and replay.
`position` of the fact; null: a rule or an agent asked for it. `again_at`: somebody sent it once
more then, or asked for a period in which it is. One that waits and has ended is on its way for the
last time. Ids and words of closed lists, never what was said."""

webhook_tries = sa.Table(
    "webhook_tries",
    metadata,
    key(),
    sa.Column(
        "call_id",
        sa.BigInteger,
        sa.ForeignKey("webhook_calls.id", ondelete="CASCADE"),
        nullable=False,
    ),
    moment("at"),
    number("status", nullable=True),
    number("milliseconds"),
    text("answer", ""),
    text("fault", ""),
    sa.Index("ix_webhook_tries_call_id", "call_id", "id"),
)
"""What came of each POST: a status with the first bytes of the answer, or the fault."""

webhook_replays = sa.Table(
    "webhook_replays",
    metadata,
    sa.Column("webhook_id", sa.BigInteger, sa.ForeignKey("webhooks.id"), primary_key=True),
    moment("since", nullable=True),
    moment("until", nullable=True),
    flag("only_failed"),
    sa.Column("first_id", sa.BigInteger, nullable=False),
    sa.Column("done_id", sa.BigInteger, nullable=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    number("count", 0),
    moment("begun_at"),
    moment("ended_at", nullable=True),
    reference("cancelled_by_id", "agents", nullable=True),
    number("cancelled", 0),
)
"""The period that was last sent again: its calls behind `first_id` up to `last_id` are looked
through, those up to `done_id` were, and `count` of them go out again. `cancelled_by_id`: who ended
it before, and `cancelled` of those that were to go out again do not."""
