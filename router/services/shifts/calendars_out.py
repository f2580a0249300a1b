"""Calendar feeds: the duties of an agent or a team as iCalendar (RFC 5545), at secret addresses.

A feed says when a shift is and what it is called. It names nobody: whoever finds an address learns
neither who writes to the desk nor who works there.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from core.ids import hash_token, new_token
from core.rota import Duty, duties_between
from router.services import audit
from router.services.errors import Forbidden, NotFound, Refused
from router.services.shifts import exchange_reading, reading
from router.services.shifts.reading import InForce
from router.services.shifts.shapes import CalendarFeed, CalendarFeeds, MadeFeed, OpenDuty
from router.services.viewer import Viewer
from router.storage import shift_exchanges, teams
from router.storage import shifts as stored
from router.storage.engine import Database
from router.storage.shift_exchanges import ExchangeRow
from router.storage.shifts import FeedRow
from router.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from icalendar import Event

BEFORE = timedelta(days=14)
AHEAD = timedelta(days=92)
MOST_FEEDS = 10
"""Of one agent, and of one team."""
NOTED_EVERY = timedelta(hours=1)
"""How often it is noted that a feed is read."""


async def list_feeds(database: Database, viewer: Viewer, *, sees_all: bool) -> CalendarFeeds:
    """One's own, and those of one's teams; with the permission those of all."""
    async with database.reading() as work:
        ours = await _teams_of(work, viewer)
        return CalendarFeeds(
            feeds=tuple(
                _shown(one)
                for one in await stored.feeds(work)
                if sees_all or one.agent_id == viewer.agent_id or one.team_id in ours
            )
        )


async def make_feed(
    database: Database, viewer: Viewer, team_id: int | None, *, may_all: bool
) -> MadeFeed:
    """Its address is told this once. Raises Refused, Forbidden: not one's team."""
    token = new_token()
    async with database.transaction() as work:
        await stored.lock(work)
        if team_id is not None:
            await _check_team(work, viewer, team_id, may_all=may_all)
        agent_id = viewer.agent_id if team_id is None else None
        same = [
            one
            for one in await stored.feeds(work)
            if (one.agent_id, one.team_id) == (agent_id, team_id)
        ]
        if len(same) >= MOST_FEEDS:
            raise Refused(f"There are {MOST_FEEDS} already: revoke one.", code="too_many")
        row = await stored.insert_feed(
            work,
            agent_id=agent_id,
            team_id=team_id,
            token_hash=hash_token(token),
            by_id=viewer.agent_id,
        )
        facts = {"agent_id": agent_id, "team_id": team_id}
        actor = f"agents/{viewer.agent_id}"
        await audit.record(work, actor, "calendar.made", f"calendars/{row.id}", facts)
    return MadeFeed(feed=_shown(row), path=f"/calendars/{token}.ics")


async def revoke_feed(database: Database, viewer: Viewer, feed_id: int, *, may_all: bool) -> None:
    """Its address answers no more. Raises NotFound."""
    async with database.transaction() as work:
        ours = await _teams_of(work, viewer)
        found = next((one for one in await stored.feeds(work) if one.id == feed_id), None)
        if found is None or not (
            may_all or found.agent_id == viewer.agent_id or found.team_id in ours
        ):
            raise NotFound("There is no such calendar.")
        await stored.drop_feed(work, feed_id)
        actor = f"agents/{viewer.agent_id}"
        await audit.record(work, actor, "calendar.revoked", f"calendars/{feed_id}", {})


async def read_feed(database: Database, token: str) -> tuple[bytes, str]:
    """The calendar, and its ETag. Raises NotFound: no such address, or it was revoked."""
    async with database.reading() as work:
        feed = await stored.find_feed(work, hash_token(token))
        if feed is None:
            raise NotFound("There is no such calendar.")
        now = await reading.load(work)
        _, names = await stored.names(work)
        since = work.now() - BEFORE - timedelta(days=1)
        done = await shift_exchanges.done(work, since.date())
        left = await exchange_reading.list_open(work, now, since, work.now() + AHEAD)
        exchanges = _Exchanges(done=tuple(done), left=tuple(left))
        made = to_ical(now, feed, names, exchanges, work.now())
        is_stale = feed.read_at is None or work.now() - feed.read_at >= NOTED_EVERY
    if is_stale:
        async with database.transaction() as work:
            await stored.note_read(work, feed.id)
    return made, f'"{hashlib.sha256(made).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchanges:
    done: tuple[ExchangeRow, ...] = ()
    left: tuple[OpenDuty, ...] = ()

    def word_for(self, duty: Duty, agent_id: int | None) -> str | None:
        """How it came to this agent, or to anybody."""
        for one in reversed(self.done):
            came = (one.shift_key, one.day) == (duty.key, duty.day) and one.taken_by
            back = (one.other_shift, one.other_day) == (duty.key, duty.day) and one.agent_id
            for whose in (came, back):
                if whose and whose in duty.agent_ids and agent_id in (None, whose):
                    return "COVER" if one.kind == "open" else "SWAP"
        return None


