"""Whether facts wait for their positions, as it is this very moment."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A volatile function looks with a snapshot of its own, later than that of the statement that
    # calls it: also what was committed while that one waited for a lock is seen.
    op.execute(
        """
        create function outbox_waits() returns boolean language plpgsql volatile as
        $$ begin return exists (select from outbox where position is null); end $$
        """
    )


def downgrade() -> None:
    op.execute("drop function outbox_waits()")
