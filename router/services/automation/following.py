"""Rules on what happened: the outbox in its order, and so every conversation in its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from core.hours import is_open, zone_of
from router.failpoints import failpoint
from router.services import workspace
from router.services.automation.acting import Occasion, act, candidates
from router.services.automation.actions import Tools
from router.services.automation.book import Book, Rule, in_force
from router.services.automation.judging import runs_on
from router.services.automation.occasions import Seeing
from router.services.automation.subjects import Subject
from router.storage import persons, rule_runs, rule_subjects, rules
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.rule_runs import NewRun
from router.storage.unit_of_work import UnitOfWork

BATCH = 200
"""Facts that one look reads."""
MOST_TRIES = 3
"""Of a fact that fails as a whole; then it is skipped, and listed so."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the outbox came to."""

    read: int
    """Facts that were passed."""
    is_behind: bool
    """There may be more to read."""
    runs: int


class Follower:
    """Asks the rules that are on about each fact, one transaction for each on which one holds."""

    def __init__(self, database: Database, tools: Tools) -> None:
        self._database = database
        self._tools = tools
        self._book = Book()
        self._in_hand: int | None = None
        """The fact that is being asked about or met, until it is committed."""
        self.seeing = Seeing(tools.voice.capabilities_of)

    async def on(self) -> list[Rule]:
        async with self._database.reading() as work:
            return self._book.rules(await rules.list_on(work))

    async def follow(self, found: Sequence[Rule], *, limit: int = BATCH) -> Round:
        """Read on. Raises whatever a fact fails of as a whole, with what came before it done: tell
        `failed`, and call again.
        """
        self._in_hand = None
        asked: Sequence[Rule] = [one for one in found if not one.is_by_time]
        async with self._database.reading() as work:
            position = await rule_runs.position_of(work)
            if asked:
                rows = await rule_subjects.facts_after(work, position, limit=limit)
                until, read = (rows[-1]["position"] if rows else position), len(rows)
                asked = [*found, *await self._former(work, found, rows)]
                open_now = await desk_is_open(work)
            else:
                rows = []
                until, read = await rule_runs.newest_after(work, position, limit=limit)
        runs = 0
        changed: set[int] = set()
        for row in rows:
            self._in_hand = row["position"]
            subject = self.seeing.subject(
                row, now=self._database.clock.now(), desk_is_open=open_now
            )
            if subject is None or not subject.happenings:
                continue
            # What a rule changed since this was read is read again.
            is_stale = subject.person.root_id in changed
            then = in_force(asked, row["outbox_id"])
            if is_stale or candidates(then, subject):
                # All of this occasion: one may hold by what another one before it did.
                of_it = [one.id for one in then if runs_on(one.definition.when, subject)]
                runs += await self._act(row["position"], of_it)
                changed.add(subject.person.root_id)
        self._in_hand = None
        if until > position:
            async with self._database.transaction() as work:
                before = await rule_runs.take_position(work)
                if before < until:
                    await rule_runs.keep_position(work, before, until)
        return Round(read, read >= limit, runs)

    async def _former(
        self, work: UnitOfWork, found: Sequence[Rule], rows: Sequence[Record]
    ) -> list[Rule]:
        """What these rules said before, as far as one of these facts happened then."""
        first = min((row["outbox_id"] for row in rows), default=None)
        late = [one.id for one in found if first is not None and one.runs_after >= first]
        if first is None or not late:
            return []
        return self._book.rules(await rules.list_former(work, late, first))

    async def _act(self, position: int, rule_ids: Sequence[int]) -> int:
        async with self._database.transaction() as work:
            before = await rule_runs.take_position(work)
            if before >= position:
                return 0
            row = await self._lock(work, position)
            runs = 0
            if row is not None:
                fact = row["outbox_id"]
                held = self._book.rules(await rules.hold_on_then(work, rule_ids, fact))
                occasion = await self._occasion(work, position, row)
                if occasion is not None:
                    runs = await act(work, self._tools, held, occasion)
            await failpoint("automation.before_position")
            await rule_runs.keep_position(work, before, position)
            await failpoint("automation.before_commit")
        self._in_hand = None
        await failpoint("automation.after_commit")
        return runs

    async def _lock(self, work: UnitOfWork, position: int) -> Record | None:
        """What it speaks of as it stands under the conversation's lock."""
        row = await rule_subjects.fact_at(work, position)
        if row is None or row["root_id"] is None:
            return None
        root = await persons.lock_root(work, row["root_id"])
        return None if root is None else await rule_subjects.fact_at(work, position)

    async def _occasion(self, work: UnitOfWork, position: int, row: Record) -> Occasion | None:
        is_open_now = await desk_is_open(work)

        async def reload() -> Subject | None:
            again = await rule_subjects.fact_at(work, position)
            if again is None:
                return None
            return self.seeing.subject(again, now=work.now(), desk_is_open=is_open_now)

        subject = self.seeing.subject(row, now=work.now(), desk_is_open=is_open_now)
        if subject is None:
            return None
        return Occasion(
            subject=subject,
            reload=reload,
            key=f"at/{position}",
            position=position,
            depth=row["depth"] or 0,
        )

    async def failed(self, fault: str) -> bool:
        """The fact in hand failed as a whole. After some tries it is skipped, and listed so: True.

        Not to be told of the database's own trouble.
        """
        position, self._in_hand = self._in_hand, None
        if position is None:
            return False
        async with self._database.transaction() as work:
            tries = await rule_runs.note_try(work, position)
        if tries < MOST_TRIES:
            return False
        await self._skip(position, fault)
        log.warning("automation.skipped", position=position, fault=fault)
        return True

    async def _skip(self, position: int, fault: str) -> None:
        async with self._database.transaction() as work:
            before = await rule_runs.take_position(work)
            if before >= position:
                return
            row = await rule_subjects.fact_at(work, position)
            await rule_runs.insert_run(
                work,
                NewRun(
                    rule_id=None,
                    version=None,
                    position=position,
                    person_id=None if row is None else row["root_id"],
                    case_id=None if row is None else row["case_id"],
                    message_id=None if row is None else row["message_id"],
                    outcome="skipped",
                    chain=(),
                    explained={"because": f"It failed {MOST_TRIES} times.", "fault": fault},
                ),
            )
            await rule_runs.keep_position(work, before, position)
            rules.announce(work)


async def desk_is_open(work: UnitOfWork) -> bool:
    """By the hours of the desk as a whole."""
    desk = await workspace.load_hours(work)
    return is_open(desk.hours, zone_of(desk.time_zone), work.now())