def to_ical(
    now: InForce,
    feed: FeedRow,
    teams_by_id: dict[int, str],
    exchanges: _Exchanges,
    at: datetime,
) -> bytes:
    """From whole days around, so that it changes with the rota or at midnight, and not between.

    Duties, with COVER or SWAP as their category where they came by one; what an absent agent left
    open, in the feed of its team, as TENTATIVE; and holidays, which keep nobody busy.
    """
    from icalendar import Calendar, vDuration

    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    calendar = Calendar()
    calendar.add("prodid", "-//onethread//shifts//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", teams_by_id.get(feed.team_id or 0, "onethread"))
    calendar.add(
        "refresh-interval", vDuration(timedelta(hours=1)), parameters={"VALUE": "DURATION"}
    )
    names = {one.key: one.name for one in now.plan.shifts}
    start, end = midnight - BEFORE, midnight + AHEAD
    seen: dict[tuple[str, date], int] = {}
    ours = {feed.team_id}
    for duty in duties_between(now.rota, start, end):
        if duty.team_id == feed.team_id or feed.agent_id in duty.agent_ids:
            ours.add(duty.team_id)
            piece = seen[duty.key, duty.day] = seen.get((duty.key, duty.day), 0) + 1
            uid = f"{duty.key}-{duty.day.isoformat()}-{feed.id}" + (f"-{piece}" * (piece > 1))
            event = _to_event(uid, duty.starts, duty.ends, now)
            event.add("summary", _summary(duty, names[duty.key], feed, teams_by_id))
            if word := exchanges.word_for(duty, feed.agent_id):
                event.add("categories", [word])
            calendar.add_component(event)
    for left in exchanges.left:
        if left.team_id == feed.team_id and start < left.ends and left.starts < end:
            uid = f"open-{left.exchange_id}-{feed.id}"
            event = _to_event(uid, left.starts, left.ends, now)
            event.add("summary", f"{left.name} (?)")
            event.add("status", "TENTATIVE")
            event.add("categories", ["OPEN"])
            calendar.add_component(event)
    for event in _holidays(now, feed, frozenset(ours), start.date(), end.date()):
        calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _to_event(
    uid: str, starts: "datetime | date", ends: "datetime | date", now: InForce
) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{uid}@onethread")
    event.add("dtstamp", now.made_at or datetime.fromtimestamp(0, UTC))
    event.add("dtstart", starts)
    event.add("dtend", ends)
    return event


def _summary(duty: Duty, name: str, feed: FeedRow, teams_by_id: dict[int, str]) -> str:
    if feed.team_id is None:
        return f"{name} ({teams_by_id.get(duty.team_id, '')})"
    return f"{name} ({len(duty.agent_ids)})"


def _holidays(
    now: InForce, feed: FeedRow, ours: frozenset[int | None], since: date, until: date
) -> "Iterator[Event]":
    """Those of these teams and of all. Hours have no zone: they are by the clock of each shift."""
    for one in now.holidays:
        if not since <= one.day <= until or (one.team_ids and not ours & set(one.team_ids)):
            continue
        hours = reading.hours_of(one)
        starts: datetime | date = one.day
        ends: datetime | date = one.day + timedelta(days=1)
        if hours is not None:
            midnight = datetime.combine(one.day, time())  # floating, by RFC 5545
            starts, ends = (midnight + timedelta(minutes=minute) for minute in hours)
        told = hashlib.sha256(repr(one).encode()).hexdigest()[:12]
        event = _to_event(f"holiday-{told}-{feed.id}", starts, ends, now)
        event.add("summary", one.name or "Holiday")
        event.add("categories", ["HOLIDAY"])
        event.add("transp", "TRANSPARENT")
        yield event


async def _teams_of(work: UnitOfWork, viewer: Viewer) -> frozenset[int]:
    return frozenset(
        team.id for team in await teams.list_all(work) if viewer.agent_id in team.member_ids
    )


async def _check_team(work: UnitOfWork, viewer: Viewer, team_id: int, *, may_all: bool) -> None:
    if await teams.find(work, team_id) is None:
        raise Refused(f"There is no team {team_id}.", code="unknown", field="team_id")
    if not may_all and team_id not in await _teams_of(work, viewer):
        raise Forbidden("You are not in this team.")


def _shown(row: FeedRow) -> CalendarFeed:
    return CalendarFeed(
        id=row.id,
        agent_id=row.agent_id,
        team_id=row.team_id,
        made_at=row.made_at,
        read_at=row.read_at,
    )
