"""A packet for whoever comes next: made at the end of a shift, and whenever somebody asks for one.

It keeps ids and states. Words are read where they stand, so a packet shows nothing that its reader
may not see, and nothing that was erased.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog

from core.messages import scrub
from core.rota import Duty, duties_between
from router.services.errors import NotFound
from router.services.shifts import reading
from router.services.shifts.handover_shapes import (
    MOST_CASES,
    Kept,
    KeptCase,
    KeptCount,
    KeptDue,
    KeptIncident,
)
from router.services.shifts.reading import InForce
from router.services.viewer import Viewer
from router.storage import handovers as stored
from router.storage import incidents
from router.storage import shifts as stored_shifts
from router.storage.deadlines import active_of
from router.storage.engine import Collision, Database, StatementRefused
from router.storage.unit_of_work import UnitOfWork

LOOKED_BACK = timedelta(hours=6)
"""A process that was down for longer makes no packets of what ended meanwhile."""
LOOKED_AHEAD = timedelta(days=14)
USUAL_SHIFT = timedelta(hours=12)
"""How far a packet looks where nobody is known to come."""
_MOMENT = timedelta(microseconds=1)
_looked: dict[object, datetime] = {}
"""By the rota's mark, up to which minute the ends of its shifts were looked at here."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Somebody's shift is over, and they don't go on."""

    team_id: int
    ends_at: datetime
    leaving: frozenset[int]


async def make_due(database: Database, now: InForce) -> int:
    """Every team whose shift has just ended has a packet; how many are new. Any number of callers
    at once make one each. An end of which none can be made keeps no other from its own.
    """
    at = database.clock.now().replace(second=0, microsecond=0)
    since = _looked.get(now.mark, at - LOOKED_BACK)
    if since >= at:
        return 0
    made = 0
    for end in _ends(now, since, at):
        try:
            async with database.transaction() as work:
                if await _make(work, now, end, agent_id=None) is not None:
                    made += 1
        except Collision:
            raise
        except StatementRefused as error:
            log.warning("handover.failed", team=end.team_id, fault=type(error).__name__)
    _looked.clear()
    _looked[now.mark] = at
    return made


async def make(database: Database, viewer: Viewer, team_id: int, note: str) -> int:
    """One for what the viewer leaves to their team now. Raises NotFound."""
    async with database.transaction() as work:
        if team_id not in (await stored_shifts.names(work))[1]:
            raise NotFound(f"There is no team {team_id}.")
        now = await reading.load(work)
        end = _End(team_id=team_id, ends_at=work.now(), leaving=frozenset({viewer.agent_id}))
        made = await _make(work, now, end, agent_id=viewer.agent_id)
        if made is None:
            raise NotFound(f"There is no team {team_id}.")
        if said := scrub(note).strip():
            await stored.put_note(work, made, viewer.agent_id, said)
        return made


def _ends(now: InForce, since: datetime, until: datetime) -> list[_End]:
    """In order of time. What ended before the rota was made, nobody had promised."""
    since = max(since, now.made_at or since)
    duties = duties_between(now.rota, since - _MOMENT, until + _MOMENT)
    ended: dict[tuple[datetime, int], set[int]] = {}
    for one in duties:
        if since < one.ends <= until:
            ended.setdefault((one.ends, one.team_id), set()).update(one.agent_ids)
    found = []
    for (ends_at, team_id), agents in sorted(ended.items()):
        leaving = agents - _agents(one for one in duties if one.starts <= ends_at < one.ends)
        if leaving:
            found.append(_End(team_id=team_id, ends_at=ends_at, leaving=frozenset(leaving)))
    return found


async def _make(work: UnitOfWork, now: InForce, end: _End, *, agent_id: int | None) -> int | None:
    ahead = duties_between(now.rota, end.ends_at, end.ends_at + LOOKED_AHEAD)
    coming = frozenset(await active_of(work, _agents(ahead))) - end.leaving
    following, until = _next(ahead, end, coming)
    if not now.plan.shifts:
        following = frozenset(await stored.team_members(work, end.team_id)) - end.leaving
    cases = await stored.open_cases(work, end.team_id, end.leaving, MOST_CASES)
    listed = [row["id"] for row in cases]
    kept = Kept(
        cases=tuple(msgspec.convert(dict(row), KeptCase) for row in cases),
        owed=tuple(
            msgspec.convert(dict(row), KeptDue) for row in await stored.owed_in(work, listed, until)
        ),
        counts=tuple(
            msgspec.convert(dict(row), KeptCount)
            for row in await stored.count_open(work, end.team_id, end.leaving)
        ),
        approval_ids=tuple(await stored.waiting_approvals(work, end.team_id, end.leaving)),
        incidents=tuple(
            msgspec.convert(dict(row), KeptIncident) for row in await incidents.count_by_class(work)
        ),
    )
    made = await stored.insert(
        work,
        team_id=end.team_id,
        agent_id=agent_id,
        ends_at=end.ends_at,
        next_until=until,
        leaving_ids=end.leaving,
        next_ids=following,
        kept=msgspec.json.encode(kept),
    )
    if made is not None:
        log.info("handover.made", handover=made, team=end.team_id, cases=len(cases))
    return made


def _next(
    ahead: Collection[Duty], end: _End, coming: frozenset[int]
) -> tuple[frozenset[int], datetime]:
    """Which of those who come take over, and until when: of the team, at once; else anybody on
    duty then; else the first of the team who comes.
    """
    there = [one for one in ahead if one.starts <= end.ends_at]
    ours = [one for one in there if one.team_id == end.team_id]
    later = [
        one
        for one in ahead
        if one.team_id == end.team_id and one.starts > end.ends_at and one.agent_ids & coming
    ]
    for choice in (ours, there, [one for one in later if one.starts == later[0].starts]):
        following = _agents(choice) & coming
        if following:
            return following, max(one.ends for one in choice if one.agent_ids & following)
    return frozenset(), end.ends_at + USUAL_SHIFT


def _agents(duties: Iterable[Duty]) -> frozenset[int]:
    return frozenset(agent for one in duties for agent in one.agent_ids)
