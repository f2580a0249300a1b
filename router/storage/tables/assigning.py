"""The waiting queue, who serves it with how much room and which skills, and who was given what."""

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

MODES = ("manual", "offered", "automatic")


def _of_case(*, primary_key: bool = False) -> sa.Column[int]:
    """What hangs on a case goes with it."""
    return sa.Column(
        "case_id",
        sa.BigInteger,
        sa.ForeignKey("cases.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


queue_settings = sa.Table(
    "queue_settings",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    document("settings"),
    moment("changed_at"),
    sa.CheckConstraint("id = 1", name="is_one"),
)
"""What holds for the whole queue; without the row it is as a new desk has it."""

team_queues = sa.Table(
    "team_queues",
    metadata,
    sa.Column(
        "team_id", sa.BigInteger, sa.ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    ),
    text("mode"),
    sa.Column("overflow_team_id", sa.BigInteger, sa.ForeignKey("teams.id", ondelete="SET NULL")),
    number("overflow_minutes", nullable=True),
    number("return_live_minutes", nullable=True),
    number("return_slow_minutes", nullable=True),
    one_of("mode", *MODES),
)
"""How a team's cases are given out; a team without a row: as the whole queue.
`return_…_minutes`: after which an away agent's open case goes back; null: it stays."""

agent_desks = sa.Table(
    "agent_desks",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    text("availability", "offline"),
    text("set_by", "agent"),
    moment("since"),
    number("capacity", nullable=True),
    flag("was_busy"),
    one_of("availability", "online", "busy", "away", "offline"),
    one_of("set_by", "agent", "supervisor", "absence", "shift"),
    sa.CheckConstraint("capacity BETWEEN 0 AND 1000", name="capacity_known"),
)
"""The row is the lock for all that counts against an agent's capacity. `capacity` null: nobody has
said, so what the queue gives is bounded by its settings, and what is taken by hand is not.
`was_busy`: what they are again once somebody who is absent is back."""

desk_sightings = sa.Table(
    "desk_sightings",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    moment("seen_at"),
)
"""When a page of an agent was last open. Beside the desks, so that noting it waits for nobody."""

agent_skills = sa.Table(
    "agent_skills",
    metadata,
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("skill", sa.Text, primary_key=True),
    number("proficiency"),
    sa.CheckConstraint("proficiency BETWEEN 1 AND 5", name="proficiency_known"),
)
"""`skill`: `language:<code>` or `skill:<word>`."""

live_channels = sa.Table(
    "live_channels",
    metadata,
    sa.Column("channel", sa.Text, primary_key=True),
)
"""Channels on which somebody waits at the other end, by their capabilities."""

queue_lines = sa.Table(
    "queue_lines",
    metadata,
    key(),
    sa.Column("team_id", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    text("access_class"),
    text("needs", ""),
    sa.UniqueConstraint("team_id", "access_class", "needs"),
)
"""Cases that the same agents may serve. `team_id` 0: of no team. `needs`: skills with their least
proficiency as `language:ru=1`, by name, with spaces between."""

waiting_cases = sa.Table(
    "waiting_cases",
    metadata,
    _of_case(primary_key=True),
    reference("line_id", "queue_lines"),
    moment("rank"),
    moment("waiting_since"),
    moment("entered_at"),
    number("priority"),
    text("tier", ""),
    number("weight"),
    flag("is_live"),
    flag("is_relaxed"),
    reference("last_owner_id", "agents", nullable=True),
    reference("offered_to_id", "agents", nullable=True),
    moment("offered_until", nullable=True),
    sa.Index("ix_waiting_cases_rank", "rank", "case_id"),
    sa.Index(
        "ix_waiting_cases_line",
        "line_id",
        "rank",
        "case_id",
        postgresql_where=sa.text("offered_to_id IS NULL"),
    ),
    sa.Index(
        "ix_waiting_cases_since",
        "line_id",
        "waiting_since",
        postgresql_where=sa.text("offered_to_id IS NULL"),
    ),
    sa.Index("ix_waiting_cases_line_id", "line_id", "entered_at"),
    sa.Index(
        "ix_waiting_cases_offered",
        "offered_to_id",
        "offered_until",
        postgresql_where=sa.text("offered_to_id IS NOT NULL"),
    ),
)
"""One row for each case that waits for us and has no owner. `rank`: the lower, the sooner.
`entered_at`: since when in this line. `is_relaxed`: nobody had the skills for so long that anybody
may serve it."""

case_refusals = sa.Table(
    "case_refusals",
    metadata,
    _of_case(primary_key=True),
    sa.Column("agent_id", sa.BigInteger, sa.ForeignKey("agents.id"), primary_key=True),
    moment("until"),
)
"""Who is not offered a case again before then."""

assignments = sa.Table(
    "assignments",
    metadata,
    key(),
    _of_case(),
    reference("agent_id", "agents", nullable=True),
    reference("by_id", "agents", nullable=True),
    sa.Column("rule_id", sa.BigInteger, nullable=True),
    text("step"),
    text("because"),
    number("weight", nullable=True),
    moment("waiting_since", nullable=True),
    moment("at"),
    one_of("step", "offered", "declined", "expired", "assigned", "returned", "released", "moved"),
    sa.Index("ix_assignments_case_id", "case_id", "id"),
)
"""Each step on a case's way to its owner, and why. `agent_id`: whom it concerns; `by_id`: who did
it, if somebody did; `rule_id`: which rule did, without its author."""
