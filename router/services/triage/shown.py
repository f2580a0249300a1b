"""Findings as the API and the feed show them."""

from collections.abc import Collection

import msgspec

from router.services.errors import NotFound
from router.services.shown.names import named
from router.services.triage.shapes import CaseFindings, Correction, Finding, Page
from router.services.viewer import Viewer
from router.storage import cases
from router.storage import triage as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

SHOWN = 20


def to_finding(row: Record) -> Finding:
    by = named(row["corrected_by"], row["corrected_name"])
    return msgspec.convert(
        {
            **{name: row[name] for name in Finding.__struct_fields__[:-2]},
            "correction": None
            if by is None
            else Correction(
                by=by,
                at=row["corrected_at"],
                topic_id=row["right_topic_id"],
                topic=row["right_topic"],
                is_urgent=row["is_urgent"],
            ),
            "page": None
            if row["told_at"] is None
            else Page(
                at=row["told_at"],
                told=tuple(row["told"]),
                escalated_at=row["escalated_at"],
                ended_at=row["ended_at"],
            ),
        },
        Finding,
    )


async def load_findings(
    work: UnitOfWork, message_ids: Collection[int]
) -> list[tuple[Finding, int]]:
    """Each with the root of its conversation now. Who may see them is the caller's to decide."""
    rows = await stored.of_messages(work, message_ids)
    return [(to_finding(row), row["root_id"]) for row in rows]


async def list_of_case(database: Database, viewer: Viewer, case_id: int) -> CaseFindings:
    """Raises NotFound."""
    async with database.reading() as work:
        found = await cases.load_cases(work, [case_id])
        if not found or found[0]["access_class"] not in viewer.sight.classes:
            raise NotFound(f"There is no case {case_id}.")
        rows = await stored.of_case(work, case_id, limit=SHOWN)
    return CaseFindings(findings=tuple(to_finding(row) for row in rows))
