"""The rota, its duties, calendars and feeds as they are written and read over the API.

Nothing but their shapes: whatever declares routes imports these at start, and what works on them
with the first call.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from core.ids import RowId

MOST_SHIFTS = 300
MOST_DAYS = 400
MOST_TEXT = 512 * 1024
"""Characters of a calendar that is read."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
ShiftKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}$")]
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$")]
ZoneName = Annotated[str, msgspec.Meta(max_length=60)]
Weekdays = Annotated[str, msgspec.Meta(max_length=60)]
"""mon, mon-fri, or sat,sun."""
Teams = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=100)]
Agents = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=100)]
Days = Annotated[tuple[date, ...], msgspec.Meta(max_length=MOST_DAYS)]


class PlannedShift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: ShiftKey
    """Chosen by whoever makes it: single changes name it."""
    name: Name
    team_id: RowId
    agent_ids: Agents
    time_zone: ZoneName
    starts: ClockTime
    ends: ClockTime
    """At or before `starts`: on the next day."""
    first_day: date
    last_day: date | None = None
    weekdays: Weekdays = ""
    """Empty: on single days alone."""
    every_weeks: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1
    """Counted from the week of `first_day`."""
    days: Days = ()
    """Single days beside those that recur."""
    without: Days = ()
    """Days on which it does not take place."""
    works_holidays: bool = False


class CoverRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When how many must be on duty."""

    name: Name
    team_ids: Teams = ()
    """Of any of these, so that they follow the sun; empty: of all."""
    time_zone: ZoneName = "UTC"
    weekdays: Weekdays = "mon-sun"
    opens: ClockTime = "00:00"
    closes: ClockTime = "00:00"
    """At or before `opens`: on the next day."""
    at_least: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class CountryHolidays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$")]
    """ISO 3166-1, as DE."""
    region: Annotated[str, msgspec.Meta(max_length=10)] = ""
    """ISO 3166-2 without the country, as BE; empty: what the whole country has."""
    team_ids: Teams = ()
    """Empty: all."""


class OwnHoliday(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    day: date
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    team_ids: Teams = ()
    """Empty: all."""
    starts: ClockTime | None = None
    """With `ends`: these hours alone, by the clock of each shift. Null: the whole day."""
    ends: ClockTime | None = None
    """00:00 is the day's end."""


SwapPolicy = Literal["off", "approved", "agreed"]
"""Whether agents give away and swap duties among themselves: not at all; once a supervisor says yes
to it; or as soon as both agree."""
HandoverPolicy = Literal["stays", "when_answered", "handed_over"]
"""What becomes of an open case when its owner's shift is over: it stays theirs; what stood open
then stays until they have answered, and what is asked later goes to who is on duty; or it goes back
to the queue at once."""


class TeamHandover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team_id: RowId
    policy: HandoverPolicy


class RotaPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it, but for single changes."""

    shifts: Annotated[tuple[PlannedShift, ...], msgspec.Meta(max_length=MOST_SHIFTS)] = ()
    covers: Annotated[tuple[CoverRule, ...], msgspec.Meta(max_length=50)] = ()
    """None: the desk's opening hours, or else round the clock."""
    countries: Annotated[tuple[CountryHolidays, ...], msgspec.Meta(max_length=50)] = ()
    holidays: Annotated[tuple[OwnHoliday, ...], msgspec.Meta(max_length=MOST_DAYS)] = ()
    rest_hours: Annotated[int, msgspec.Meta(ge=0, le=48)] = 11
    """What an agent has between two duties at least."""
    handover: HandoverPolicy = "stays"
    """Of cases without a team, and of teams that have no other."""
    team_handovers: Annotated[tuple[TeamHandover, ...], msgspec.Meta(max_length=200)] = ()
    swaps: SwapPolicy = "approved"


