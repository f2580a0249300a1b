"""The plan of deadlines: policies in order, calendars, and what is wrong with one. Pure.

The first policy that fits a case holds for all of its deadlines. A plan is kept whole in each of
its versions, with the desk's own hours as they were, so that what ended counts by the plan that was
in force then.
"""

from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from core.business_time import (
    ROUND_THE_CLOCK,
    Calendar,
    NeverOpen,
    OpenStretch,
    add_business_time,
)
from core.deadlines import CaseState
from core.hours import weekdays_of, zone_of
from core.targets import Target
from router.services.deadlines.shapes import (
    DESK,
    Closed,
    Doubt,
    Fits,
    KeptPlan,
    Limit,
    NamedCalendar,
    Plan,
    Policy,
    Recipient,
)


class CaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What policies look at."""

    priority: int
    team_id: int | None
    topic_ids: tuple[int, ...]
    """Its topic, and those above it."""
    tier: str


class Fault(Exception):
    """The plan cannot be: where, and why in one sentence."""

    def __init__(self, field: str, sentence: str, why: str, about: str = "") -> None:
        super().__init__(sentence)
        self.field, self.why, self.about = field, why, about
        """`why`: one of a closed list, for the page to say; `about`: the policy or calendar."""


def find_policy(plan: Plan, facts: CaseFacts) -> Policy | None:
    """The first that fits."""
    return next((one for one in plan.policies if _fits(one.fits, facts)), None)


def _fits(fits: Fits, facts: CaseFacts) -> bool:
    return (
        (not fits.priorities or facts.priority in fits.priorities)
        and (not fits.tiers or facts.tier.casefold() in {one.casefold() for one in fits.tiers})
        and (not fits.topic_ids or not set(fits.topic_ids).isdisjoint(facts.topic_ids))
        and (not fits.team_ids or facts.team_id in fits.team_ids)
    )


def limit_of(policy: Policy, target: Target) -> Limit | None:
    match target:
        case Target.FIRST_REPLY:
            return policy.first_reply
        case Target.NEXT_REPLY:
            return policy.next_reply
        case Target.RESOLUTION:
            return policy.resolution
        case Target.PROMISE:
            return None


def marks_of(policy: Policy | None, target: Target, limit: timedelta) -> tuple[timedelta, ...]:
    """Warning, limit, then the escalations; of a promise around its instant."""
    escalations = () if policy is None else policy.escalations
    if target is Target.PROMISE:
        warn = -timedelta(minutes=60 if policy is None else policy.promise_warn_minutes)
        limit = timedelta(0)
    else:
        warn = limit * (75 if policy is None else policy.warn_percent) / 100
    later = [limit + timedelta(minutes=one.after_minutes) for one in escalations]
    return (warn, limit, *later)


def told_at(policy: Policy | None, mark: int) -> tuple[tuple[Recipient, ...], tuple[int, ...]]:
    """Who is told of a mark by its number: in what part, and which agents besides."""
    if policy is None:
        return ("owner",), ()
    if mark < 2:
        return (policy.warned, policy.breached)[mark], ()
    if mark - 2 >= len(policy.escalations):
        return (), ()
    level = policy.escalations[mark - 2]
    return level.told, level.agent_ids


def pauses_of(policy: Policy) -> frozenset[CaseState]:
    found = {CaseState.WAITING} if policy.pauses_while_waiting else set()
    return frozenset(found | ({CaseState.SNOOZED} if policy.pauses_while_snoozed else set()))


def calendar_for(kept: KeptPlan, policy: Policy, limit: Limit, team_id: int | None) -> Calendar:
    if limit.clock == "always":
        return ROUND_THE_CLOCK
    key = policy.calendar
    if key is None:
        ours = {one.team_id: one.calendar for one in kept.plan.team_calendars}
        key = DESK if team_id is None else ours.get(team_id, DESK)
    known = {one.key: one for one in kept.plan.calendars}
    # A calendar that a policy names says itself when it is closed; the desk's own has no holidays.
    closed = () if policy.calendar else kept.closed
    then = tuple(one for one in closed if not one.team_ids or team_id in one.team_ids)
    return to_calendar(known.get(key, kept.desk), then)


@lru_cache(maxsize=256)
def to_calendar(named: NamedCalendar, closed: tuple[Closed, ...] = ()) -> Calendar:
    """Less the rota's holidays. Raises ValueError for days or a zone that cannot be read."""
    whole = {one.day for one in named.holidays}
    return Calendar(
        zone=zone_of(named.time_zone),
        stretches=tuple(
            OpenStretch(
                weekdays=weekdays_of(one.days), opens=_minute(one.opens), closes=_minute(one.closes)
            )
            for one in named.hours
        ),
        holidays=frozenset(whole | {one.day for one in closed if one.minutes is None}),
        closures=tuple((one.day, *one.minutes) for one in closed if one.minutes is not None),
    )


