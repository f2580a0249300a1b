"""The rota in its versions, what is other on single days, holidays of countries, calendar feeds."""

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

rotas = sa.Table(
    "rotas",
    metadata,
    key(),
    document("rota"),
    reference("agent_id", "agents", nullable=True),
    moment("made_at"),
    sa.Column("mark", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()")),
)
"""Every version, whole: the newest is in force. `mark`: another one whenever a day of it, or a
holiday, changes."""

duty_changes = sa.Table(
    "duty_changes",
    metadata,
    sa.Column("shift_key", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    flag("is_cancelled"),
    number("starts", nullable=True),
    number("ends", nullable=True),
    sa.Column("agent_ids", sa.ARRAY(sa.BigInteger), nullable=True),
    reference("by_id", "agents", nullable=True),
    moment("made_at"),
)
"""One shift on one day is other than the rota has it; NULL: as there. Minutes of the local day."""

shift_exchanges = sa.Table(
    "shift_exchanges",
    metadata,
    key(),
    text("kind"),
    text("state"),
    text("shift_key"),
    sa.Column("day", sa.Date, nullable=False),
    reference("agent_id", "agents"),
    reference("to_id", "agents", nullable=True),
    text("other_shift", nullable=True),
    sa.Column("other_day", sa.Date),
    reference("taken_by", "agents", nullable=True),
    text("note"),
    reference("by_id", "agents"),
    ids("unseen_ids"),
    moment("made_at"),
    moment("changed_at"),
    one_of("kind", "give", "swap", "open"),
    one_of("state", "open", "accepted", "done", "declined", "withdrawn", "refused", "overtaken"),
    sa.CheckConstraint(
        "num_nonnulls(other_shift, other_day) = case kind when 'swap' then 2 else 0 end",
        name="names_other",
    ),
    sa.Index(
        "uq_shift_exchanges_live",
        "shift_key",
        "day",
        "agent_id",
        unique=True,
        postgresql_where=sa.text("state in ('open', 'accepted')"),
    ),
    sa.Index("ix_shift_exchanges_changed_at", "changed_at"),
    sa.Index(
        "ix_shift_exchanges_unseen",
        "id",
        postgresql_where=sa.text("unseen_ids <> '{}'::bigint[]"),
    ),
)
"""A duty that its agent gives away, swaps for another one, or, being absent, leaves open.
`unseen_ids`: whom it concerns and who has not seen what became of it."""

country_holidays = sa.Table(
    "country_holidays",
    metadata,
    sa.Column("country", sa.Text, primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    text("name"),
)
"""Of the countries that the rota names, as far as they are known: so that asking who is on duty
needs no library of holidays."""

calendar_feeds = sa.Table(
    "calendar_feeds",
    metadata,
    key(),
    reference("agent_id", "agents", nullable=True),
    sa.Column("team_id", sa.BigInteger, sa.ForeignKey("teams.id", ondelete="CASCADE")),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    reference("by_id", "agents"),
    moment("made_at"),
    moment("read_at", nullable=True),
    sa.UniqueConstraint("token_hash"),
    sa.CheckConstraint("num_nonnulls(agent_id, team_id) = 1", name="is_of_one"),
)
"""Addresses at which a calendar program reads the duties of an agent or a team. A row that is gone
answers no more."""