class FoundHole(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which too few are on duty."""

    cover: str
    """Its name; empty: the desk's own hours."""
    starts: datetime
    ends: datetime
    on_duty: int
    wanted: int


class FoundClash(msgspec.Struct, frozen=True, kw_only=True):
    """Two duties of one agent: at once, or with too little rest between them."""

    kind: Literal["twice", "short_rest"]
    agent_id: int
    earlier: str
    """The name of the shift."""
    later: str
    earlier_ends: datetime
    later_starts: datetime


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a rota, from now on."""

    until: datetime
    """How far ahead it was looked."""
    holes: tuple[FoundHole, ...]
    clashes: tuple[FoundClash, ...]
    more: int
    """Holes and clashes beyond those that are listed."""

    @property
    def is_clean(self) -> bool:
        return not self.holes and not self.clashes


class RotaInForce(msgspec.Struct, frozen=True, kw_only=True):
    rota: RotaPlan
    revision: int
    """Give it back as `expect_revision`. 0: there never was one."""
    made_at: datetime | None
    findings: Findings


class ChangedDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shift on one day is other than the rota has it. Null: as there; times that were changed
    before stay if both are null."""

    is_cancelled: bool = False
    starts: ClockTime | None = None
    ends: ClockTime | None = None
    agent_ids: Agents | None = None
    accept: bool = False
    """Keep it even if it leaves holes or clashes that there are not without it."""


class OneSide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's duty."""

    shift: ShiftKey
    day: date
    agent_id: RowId


class Swap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each of them works when the other one would have."""

    one: OneSide
    other: OneSide
    accept: bool = False


class ShownDuty(msgspec.Struct, frozen=True, kw_only=True):
    shift: str
    name: str
    day: date
    """On which it begins, in its zone."""
    team_id: int
    agent_ids: tuple[int, ...]
    time_zone: str
    starts: datetime
    ends: datetime
    is_changed: bool


class ShownHoliday(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    name: str
    team_ids: tuple[int, ...]
    """Empty: all."""
    starts: str | None = None
    """With `ends`: these hours alone, by the clock of each shift."""
    ends: str | None = None


class OneDay(msgspec.Struct, frozen=True, kw_only=True):
    shift: str
    day: date


class OpenDuty(msgspec.Struct, frozen=True, kw_only=True):
    """A duty that an absent agent left and nobody has taken yet."""

    exchange_id: int
    shift: str
    name: str
    day: date
    team_id: int
    agent_id: int
    """Who is absent."""
    starts: datetime
    ends: datetime


class Duties(msgspec.Struct, frozen=True, kw_only=True):
    duties: tuple[ShownDuty, ...]
    cancelled: tuple[OneDay, ...]
    """Changes by which a shift does not take place."""
    holidays: tuple[ShownHoliday, ...]
    holes: tuple[FoundHole, ...]
    open: tuple[OpenDuty, ...] = ()


class OnDuty(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    duties: tuple[ShownDuty, ...]


class NewCalendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar as its file has it, to make shifts or holidays of."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_TEXT)]
    kind: Literal["shifts", "holidays"]
    time_zone: ZoneName = "UTC"
    """Of shifts, and of events that name none."""
    team_id: RowId | None = None
    """Of shifts: whose they are. Of holidays: who has them; null: all."""
    agent_ids: Agents = ()


class ReadCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """What there is in it, to be looked at and saved with the rota."""

    shifts: tuple[PlannedShift, ...] = ()
    holidays: tuple[OwnHoliday, ...] = ()
    passed_over: int = 0
    """Events that say nothing of this: cancelled, past, without a time or longer than a day."""


class NewFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team_id: RowId | None = None
    """Null: one's own."""


class CalendarFeed(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    agent_id: int | None
    team_id: int | None
    made_at: datetime
    read_at: datetime | None


class CalendarFeeds(msgspec.Struct, frozen=True, kw_only=True):
    feeds: tuple[CalendarFeed, ...]


class MadeFeed(msgspec.Struct, frozen=True, kw_only=True):
    feed: CalendarFeed
    path: str
    """The address under that of the desk. It is told this once."""
