"""The plan of deadlines, deadlines and promises, as they are written and read over the API.

Nothing but their shapes: whatever declares routes imports these at start, and what works on them
with the first call.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from core.targets import Ending, Target

MOST_POLICIES = 50
MOST_MINUTES = 129_600
"""Ninety days."""
DESK = ""
"""The key of the desk's own hours among the calendars."""
Recipient = Literal["owner", "team_leads", "on_duty", "supervisors"]
"""`on_duty`: of the case's team by the rota, or of any where it has nobody then; where nobody is on
duty, supervisors."""
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Key = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[a-z0-9-]*$")]
_ClockTime = Annotated[str, msgspec.Meta(pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$")]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]
Told = Annotated[tuple[Recipient, ...], msgspec.Meta(max_length=4)]


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stretch of time, the same on each of these days."""

    days: Annotated[str, msgspec.Meta(max_length=60)]
    """mon, mon-fri, or sat,sun."""
    opens: _ClockTime
    closes: _ClockTime
    """At or before `opens`: on the next day."""


class Holiday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    day: date
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class NamedCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: _Key
    name: _Name
    time_zone: Annotated[str, msgspec.Meta(max_length=60)]
    hours: Annotated[tuple[Hours, ...], msgspec.Meta(max_length=21)] = ()
    """Empty: always, but on holidays."""
    holidays: Annotated[tuple[Holiday, ...], msgspec.Meta(max_length=400)] = ()


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much time there is."""

    minutes: Minutes
    clock: Literal["business", "always"] = "business"
    """Counted in the hours of the policy's calendar, or round the clock."""


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom else is told, so long after it was passed."""

    after_minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)]
    """Counted as the deadline is."""
    told: Told = ()
    agent_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=20)] = ()
    """And these agents."""


class Fits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cases; an empty list fits all."""

    priorities: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=1, le=4)], ...], msgspec.Meta(max_length=4)
    ] = ()
    tiers: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=20)] = ()
    """Of the person, as the host declares it; where it does not, by the queue's attribute."""
    topic_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=100)] = ()
    """And whatever stands below them."""
    team_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=50)] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: _Name
    fits: Fits = Fits()
    calendar: _Key | None = None
    """None: that of the case's team, or else the desk's own hours."""
    first_reply: Limit | None = None
    next_reply: Limit | None = None
    resolution: Limit | None = None
    pauses_while_waiting: bool = True
    pauses_while_snoozed: bool = True
    warn_percent: Annotated[int, msgspec.Meta(ge=1, le=99)] = 75
    """Of its time, after which a deadline is about to be passed."""
    promise_warn_minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)] = 60
    """Before what an agent promised is due."""
    warned: Told = ("owner",)
    breached: Told = ("owner", "team_leads")
    escalations: Annotated[tuple[Escalation, ...], msgspec.Meta(max_length=5)] = ()


class TeamCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team_id: RowId
    calendar: _Key


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    policies: Annotated[tuple[Policy, ...], msgspec.Meta(max_length=MOST_POLICIES)] = ()
    """In order: the first that fits holds."""
    calendars: Annotated[tuple[NamedCalendar, ...], msgspec.Meta(max_length=50)] = ()
    team_calendars: Annotated[tuple[TeamCalendar, ...], msgspec.Meta(max_length=200)] = ()


class Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A holiday of the rota, by the zone of the calendar it is counted in."""

    day: date
    team_ids: tuple[int, ...] = ()
    """Empty: all."""
    minutes: tuple[int, int] | None = None
    """These of the day alone. None: all of it."""


class KeptPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version as it is stored."""

    plan: Plan
    desk: NamedCalendar
    """The desk's own hours as they were then."""
    closed: tuple[Closed, ...] = ()
    """The rota's holidays as they were then: nobody counts by the desk's own hours or those of a
    team then, whose shifts rest."""


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """What may be other than it was meant."""

    code: Literal["never_holds", "never_waits"]
    policy: str
    other: str = ""
    """Of `never_holds`: the policy that stands before it."""
    sentence: str


class PlanInForce(msgspec.Struct, frozen=True, kw_only=True):
    plan: Plan
    revision: int
    """Give it back as `expect_revision`. 0: there never was one."""
    made_at: datetime | None
    doubts: tuple[Doubt, ...]
    """What may be other than it was meant."""


class PlanVersion(msgspec.Struct, frozen=True, kw_only=True):
    plan: Plan
    revision: int
    saved_by: str
    made_at: datetime


class NewPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    due_at: Annotated[datetime, msgspec.Meta(tz=True)]
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""
    """What will be done."""


class PromiseEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ending: Literal["kept", "withdrawn"]


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """One deadline of a case."""

    target: Target
    ref: int
    """The message that asks (0: the case itself), or the promise."""
    policy: str
    """Empty: a promise to which no policy fits."""
    started_at: datetime
    due_at: datetime | None
    """None: it is paused."""
    remaining_seconds: int | None
    """Of one that is paused: what is left; negative where it was passed."""
    ended_at: datetime | None
    ending: Ending | None
    breached_at: datetime | None
    """When it was passed, if it ended or is paused; one that runs is passed by the clock."""
    words: str
    """Of a promise."""


class NextDue(msgspec.Struct, frozen=True, kw_only=True):
    """What runs in a conversation and is due first."""

    conversation_id: int
    case_id: int
    target: Target
    due_at: datetime
    warn_at: datetime | None
    """From when on it is near."""


class NextDues(msgspec.Struct, frozen=True, kw_only=True):
    dues: tuple[NextDue, ...]
    """At most one for each conversation; where nothing runs, none."""


class CaseDeadlines(msgspec.Struct, frozen=True, kw_only=True):
    deadlines: tuple[Owed, ...]
    """In the order of their beginning."""
