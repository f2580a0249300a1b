"""A danger more: who says that they will hurt themselves."""

from alembic import op

revision = "0059"
down_revision = "0057"
branch_labels = None
depends_on = None

_KNOWN = (
    *("stolen_account", "unknown_login", "lost_two_factor", "withdrawal_stuck"),
    *("duress", "phishing"),
)
_NEW = "self_harm"


def upgrade() -> None:
    _let_be(*_KNOWN, _NEW)


def _let_be(*dangers: str) -> None:
    listed = ", ".join(f"'{one}'" for one in dangers)
    for table in ("findings", "danger_pages"):
        name = f"ck_{table}_danger_known"
        op.drop_constraint(name, table)
        op.create_check_constraint(op.f(name), table, f"danger IN ({listed})")


def downgrade() -> None:
    op.execute(f"delete from danger_pages where danger = '{_NEW}'")
    op.execute(f"update findings set danger = null where danger = '{_NEW}'")
    _let_be(*_KNOWN)
