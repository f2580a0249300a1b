"""Fields of cases know which choices they had once, which cases have and views ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0052"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "case_fields",
        sa.Column(
            "retired_choices", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
    )
    # Of those before only what was ever filled in is known.
    op.execute(
        """update case_fields f set retired_choices = coalesce((
            select jsonb_agg(distinct h.value) from case_field_history h
            where h.field_id = f.id and h.value is not null and lower(h.value) not in
                (select lower(c) from jsonb_array_elements_text(f.choices) c)), '[]')
        where f.kind = 'choice'"""
    )


def downgrade() -> None:
    op.drop_column("case_fields", "retired_choices")