def _minute(clock_time: str) -> int:
    hour, _, minute = clock_time.partition(":")
    return int(hour) * 60 + int(minute)


def check(plan: Plan, now: datetime) -> tuple[Doubt, ...]:
    """What may be other than it was meant. Raises Fault for what cannot be."""
    _check_calendars(plan, now)
    names: set[str] = set()
    for number, policy in enumerate(plan.policies):
        where = f"policies.{number}"
        if policy.name.casefold() in names:
            raise Fault(
                f"{where}.name",
                f"Two policies are called “{policy.name}”.",
                "name_twice",
                policy.name,
            )
        names.add(policy.name.casefold())
        _check_policy(plan, policy, where)
    return _warnings(plan)


def _check_calendars(plan: Plan, now: datetime) -> None:
    keys: set[str] = set()
    for number, one in enumerate(plan.calendars):
        where = f"calendars.{number}"
        if one.key == DESK or one.key in keys:
            raise Fault(f"{where}.key", "Every calendar needs a key of its own.", "key")
        keys.add(one.key)
        for place, stretch in enumerate(one.hours):
            try:
                weekdays_of(stretch.days)
            except ValueError as error:
                raise Fault(f"{where}.hours.{place}.days", str(error), "days", one.name) from error
            if stretch.opens == "24:00":
                raise Fault(
                    f"{where}.hours.{place}.opens", "A day begins at 00:00.", "days", one.name
                )
        try:
            calendar = to_calendar(one)
        except ValueError as error:
            raise Fault(f"{where}.time_zone", str(error), "zone", one.name) from error
        try:
            add_business_time(now, timedelta(minutes=1), calendar)
        except NeverOpen as error:
            raise Fault(
                f"{where}.hours", f"By “{one.name}” nobody is ever there.", "never_open", one.name
            ) from error
    teams: set[int] = set()
    for number, ours in enumerate(plan.team_calendars):
        if ours.calendar not in keys | {DESK}:
            raise Fault(
                f"team_calendars.{number}.calendar", "There is no such calendar.", "no_calendar"
            )
        if ours.team_id in teams:
            raise Fault(
                f"team_calendars.{number}.team_id", "A team has one calendar.", "team_twice"
            )
        teams.add(ours.team_id)


def _check_policy(plan: Plan, policy: Policy, where: str) -> None:
    if policy.first_reply is policy.next_reply is policy.resolution is None:
        raise Fault(
            where, f"“{policy.name}” promises nothing: give it a time.", "empty", policy.name
        )
    if policy.calendar not in (None, DESK, *(one.key for one in plan.calendars)):
        raise Fault(f"{where}.calendar", "There is no such calendar.", "no_calendar", policy.name)
    whole = policy.resolution
    for name in ("first_reply", "next_reply"):
        limit: Limit | None = getattr(policy, name)
        if limit is None or whole is None or limit.clock != whole.clock:
            continue
        if limit.minutes > whole.minutes:
            raise Fault(
                f"{where}.{name}.minutes",
                f"“{policy.name}” contradicts itself: it gives longer for an answer than for"
                " solving the whole case.",
                "longer",
                policy.name,
            )
    after = [one.after_minutes for one in policy.escalations]
    if after != sorted(set(after)):
        raise Fault(
            f"{where}.escalations",
            "Each escalation comes later than the one before it.",
            "order",
            policy.name,
        )
    for number, one in enumerate(policy.escalations):
        if not one.told and not one.agent_ids:
            raise Fault(
                f"{where}.escalations.{number}.told",
                "An escalation tells somebody.",
                "tells_nobody",
                policy.name,
            )


def _warnings(plan: Plan) -> tuple[Doubt, ...]:
    found: list[Doubt] = []
    for number, policy in enumerate(plan.policies):
        earlier = plan.policies[:number]
        before = next((one for one in earlier if _covers(one.fits, policy.fits)), None)
        if before is not None:
            sentence = (
                f"“{policy.name}” never holds: “{before.name}” stands before it and fits every"
                " case that it fits."
            )
            found.append(
                Doubt(code="never_holds", policy=policy.name, other=before.name, sentence=sentence)
            )
        if not policy.pauses_while_waiting and policy.resolution is not None:
            sentence = f"“{policy.name}” goes on counting while the person is waited for."
            found.append(Doubt(code="never_waits", policy=policy.name, sentence=sentence))
    return tuple(found)


def _covers(wide: Fits, narrow: Fits) -> bool:
    """Whether every case that the one fits is fitted by the other."""
    pairs = (
        (wide.priorities, narrow.priorities),
        (
            tuple(one.casefold() for one in wide.tiers),
            tuple(one.casefold() for one in narrow.tiers),
        ),
        (wide.topic_ids, narrow.topic_ids),
        (wide.team_ids, narrow.team_ids),
    )
    return all(
        not wider or (bool(narrower) and set(narrower) <= set(wider)) for wider, narrower in pairs
    )
