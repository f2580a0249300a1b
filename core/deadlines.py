"""What is owed to somebody in a case by when: derived from what happened in it. Pure.

A deadline counts time while its case waits for the desk. Where counting stopped, and at which
instants it passed each of its marks (warning, due, escalations), follow from what happened and from
the calendar alone, so deriving it again gives the same.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from core.business_time import Calendar, NeverOpen, add_business_time, business_time_between
from core.targets import Ending, Target

_NOTHING = timedelta(0)


class CaseState(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    SOLVED = "solved"


class Heard(StrEnum):
    """What happened, beside changes of the state."""

    ASKED = "asked"
    """The person wrote."""
    ANSWERED = "answered"
    """An agent's answer goes out."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    """Of an answer: when it goes out, which may lie ahead."""
    ref: int
    """The message's id."""
    what: Heard | CaseState


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    made_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    ending: Ending | None = None


class CasePast(msgspec.Struct, frozen=True, kw_only=True):
    """All that deadlines of one case follow from."""

    opened_at: datetime
    state: CaseState
    """As the case says now."""
    happenings: tuple[Happening, ...]
    """By their ids."""
    promises: tuple[Promise, ...] = ()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one target of one case."""

    policy: str
    plan_id: int | None
    limit: timedelta
    calendar: Calendar
    marks: tuple[timedelta, ...]
    """Time counted at which something is to be said: the warning, the limit, escalations."""
    pauses: frozenset[CaseState] = frozenset({CaseState.WAITING, CaseState.SNOOZED})


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    target: Target
    ref: int
    """What it began with: the message that asks (0: the case itself), or the promise."""
    policy: str
    plan_id: int | None
    started_at: datetime
    due_at: datetime | None
    """Of one that ended: when it would have been. None: it is paused and was not passed."""
    remaining: timedelta | None
    """Of one that is paused: what is left; negative where it was passed."""
    ended_at: datetime | None
    ending: Ending | None
    breached_at: datetime | None
    """When it was passed, of one that ended or is paused; one that runs is passed by the clock."""
    marks: tuple[datetime | None, ...]
    """The instant of each mark; None: it was not reached before the pause or the end."""


class _Span(msgspec.Struct, frozen=True):
    """A stretch in one state; the last one has no end."""

    start: datetime
    end: datetime | None
    state: CaseState


class _Clock(msgspec.Struct, frozen=True):
    """One target from its beginning to its end, before any policy is asked."""

    target: Target
    ref: int
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None


class TermsOf(ABC):
    """What holds for a target that ended at an instant, or runs (None)."""

    @abstractmethod
    def find(self, target: Target, ended_at: datetime | None) -> Terms | None:
        """None: nobody promised anything."""


def derive(past: CasePast, terms_of: TermsOf) -> tuple[Deadline, ...]:
    """All deadlines that the case ever had, in the order of their beginning."""
    happenings = _in_time(past)
    spans = _spans(past, happenings)
    clocks = [*_replies(happenings), *_resolution(past, happenings)]
    found = [
        _count(clock, terms, spans)
        for clock in clocks
        if (terms := terms_of.find(clock.target, clock.ended_at)) is not None
    ]
    solved = _solved_at(happenings)
    found += [_promised(one, terms_of, solved) for one in past.promises]
    return tuple(sorted(found, key=lambda one: (one.started_at, one.target, one.ref)))


def _in_time(past: CasePast) -> list[Happening]:
    """By when they happen. What the case says beyond them happened with the last of them."""
    state = CaseState.OPEN
    for one in past.happenings:
        state = _next_state(state, one.what)
    known = sorted(past.happenings, key=lambda one: (one.at, one.ref))
    if state is not past.state:
        written = [one.at for one in past.happenings if one.what is not Heard.ANSWERED]
        at = max([past.opened_at, *written])
        known.append(Happening(at=at, ref=2**62, what=past.state))
        known.sort(key=lambda one: (one.at, one.ref))
    return known


def _next_state(state: CaseState, what: Heard | CaseState) -> CaseState:
    match what:
        case CaseState():
            return what
        case Heard.ASKED:
            return CaseState.OPEN
        case Heard.ANSWERED:
            return state if state is CaseState.SOLVED else CaseState.WAITING


def _spans(past: CasePast, happenings: Sequence[Happening]) -> list[_Span]:
    spans: list[_Span] = []
    start, state = past.opened_at, CaseState.OPEN
    for one in happenings:
        following = _next_state(state, one.what)
        if following is not state:
            at = max(one.at, start)
            spans.append(_Span(start, at, state))
            start, state = at, following
    return [*spans, _Span(start, None, state)]


def _replies(happenings: Iterable[Happening]) -> list[_Clock]:
    """From the first word that nobody answered to the answer, or until the case is solved."""
    clocks: list[_Clock] = []
    target, since = Target.FIRST_REPLY, None
    for one in happenings:
        if one.what is Heard.ASKED:
            since = since or one
            continue
        if one.what is Heard.ANSWERED:
            ending = Ending.ANSWERED
        elif one.what is CaseState.SOLVED:
            ending = Ending.SOLVED
        else:
            continue
        if since is not None:
            clocks.append(_Clock(target, since.ref, since.at, max(one.at, since.at), ending))
        if one.what is Heard.ANSWERED:
            target = Target.NEXT_REPLY
        since = None
    if since is not None:
        clocks.append(_Clock(target, since.ref, since.at, None, None))
    return clocks


def _resolution(past: CasePast, happenings: Sequence[Happening]) -> list[_Clock]:
    """One for the case, whatever it was reopened for. None where nobody asked anything."""
    if not any(one.what is Heard.ASKED for one in happenings):
        return []
    ended = _solved_at(happenings)
    ending = None if ended is None else Ending.SOLVED
    return [_Clock(Target.RESOLUTION, 0, past.opened_at, ended, ending)]


def _solved_at(happenings: Sequence[Happening]) -> datetime | None:
    """When it was solved for the last time, if it is."""
    state, at = CaseState.OPEN, None
    for one in happenings:
        following = _next_state(state, one.what)
        if following is CaseState.SOLVED and state is not CaseState.SOLVED:
            at = one.at
        state = following
    return at if state is CaseState.SOLVED else None


def _count(clock: _Clock, terms: Terms, spans: Sequence[_Span]) -> Deadline:
    """A target's instants, by counting its time through the stretches in which it runs."""
    marks: dict[timedelta, datetime] = {}
    wanted = sorted({*terms.marks, terms.limit})
    counted, is_running = _NOTHING, False
    due_at: datetime | None = None
    for start, end in _running(clock, terms, spans):
        is_running = end is None
        for mark in wanted:
            if mark in marks or mark < counted:
                continue
            try:
                at = add_business_time(start, mark - counted, terms.calendar)
            except NeverOpen:
                continue
            if mark == terms.limit and end is None:
                due_at = at
            if end is None or at <= end:
                marks[mark] = at
        if end is not None:
            counted += business_time_between(start, end, terms.calendar)
    is_over = clock.ended_at is not None
    is_paused = not is_over and not is_running
    passed_at = marks.get(terms.limit)
    if clock.ended_at is not None and passed_at is None:
        with suppress(NeverOpen):
            due_at = add_business_time(clock.ended_at, terms.limit - counted, terms.calendar)
    return Deadline(
        target=clock.target,
        ref=clock.ref,
        policy=terms.policy,
        plan_id=terms.plan_id,
        started_at=clock.started_at,
        due_at=passed_at or due_at,
        remaining=terms.limit - counted if is_paused else None,
        ended_at=clock.ended_at,
        ending=clock.ending,
        breached_at=None if is_running or passed_at == clock.ended_at else passed_at,
        marks=tuple(marks.get(mark) for mark in terms.marks),
    )


