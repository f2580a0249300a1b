"""One case's deadlines, from what happened in it by the plan in force at each end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.business_time import ROUND_THE_CLOCK
from core.deadlines import (
    CasePast,
    CaseState,
    Deadline,
    Happening,
    Heard,
    Promise,
    Terms,
    TermsOf,
    derive,
)
from core.targets import Ending, Target
from router.services.deadlines.deriving import Plans, Version
from router.services.deadlines.plan import (
    CaseFacts,
    calendar_for,
    find_policy,
    limit_of,
    marks_of,
    pauses_of,
)
from router.services.deadlines.shapes import Policy
from router.storage.deadlines import AlarmRow, DeadlineRow
from router.storage.records import Record

_NOTHING = timedelta(0)
_STATES = {
    "case_reopened": CaseState.OPEN,
    "case_waiting": CaseState.WAITING,
    "case_snoozed": CaseState.SNOOZED,
    "case_solved": CaseState.SOLVED,
}


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


def count_case(
    plans: Plans, case: Record, said: Sequence[Record], promised: Sequence[Record]
) -> tuple[list[DeadlineRow], list[AlarmRow]]:
    """All that it owes and ever owed, with when each is to be told of."""
    rows: list[DeadlineRow] = []
    alarms: list[AlarmRow] = []
    for one in derive(_to_past(case, said, promised), CaseTerms(plans, facts_of(case))):
        rows.append(_to_row(case["id"], one))
        alarms += _to_alarms(case["id"], one)
    return rows, alarms


def facts_of(case: Record) -> CaseFacts:
    return CaseFacts(
        priority=case["priority"],
        team_id=case["team_id"],
        topic_ids=tuple(case["topic_ids"]),
        tier=case["tier"],
    )


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
