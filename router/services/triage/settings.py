"""How a desk has its triage: whether, how sure a guess must be, and whom dangers are told to."""

import msgspec

from router.services import audit
from router.services.triage.shapes import TriageSettings
from router.storage import triage as stored
from router.storage.engine import Database
from router.storage.triage import TriageRow
from router.storage.unit_of_work import Fact


async def load(database: Database) -> TriageSettings:
    async with database.reading() as work:
        return _shown(await stored.load_settings(work))


async def change(database: Database, *, actor: str, wanted: TriageSettings) -> TriageSettings:
    """All of it is as wanted, for what is read from now on."""
    async with database.transaction() as work:
        row = TriageRow(**msgspec.structs.asdict(wanted))
        await stored.save_settings(work, row)
        await audit.record(work, actor, "triage.changed", "triage", msgspec.to_builtins(wanted))
        work.announce(Fact.RULES_CHANGED)
        return _shown(row)


def _shown(row: TriageRow) -> TriageSettings:
    return TriageSettings(**msgspec.structs.asdict(row))
