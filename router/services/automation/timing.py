"""Rules by time: what has come due by the clock, once for each case and time."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import structlog

from core.hours import zone_of
from router.failpoints import failpoint
from router.services.automation.acting import WINDOW, Occasion, act
from router.services.automation.actions import Tools
from router.services.automation.book import Book, Rule
from router.services.automation.following import MOST_TRIES, Follower, desk_is_open
from router.services.automation.subjects import Subject
from router.services.automation.terms import Daily, StaysIn
from router.storage import cases as stored_cases
from router.storage import persons, rule_runs, rule_subjects, rule_turns, rules
from router.storage.engine import Database
from router.storage.rule_runs import NewRun
from router.storage.rule_turns import TurnRow
from router.storage.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

BATCH = 100
MOST_A_DAY = 5_000
"""Cases that a daily rule looks at, those that wait longest first."""
MOST_AT_ONCE = 5_000
"""Cases that one look at the clock finds due for a rule; the others are found once it met these."""


def last_ring(daily: Daily, now: datetime) -> datetime:
    """The newest instant of this time of day that has come, in UTC."""
    hour, _, minute = daily.at.partition(":")
    zone = zone_of(daily.zone)
    today = now.astimezone(zone).date()

    def on(day: date) -> datetime:
        return datetime.combine(day, time(int(hour), int(minute)), zone).astimezone(UTC)

    return on(today) if on(today) <= now else on(today - timedelta(days=1))


class Ringer:
    """Makes turns of what is due, and lets rules act on them."""

    def __init__(self, database: Database, tools: Tools, follower: Follower) -> None:
        self._database = database
        self._tools = tools
        self._seeing = follower.seeing
        self._book = Book()
        self._in_hand: TurnRow | None = None

    async def ring(self, found: Sequence[Rule]) -> int:
        """Look at the clock, and let what is due act; how many turns that were."""
        for rule in found:
            if rule.is_by_time:
                await self._add(rule)
        async with self._database.reading() as work:
            due = await rule_turns.next_due(work, limit=BATCH)
        for turn in due:
            self._in_hand = turn
            await self._act(turn)
            self._in_hand = None
        return len(due)

    async def failed(self, fault: str) -> bool:
        """The turn in hand failed as a whole. After some tries it is dropped, and listed so."""
        turn, self._in_hand = self._in_hand, None
        if turn is None:
            return False
        is_over = turn.tries + 1 >= MOST_TRIES
        async with self._database.transaction() as work:
            if not is_over:
                await rule_turns.note_try(work, turn)
                return False
            if await rule_turns.take(work, turn):
                explained = {"because": f"It failed {MOST_TRIES} times.", "fault": fault}
                await rule_runs.insert_run(
                    work,
                    NewRun(
                        rule_id=turn.rule_id,
                        version=None,
                        position=None,
                        person_id=await stored_cases.person_of_case(work, turn.case_id),
                        case_id=turn.case_id,
                        message_id=None,
                        outcome="skipped",
                        chain=(),
                        explained=explained,
                    ),
                )
                rules.announce(work)
        return True

    async def _add(self, rule: Rule) -> None:
        async with self._database.transaction() as work:
            held = await rules.hold_on(work, [rule.id])
            if not held or held[0].version != rule.version:
                return
            if await rule_turns.is_any_left(work, rule.id):
                return
            since = held[0].rang_at or work.now()
            when = rule.definition.when
            if isinstance(when, Daily):
                ring = last_ring(when, work.now())
                if ring > since:
                    await rule_turns.add_open_cases(work, rule.id, ring, limit=MOST_A_DAY)
                    await rule_turns.note_rang(work, rule.id, ring)
            elif isinstance(when, StaysIn):
                stay = timedelta(hours=when.hours)
                due = await rule_turns.add_stays(
                    work, rule.id, state=when.state, stay=stay, since=since, limit=MOST_AT_ONCE
                )
                until = work.now()
                if due.newest is not None and due.count >= MOST_AT_ONCE:
                    until = due.newest  # The next look goes on behind this one.
                await rule_turns.note_rang(work, rule.id, until)

    async def _act(self, turn: TurnRow) -> None:
        async with self._database.transaction() as work:
            person = await stored_cases.person_of_case(work, turn.case_id)
            if person is not None:
                await persons.lock_root(work, person)
            held = self._book.rules(await rules.hold_on(work, [turn.rule_id]))
            if held and await self._is_put_off(work, held[0]):
                return
            if not await rule_turns.take(work, turn):
                return
            if person is not None and held and await self._is_so_still(work, held[0], turn):
                occasion = await self._occasion(work, turn)
                if occasion is not None:
                    await act(work, self._tools, held, occasion)
            await failpoint("automation.before_commit")

    async def _is_put_off(self, work: UnitOfWork, rule: Rule) -> bool:
        """Whether it ran as often as it may within an hour: the clock finds all of its cases at
        once, so it is not stopped for that. It goes on with the others once the hour is over.
        """
        _, in_all = await rule_runs.count_within(work, rule.id, None, WINDOW)
        if in_all < rule.definition.most_in_all:
            return False
        until = work.now() + WINDOW
        cases = await rule_turns.put_off(work, rule.id, until)
        if cases == 0:
            return True  # It was, with one of these turns before this one.
        explained = {
            "because": f"It ran {in_all} times within an hour. {cases} more follow after that.",
            "until": until.isoformat(),
        }
        await rule_runs.insert_run(
            work,
            NewRun(
                rule_id=rule.id,
                version=rule.version,
                position=None,
                person_id=None,
                case_id=None,
                message_id=None,
                outcome="skipped",
                chain=(),
                explained=explained,
            ),
        )
        rules.announce(work)
        log.info("rule.put_off", rule=rule.id, cases=cases)
        return True

    async def _is_so_still(self, work: UnitOfWork, rule: Rule, turn: TurnRow) -> bool:
        when = rule.definition.when
        if not isinstance(when, StaysIn):
            return True
        stay = timedelta(hours=when.hours)
        return bool(
            await rule_subjects.in_state_since(work, [turn.case_id], when.state, before=stay)
        )

    async def _occasion(self, work: UnitOfWork, turn: TurnRow) -> Occasion | None:
        is_open_now = await desk_is_open(work)

        async def load() -> Subject | None:
            rows = await rule_subjects.cases(work, [turn.case_id])
            if not rows:
                return None
            return self._seeing.subject(rows[0], now=work.now(), desk_is_open=is_open_now)

        subject = await load()
        if subject is None:
            return None
        key = f"due/{turn.case_id}/{turn.due_at.timestamp():.0f}"
        return Occasion(subject=subject, reload=load, key=key)
