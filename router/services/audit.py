"""Who did what: a chain of hashes in which every later entry vouches for all before it.

Entries hold ids and codes, never names, addresses or texts: erasing a person leaves them valid.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from router.storage import audit
from router.storage.audit import AuditRow, Facts
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

VERSION = 1
GENESIS = bytes(32)
"""What the first entry names as the one before it."""
_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What `verify` found."""

    entries: int
    head: str
    """Hash of the last good entry, in hex. Kept elsewhere, it shows later that none was cut off."""
    broken_at: int | None = None
    """The first entry that is not as it was written."""
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None and not self.reason


async def record(
    work: UnitOfWork, actor: str, action: str, subject: str, facts: Facts | None = None
) -> None:
    """Add an entry to this transaction. Call it last in it: the chain stays locked until the end.

    `actor` is `agents/<id>`, `cli` or `system`; `action` a verb in the past, such as
    `account.paused`; `subject` names the row, such as `accounts/7`.
    """
    previous = await audit.lock_chain(work) or GENESIS
    at = work.now()
    canonical = _canonical(at, actor, action, subject, facts or {})
    await audit.insert(
        work,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        facts=json.dumps(facts or {}),
        previous_hash=previous,
        hash=_hash(VERSION, previous, canonical),
        version=VERSION,
    )


async def verify(
    database: Database, *, expected_head: str | None = None, expected_entries: int | None = None
) -> ChainCheck:
    """Recompute the whole chain. With a head noted earlier, a tail cut off since shows as well."""
    previous, entries, last = GENESIS, 0, 0
    has_met_head = expected_head in (None, GENESIS.hex())
    async with database.reading() as work:
        while rows := await audit.list_after(work, last, _BATCH):
            for row in rows:
                fault = _fault(row, previous)
                if fault:
                    return ChainCheck(
                        entries=entries, head=previous.hex(), broken_at=row.id, reason=fault
                    )
                previous, last = row.hash, row.id
                entries += 1
                has_met_head = has_met_head or previous.hex() == expected_head
    reason = ""
    if not has_met_head:
        reason = "the entry noted as the last one is gone"
    elif expected_entries is not None and entries < expected_entries:
        reason = f"{expected_entries - entries} entries are gone"
    return ChainCheck(entries=entries, head=previous.hex(), reason=reason)


def _fault(row: AuditRow, previous: bytes) -> str:
    if row.previous_hash != previous:
        return "an entry before it is gone, or was put elsewhere"
    canonical = _canonical(row.at, row.actor, row.action, row.subject, row.facts)
    if row.version != VERSION or row.hash != _hash(row.version, previous, canonical):
        return "it was changed"
    return ""


def _canonical(at: datetime, actor: str, action: str, subject: str, facts: Facts) -> bytes:
    fields = [at.astimezone(UTC).isoformat(), actor, action, subject, facts]
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _hash(version: int, previous: bytes, canonical: bytes) -> bytes:
    return hashlib.sha256(version.to_bytes(2, "big") + previous + canonical).digest()