def _running(
    clock: _Clock, terms: Terms, spans: Sequence[_Span]
) -> Iterable[tuple[datetime, datetime | None]]:
    still = terms.pauses | {CaseState.SOLVED}
    first = max(bisect_right(spans, clock.started_at, key=lambda span: span.start) - 1, 0)
    for span in spans[first:]:
        if clock.ended_at is not None and span.start >= clock.ended_at:
            return
        if span.state in still:
            continue
        start = max(span.start, clock.started_at)
        ends = [one for one in (span.end, clock.ended_at) if one is not None]
        end = min(ends, default=None)
        if end is None or start < end:
            yield start, end


def _promised(one: Promise, terms_of: TermsOf, solved_at: datetime | None) -> Deadline:
    """A promise is due at its instant: nothing pauses it."""
    ended, ending = one.ended_at, one.ending
    if ended is None and solved_at is not None and solved_at >= one.made_at:
        ended, ending = solved_at, Ending.SOLVED
    terms = terms_of.find(Target.PROMISE, ended)
    marks: tuple[datetime | None, ...] = ()
    if terms is not None:
        instants = (max(one.due_at + mark, one.made_at) for mark in terms.marks)
        marks = tuple(at if ended is None or at <= ended else None for at in instants)
    return Deadline(
        target=Target.PROMISE,
        ref=one.id,
        policy="" if terms is None else terms.policy,
        plan_id=None if terms is None else terms.plan_id,
        started_at=one.made_at,
        due_at=one.due_at,
        remaining=None,
        ended_at=ended,
        ending=ending,
        breached_at=one.due_at if ended is not None and one.due_at < ended else None,
        marks=marks,
    )


def next_due(deadlines: Iterable[Deadline]) -> Deadline | None:
    """Of those that run the one that is due first."""
    running = [one for one in deadlines if one.ended_at is None and one.due_at is not None]
    return min(running, key=lambda one: (one.due_at, one.target), default=None)
