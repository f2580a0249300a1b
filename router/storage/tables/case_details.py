"""What a desk keeps of a case in fields of its own."""

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

case_fields = sa.Table(
    "case_fields",
    metadata,
    key(),
    text("name"),
    text("kind"),
    document("choices", "[]"),
    document("retired_choices", "[]"),
    flag("is_required"),
    flag("is_personal", default=True),
    ids("team_ids"),
    number("place"),
    moment("made_at"),
    moment("retired_at", nullable=True),
    one_of("kind", "text", "number", "choice", "date", "yes_no"),
)
"""`team_ids`: whose members see it; none: everybody. `is_personal`: its values go when their person
is erased. One that is retired stands nowhere but in histories, and can come back.
`retired_choices`: those that it had once, which cases may still have and views ask for."""

sa.Index(
    "uq_case_fields_name",
    sa.func.lower(case_fields.c.name),
    unique=True,
    postgresql_where=sa.text("retired_at IS NULL"),
)

case_field_values = sa.Table(
    "case_field_values",
    metadata,
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("field_id", sa.BigInteger, sa.ForeignKey("case_fields.id"), primary_key=True),
    text("value"),
    sa.Index("ix_case_field_values_value", "field_id", sa.text("lower(value)")),
)
"""What a case has in a field, written as its kind writes it; without a row it has nothing."""

case_field_history = sa.Table(
    "case_field_history",
    metadata,
    key(),
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("field_id", sa.BigInteger, sa.ForeignKey("case_fields.id"), nullable=False),
    moment("at"),
    text("cause"),
    reference("agent_id", "agents", nullable=True),
    text("value", nullable=True),
    sa.Column("move_id", sa.BigInteger, sa.ForeignKey("case_moves.id"), nullable=True),
    one_of("cause", "agent", "merged", "moved", "parted", "undone"),
    sa.Index("ix_case_field_history_case_id", "case_id", "id"),
    sa.Index(
        "ix_case_field_history_move_id",
        "move_id",
        postgresql_where=sa.text("move_id IS NOT NULL"),
    ),
)
"""What a field of a case became, from when on and why; null: nothing. Of cause `agent` without an
agent: a rule. `move_id`: by which merge of cases it came; undoing that takes it back."""
