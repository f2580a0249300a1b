"""From what happened in cases to their deadlines, by the plan in force at each end."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from core.business_time import ROUND_THE_CLOCK
from core.deadlines import (
    CasePast,
    CaseState,
    Deadline,
    Ending,
    Happening,
    Heard,
    Promise,
    Target,
    Terms,
    TermsOf,
    derive,
)
from router.services.deadlines.plan import (
    CaseFacts,
    KeptPlan,
    Policy,
    calendar_for,
    find_policy,
    limit_of,
    marks_of,
    pauses_of,
)
from router.storage import deadlines as stored
from router.storage.deadlines import AlarmRow, DeadlineRow
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

_NOTHING = timedelta(0)
_STATES = {
    "case_reopened": CaseState.OPEN,
    "case_waiting": CaseState.WAITING,
    "case_snoozed": CaseState.SNOOZED,
    "case_solved": CaseState.SOLVED,
}


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


class CaseTerms(TermsOf):
    """What holds for one case: what ended counts by the plan then, what runs by the newest."""

    def __init__(self, plans: Plans, facts: CaseFacts) -> None:
        self._plans, self._facts = plans, facts

    def policy(self, ended_at: datetime | None) -> tuple[Version | None, Policy | None]:
        version = self._plans.at(ended_at)
        return version, None if version is None else find_policy(version.kept.plan, self._facts)

    def find(self, target: Target, ended_at: datetime | None) -> Terms | None:
        version, policy = self.policy(ended_at)
        if target is Target.PROMISE:
            return Terms(
                policy="" if policy is None else policy.name,
                plan_id=None if version is None else version.id,
                limit=_NOTHING,
                calendar=ROUND_THE_CLOCK,
                marks=marks_of(policy, target, _NOTHING),
            )
        limit = None if policy is None else limit_of(policy, target)
        if version is None or policy is None or limit is None:
            return None
        span = timedelta(minutes=limit.minutes)
        return Terms(
            policy=policy.name,
            plan_id=version.id,
            limit=span,
            calendar=calendar_for(version.kept, policy, limit, self._facts.team_id),
            marks=marks_of(policy, target, span),
            pauses=pauses_of(policy),
        )


async def derive_cases(work: UnitOfWork, plans: Plans, case_ids: Collection[int]) -> None:
    """Their deadlines are as what was committed so far has them. Doing it twice changes nothing."""
    if not case_ids:
        return
    cases = await stored.cases_to_derive(work, case_ids)
    said = _by_case(await stored.happenings_of(work, case_ids))
    promised = _by_case(await stored.promises_of(work, case_ids))
    rows: list[DeadlineRow] = []
    alarms: list[AlarmRow] = []
    for case in cases:
        past = _to_past(case, said.get(case["id"], ()), promised.get(case["id"], ()))
        for one in derive(past, CaseTerms(plans, facts_of(case))):
            rows.append(_to_row(case["id"], one))
            alarms += _to_alarms(case["id"], one)
    await stored.put(work, case_ids, rows, alarms)


def facts_of(case: Record) -> CaseFacts:
    return CaseFacts(
        priority=case["priority"],
        team_id=case["team_id"],
        topic_ids=tuple(case["topic_ids"]),
        tier=case["tier"],
    )


def _by_case(rows: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for row in rows:
        found.setdefault(row["case_id"], []).append(row)
    return found


def _to_past(case: Record, said: Sequence[Record], promised: Sequence[Record]) -> CasePast:
    return CasePast(
        opened_at=case["opened_at"],
        state=CaseState(case["state"]),
        happenings=tuple(_to_happening(row) for row in said),
        promises=tuple(
            Promise(
                id=row["id"],
                made_at=row["made_at"],
                due_at=row["due_at"],
                ended_at=row["ended_at"],
                ending=None if row["ending"] is None else Ending(row["ending"]),
            )
            for row in promised
        ),
    )


def _to_happening(row: Record) -> Happening:
    at, what = row["written_at"], Heard.ASKED
    if row["direction"] == "event":
        return Happening(at=at, ref=row["id"], what=_STATES[row["event"]])
    if row["direction"] == "out":
        at, what = max(row["goes_at"] or at, at), Heard.ANSWERED
    return Happening(at=at, ref=row["id"], what=what)


def _to_row(case_id: int, one: Deadline) -> DeadlineRow:
    left = None if one.remaining is None else int(one.remaining.total_seconds())
    return DeadlineRow(
        case_id=case_id,
        target=one.target.value,
        ref=one.ref,
        policy=one.policy,
        plan_id=one.plan_id,
        started_at=one.started_at,
        due_at=one.due_at,
        remaining_seconds=left,
        ended_at=one.ended_at,
        ending=None if one.ending is None else one.ending.value,
        breached_at=one.breached_at,
    )


def _to_alarms(case_id: int, one: Deadline) -> list[AlarmRow]:
    return [
        AlarmRow(case_id=case_id, target=one.target.value, ref=one.ref, mark=number, at=at)
        for number, at in enumerate(one.marks)
        if at is not None
    ]
