"""Dry runs: what a rule would have done about the past, by the evaluator that decides for real.

Messages and lines of the timeline are asked about in their order; persons and cases are taken as
they are now, as nobody keeps what they were.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from router.services.automation.acting import WINDOW, look
from router.services.automation.actions import Tools
from router.services.automation.book import Rule
from router.services.automation.following import desk_is_open
from router.services.automation.keeping import check_rule
from router.services.automation.occasions import Seeing
from router.services.automation.shapes import DryRun, Judged, Past, Planned, Rehearsed, RuleFault
from router.services.automation.subjects import Subject
from router.services.automation.terms import (
    Action,
    Assign,
    AssignTeam,
    Happened,
    Happening,
    JoinIncident,
    LabelCase,
    Prioritise,
    SetField,
    SetState,
    SetTopic,
    StaysIn,
)
from router.services.callers import Caller
from router.storage import rule_subjects
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

MOST_MESSAGES = 20_000
BATCH = 100
SHOWN = 20
_KEPT = frozenset(Happening) - {
    Happening.MESSAGE_CHANGED,
    Happening.MESSAGE_SEEN,
    Happening.DELIVERY_CHANGED,
    Happening.DELIVERY_FAILED,
    Happening.CASE_CHANGED,
    Happening.PERSON_CHANGED,
    Happening.PERSON_MERGED,
    Happening.PERSON_SPLIT,
}
"""Of which the timeline holds when each was. Of the others each case is asked once, as it is."""


async def rehearse(database: Database, caller: Caller, tools: Tools, wanted: Past) -> DryRun:
    """Nothing is done, and nothing is written."""
    faults = await check_rule(
        database, wanted.definition, can_step_up=tools.step_up_url is not None
    )
    rule = Rule(
        id=0,
        name="",
        version=0,
        definition=wanted.definition,
        classes=caller.access_classes,
        agent_id=caller.agent_id,
    )
    found = _Found(rule)
    cases: list[int] = []
    if not any(not one.is_warning for one in faults):
        since = database.clock.now() - timedelta(days=wanted.days)
        async with database.reading() as work:
            cases = await rule_subjects.newest_cases(
                work, sorted(caller.access_classes), since=since, limit=wanted.most_cases
            )
        seeing = Seeing(tools.voice.capabilities_of)
        for start in range(0, len(cases), BATCH):
            async with database.reading() as work:
                of_batch = await _subjects(
                    work, seeing, rule, cases[start : start + BATCH], since, found.room
                )
            found.ask(of_batch)
            await asyncio.sleep(0)  # others come between two batches
    return found.to_result(len(cases), faults)


async def _subjects(
    work: UnitOfWork,
    seeing: Seeing,
    rule: Rule,
    case_ids: Sequence[int],
    since: datetime,
    room: int,
) -> list[Subject]:
    is_open = await desk_is_open(work)
    when = rule.definition.when
    if isinstance(when, Happened) and when.on in _KEPT:
        rows = await rule_subjects.past_messages(work, case_ids, since=since, limit=room)
        asked = [seeing.subject(row, now=row["received_at"], desk_is_open=is_open) for row in rows]
        return [one for one in asked if one is not None]
    if isinstance(when, StaysIn):
        stay = timedelta(hours=when.hours)
        case_ids = await rule_subjects.in_state_since(work, case_ids, when.state, before=stay)
    rows = await rule_subjects.cases(work, case_ids)
    asked = [seeing.subject(row, now=work.now(), desk_is_open=is_open) for row in rows]
    happenings = frozenset({when.on}) if isinstance(when, Happened) else frozenset[Happening]()
    return [replace(one, happenings=happenings) for one in asked if one is not None]


class _Found:
    """What would have been, gathered case by case."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._asked = 0
        self._runs: list[tuple[datetime, Subject, Judged]] = []

    @property
    def room(self) -> int:
        return max(1, MOST_MESSAGES - self._asked)

    def ask(self, subjects: Sequence[Subject]) -> None:
        self._asked += len(subjects)
        for subject in subjects:
            judged = look(self._rule, subject)
            if judged is not None:
                self._runs.append((subject.now, subject, judged))

    def to_result(self, cases: int, faults: list[RuleFault]) -> DryRun:
        when = self._rule.definition.when
        newest = sorted(self._runs, key=lambda run: run[0], reverse=True)[:SHOWN]
        return DryRun(
            cases=cases,
            asked=self._asked,
            runs=len(self._runs),
            of_cases=len({one.case.id for _, one, _ in self._runs if one.case is not None}),
            stops=self._why_stopped(),
            is_replayed=not isinstance(when, Happened) or when.on in _KEPT,
            faults=faults,
            examples=[self._shown(*one) for one in newest],
        )

    def _shown(self, at: datetime, subject: Subject, judged: Judged) -> Rehearsed:
        return Rehearsed(
            case_id=None if subject.case is None else subject.case.id,
            person_id=subject.person.root_id,
            message_id=None if subject.message is None else subject.message.id,
            at=at,
            judged=judged,
            would=plan(self._rule.definition.then, subject),
        )

    def _why_stopped(self) -> str:
        definition = self._rule.definition
        if not isinstance(definition.when, Happened) or definition.when.on not in _KEPT:
            return ""
        of_case: dict[int, deque[datetime]] = defaultdict(deque)
        in_all: deque[datetime] = deque()
        for at, subject, _ in sorted(self._runs, key=lambda run: run[0]):
            case = 0 if subject.case is None else subject.case.id
            if case and _within(of_case[case], at) > definition.most_per_case:
                return f"More than {definition.most_per_case} runs within an hour on case {case}."
            if _within(in_all, at) > definition.most_in_all:
                return f"More than {definition.most_in_all} runs within an hour."
        return ""


def _within(times: deque[datetime], at: datetime) -> int:
    times.append(at)
    while times[0] <= at - WINDOW:
        times.popleft()
    return len(times)


def plan(actions: Sequence[Action], subject: Subject) -> tuple[Planned, ...]:
    """What they would do, and which of it is so already."""
    return tuple(Planned(action=one, is_so_already=_is_so(one, subject)) for one in actions)


def _is_so(action: Action, subject: Subject) -> bool:
    case: Any = subject.case
    if case is None:
        return False
    match action:
        case Assign():
            return bool(case.owner_id == action.agent_id)
        case AssignTeam():
            return bool(case.team_id == action.team_id)
        case LabelCase():
            return case.label_ids >= set(action.add) and not case.label_ids & set(action.drop)
        case Prioritise():
            return bool(case.priority == action.priority)
        case SetTopic():
            return bool(case.topic == action.topic)
        case SetField():
            had = case.fields.get(str(action.field_id), "")
            return bool(had.casefold() == action.value.casefold())
        case JoinIncident():
            return bool(case.has_incident)
        case SetState():
            return bool(case.state == action.state and action.hours is None)
        case _:
            return False
