"""Every figure that is kept of a desk's work is what its record says, played from the beginning."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability, rounds, shown
from router.services.assignment import settings as queue
from router.services.assignment.entering import enter
from router.services.assignment.settings import QueueSettings
from router.services.case_times import history_of
from router.services.cases import CaseChange
from router.services.deadlines import firing, following, planning
from router.services.deadlines.shapes import Plan
from router.services.errors import Conflict
from router.services.viewer import Viewer
from router.storage.engine import Database
from router.storage.outbox_numbering import claim, number
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk
from tests.services.test_deadlines import ALWAYS, plan

STEPS = 45
STATES = {
    "case_opened": "open",
    "case_reopened": "open",
    "case_waiting": "waiting",
    "case_snoozed": "snoozed",
    "case_solved": "solved",
}
PLACE = """
    select w.case_id, q.team_id, q.access_class, q.needs, w.rank, w.waiting_since, w.priority,
        w.tier, w.weight, w.is_live, w.last_owner_id
    from waiting_cases w join queue_lines q on q.id = w.line_id order by w.case_id
"""
DEADLINES = """
    select case_id, target, ref, policy, started_at, due_at, remaining_seconds, ended_at, ending,
        breached_at
    from deadlines order by case_id, target, ref
"""


class Played:
    """A case as its messages and lines say, one after the other, and nothing else."""

    def __init__(self) -> None:
        self.state, self.owner = "open", None
        self.first_reply_at: datetime | None = None
        self.solved_at: datetime | None = None
        self.newest = 0
        self.reopened = 0
        self.lasted: dict[str, timedelta] = {}
        self._since: datetime | None = None

    def hear(self, row: Mapping[str, Any]) -> None:
        at, direction, text = row["received_at"], row["direction"], row["text"]
        self._since = self._since or at
        if direction != "event":
            self.newest = row["id"]
        if direction == "in":
            self._become("open", at)
        elif direction == "out":
            self.first_reply_at = self.first_reply_at or at
            if self.state in ("open", "snoozed"):
                self._become("waiting", at)
        elif text in STATES:
            self._become(STATES[text], at)
        elif text == "case_assigned":
            self.owner = row["context"]["owner_id"]
        elif text in ("case_returned", "case_shift_over"):
            self.owner = None

    def end(self, until: datetime) -> None:
        self._become(self.state, until)

    def _become(self, state: str, at: datetime) -> None:
        if self._since is not None:
            self.lasted[self.state] = self.lasted.get(self.state, timedelta()) + at - self._since
        self.reopened += self.state == "solved" and state != "solved"
        if state != self.state:
            self.solved_at = at if state == "solved" else None
        self.state, self._since = state, at


class Day:
    """Three who write, three who answer, and a queue that gives out what waits."""

    def __init__(self, desk: AnsweringDesk, clock: FakeClock, seed: int) -> None:
        self.desk, self.database, self.clock = desk, desk.database, clock
        self.chance = random.Random(seed)
        self.agents: list[Viewer] = []

    async def begin(self) -> None:
        await queue.change(
            self.database,
            actor="cli",
            wanted=QueueSettings(mode="automatic", default_capacity=2, return_slow_minutes=5),
        )
        limits = {"first_reply": ALWAYS, "next_reply": ALWAYS, "resolution": {"minutes": 900}}
        wanted: Plan = plan({"name": "All", **limits})
        boss = Viewer(self.desk.author.agent_id)
        await planning.change(self.database, boss, wanted, expect_revision=0)
        self.agents = [boss, *[Viewer(await make_agent(self.database, name)) for name in "BC"]]

    async def step(self) -> None:
        self.clock.advance(timedelta(seconds=self.chance.randint(20, 900)))
        try:
            await self._act()
        except Conflict as refused:
            assert refused.code in ("no_room", "moved_on", "too_late")  # noqa: PT017
        await self.follow()

    async def _act(self) -> None:
        agent, who = self.chance.choice(self.agents), self.chance.choice(("ana", "ben", "eve"))
        found = [row["id"] for row in await self.desk.rows("select id from cases")]
        match self.chance.randrange(8) if found else 0:
            case 0 | 1:
                await self.desk.hear(who)
            case 2:
                rows = await self.desk.rows("select root_id from persons limit 1")
                await self.desk.answer(rows[0]["root_id"])
            case 3:
                state = self.chance.choice(("online", "online", "away"))
                await availability.set_own(self.database, agent.agent_id, state)  # type: ignore[arg-type]  # one of them
            case 4:
                owner = self.chance.choice((None, agent.agent_id))
                await self._change(agent, found, owner_id=owner)
            case 5:
                await self._change(agent, found, priority=self.chance.randint(1, 4))
            case _:
                state = self.chance.choice(("open", "waiting", "solved", "solved", "snoozed"))
                await self._change(agent, found, state=state)

    async def _change(self, agent: Viewer, found: list[int], **values: Any) -> None:
        change = CaseChange(**values)
        await cases.change_case(self.database, agent, self.chance.choice(found), change)

    async def follow(self) -> None:
        async with self.database.transaction() as work:
            await claim(work, 1)
            await number(work, 1, limit=10_000)
        while await rounds.follow(self.database):
            pass
        await rounds.serve(self.database)
        while await following.follow(self.database):
            pass
        for one in await firing.due(self.database):
            await firing.fire(self.database, *one)

    async def played(self) -> dict[int, Played]:
        found: dict[int, Played] = {}
        for row in await self.desk.rows("select * from messages order by id"):
            found.setdefault(row["case_id"], Played()).hear(row)
        for one in found.values():
            one.end(self.clock.now())
        return found


@pytest.fixture
async def day(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path, clock: FakeClock
) -> Day:
    made = Day(await open_desk(database, tmp_path), clock, request.param)
    await made.begin()
    for _ in range(STEPS):
        await made.step()
    return made


@pytest.mark.parametrize("day", [1, 2], indirect=True)
async def test_figures_of_a_day_are_those_that_its_record_gives(day: Day) -> None:
    """State, owner, first answer, end, newest message, times, load and open cases."""
    desk, played = day.desk, await day.played()
    kept = {row["id"]: row for row in await desk.rows("select * from cases")}
    times = {one: await history_of(day.database, day.agents[0], one) for one in kept}

    assert len(kept) >= 3
    assert played.keys() == kept.keys()
    for case, one in played.items():
        row, seconds = kept[case], times[case].seconds_in
        told = (one.state, one.owner, one.first_reply_at, one.solved_at, one.newest)
        columns = ("state", "owner_id", "first_reply_at", "solved_at", "last_message_id")
        assert told == tuple(row[name] for name in columns), case
        for state in STATES.values():
            lasted = int(one.lasted.get(state, timedelta()).total_seconds())
            assert getattr(seconds, state) == lasted, (case, state)
        assert times[case].reopened_count == one.reopened
    history = await desk.rows(
        "select distinct on (h.case_id) h.case_id as id, state, owner_id, team_id, priority,"
        " topic_id from case_history h order by h.case_id, h.id desc"
    )
    for row in history:
        assert row == {name: kept[row["id"]][name] for name in row}
    for agent in day.agents:
        load = sum(
            row["weight"]
            for case, row in kept.items()
            if (played[case].state, played[case].owner) == ("open", agent.agent_id)
        )
        assert (await shown.load_own(day.database, agent.agent_id)).desk.load == load
    for person in await desk.rows("select root_id, open_cases from persons"):
        unsolved = sum(
            played[case].state != "solved"
            for case, row in kept.items()
            if row["person_id"] == person["root_id"]
        )
        assert person["open_cases"] == unsolved


@pytest.mark.parametrize("day", [3], indirect=True)
async def test_queue_and_deadlines_that_are_made_anew_are_those_that_were_kept(day: Day) -> None:
    """What follows is thrown away, an hour passes, and it is derived from the record alone."""
    desk, find = day.desk, "select id from cases order by id"
    await availability.set_own(day.database, day.agents[0].agent_id, "away")
    for agent in day.agents[1:]:
        await availability.set_own(day.database, agent.agent_id, "away")
    for person in range(3):
        await desk.hear(f"late{person}")
    person = await desk.hear("late0")
    answered = (await desk.answer(person)).message_id
    [again] = await desk.rows("select case_id as id from messages where id = $1", answered)
    await day.follow()
    # Nobody wrote into it since: it waits since an agent said so.
    reopened = CaseChange(state="open", owner_id=None)
    await cases.change_case(day.database, day.agents[0], again["id"], reopened)
    day.clock.advance(timedelta(minutes=3))
    await day.follow()
    place, owed = await desk.rows(PLACE), await desk.rows(DEADLINES)
    assert len(place) >= 3
    assert len(owed) >= 4

    await desk.value("delete from waiting_cases")
    await desk.value("delete from deadlines")
    day.clock.advance(timedelta(hours=1))
    async with day.database.transaction() as work:
        await enter(work, [row["id"] for row in await desk.rows(find)])
    await following.rebuild(day.database)

    assert await desk.rows(PLACE) == place
    assert await desk.rows(DEADLINES) == owed
