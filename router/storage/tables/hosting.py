"""What the operator's own site says of its accounts, and what was taken back."""

import sqlalchemy as sa

from router.storage.tables.base import document, key, metadata, moment, one_of, reference, text

host_accounts = sa.Table(
    "host_accounts",
    metadata,
    key(),
    text("account"),
    text("display_name", ""),
    text("language", nullable=True),
    text("tier", ""),
    text("risk", ""),
    document("attributes"),
    moment("created_at"),
    moment("changed_at"),
    moment("closed_at", nullable=True),
    sa.UniqueConstraint("account"),
)
"""One row for each account that the host declared or that evidence named. `account` is the site's
own id, the handle in the realm `host` and `host_account` everywhere else. The row is the lock under
which it is linked, unlinked and closed."""

evidence_withdrawals = sa.Table(
    "evidence_withdrawals",
    metadata,
    key(),
    reference("evidence_id", "identity_evidence"),
    text("reason"),
    text("actor"),
    moment("at"),
    sa.UniqueConstraint("evidence_id"),
    one_of("reason", "unlinked", "closed"),
)
"""Evidence that counts no longer. The ledger keeps both rows."""
