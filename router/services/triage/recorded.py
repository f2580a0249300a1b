"""What triage did of late, as whoever sets it up sees it."""

from typing import Any

import msgspec

from router.services.triage.shapes import MadeCorrection, ToldDanger, TriageState, TriageWork
from router.services.viewer import Viewer
from router.storage import triage_record
from router.storage.engine import Database

SHOWN = 50


async def load(database: Database, viewer: Viewer) -> TriageWork:
    """Of cases that the viewer sees."""
    classes = viewer.sight.listed
    async with database.reading() as work:
        state = await triage_record.state(work)
        pages = await triage_record.pages(work, classes, limit=SHOWN)
        made = await triage_record.corrections(work, classes, limit=SHOWN)
    return TriageWork(
        state=_to(TriageState, state),
        pages=tuple(_to(ToldDanger, row) for row in pages),
        corrections=tuple(_to(MadeCorrection, row) for row in made),
    )


def _to(shape: type[Any], row: Any) -> Any:
    return msgspec.convert({name: row[name] for name in shape.__struct_fields__}, shape)
