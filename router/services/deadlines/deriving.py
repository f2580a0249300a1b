"""From what happened in cases to their deadlines, by the plan in force at each end.

How is imported with the first case that may owe something: a desk without a plan never counts.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from core.targets import Target
from router.services.deadlines.shapes import KeptPlan
from router.storage import deadlines as stored
from router.storage import promises
from router.storage.deadlines import AlarmRow, DeadlineRow
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork


class Version(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    made_at: datetime
    kept: KeptPlan


class Plans:
    """All versions of the plan, oldest first."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self.versions = versions

    @property
    def newest(self) -> Version | None:
        return self.versions[-1] if self.versions else None

    def at(self, instant: datetime | None) -> Version | None:
        """The one in force then; None stands for now, and what lies ahead is judged as now."""
        if instant is None:
            return self.newest
        return next((one for one in reversed(self.versions) if one.made_at <= instant), None)


async def load_plans(work: UnitOfWork) -> Plans:
    rows = await stored.plans(work)
    return Plans(
        [
            Version(
                id=row["id"],
                made_at=row["made_at"],
                kept=msgspec.json.decode(row["kept"], type=KeptPlan),
            )
            for row in rows
        ]
    )


async def derive_cases(
    work: UnitOfWork, plans: Plans, case_ids: Collection[int], *, said: Collection[int] = ()
) -> None:
    """Their deadlines are as what was committed so far has them. Doing it twice changes nothing.

    `said`: messages that are news. A promise in a case that one of them may have reopened runs as
    it did, and is shown again: that is told.
    """
    if not case_ids:
        return
    from router.services.deadlines.counting import count_case

    cases = await stored.cases_to_derive(work, case_ids)
    happened = _by_case(await stored.happenings_of(work, case_ids))
    promised = _by_case(await promises.promises_of(work, case_ids))
    rows: list[DeadlineRow] = []
    reopened: set[int] = set()
    alarms: list[AlarmRow] = []
    for case in cases:
        here = happened.get(case["id"], ())
        owed, due = count_case(plans, case, here, promised.get(case["id"], ()))
        rows += owed
        alarms += due
        if _promises(owed) and _may_reopen(here, said):
            reopened.add(case["id"])
    await stored.put(work, case_ids, rows, alarms)
    stored.tell(work, reopened)


def _promises(owed: Sequence[DeadlineRow]) -> bool:
    return any(one.target == Target.PROMISE and one.ended_at is None for one in owed)


def _may_reopen(happened: Sequence[Record], said: Collection[int]) -> bool:
    return any(
        row["id"] in said and (row["direction"] == "in" or row["event"] == "case_reopened")
        for row in happened
    )


def _by_case(rows: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for row in rows:
        found.setdefault(row["case_id"], []).append(row)
    return found
