"""Agents exchange duties: who may take one, who is quicker, who says yes; absences; and what never
happens, whatever they do.
"""

import asyncio
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from core.rota import duties_between, find_clashes
from router.services.errors import Conflict, Forbidden, Refused, ServiceError
from router.services.shifts import exchange_reading, exchanging, planning, reading
from router.services.shifts.exchange_shapes import (
    Absence,
    ExchangeAnswer,
    ExchangeDecision,
    NewExchange,
    ShownExchange,
)
from router.services.shifts.shapes import ChangedDuty
from router.services.viewer import Viewer
from router.storage import shift_exchanges as stored
from router.storage import shifts
from tests.services.test_shifts import Roster
from tests.stage import Stage
from tests.waiting import until_blocked

DAY = date(2026, 6, 3)
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
ACCEPT, DECLINE = ExchangeAnswer(answer="accept"), ExchangeAnswer(answer="decline")
WITHDRAW = ExchangeAnswer(answer="withdraw")


class Crew(Roster):
    """Ana works by day, Bo by night; Cy and Di are of the team."""

    async def begin(self) -> "Crew":
        await super().begin()
        self.cy, self.di = await self.stage.agent("Cy"), await self.stage.agent("Di")
        for one in (self.ana, self.bo, self.cy, self.di):
            await self.stage.run(
                "insert into memberships (team_id, agent_id) values ($1, $2)",
                self.team,
                one.agent_id,
            )
        return self

    async def give(self, who: Viewer, **more: Any) -> int:
        wanted = NewExchange(**{"shift": "day", "day": DAY, **more})
        return await exchanging.propose(self.database, who, wanted)

    async def answer(self, who: Viewer, exchange: int, said: ExchangeAnswer = ACCEPT) -> None:
        await exchanging.answer(self.database, who, exchange, said)

    async def decide(self, exchange: int, approve: bool, who: Viewer | None = None) -> None:
        wanted = ExchangeDecision(approve=approve)
        await exchanging.decide(self.database, who or self.boss, exchange, wanted)

    async def absent(self, who: Viewer, **more: Any) -> None:
        wanted = Absence(**{"shift": "day", "day": DAY, "agent_id": who.agent_id, **more})
        await exchanging.note_absence(self.database, self.boss, wanted)

    async def seen_by(self, who: Viewer) -> list[ShownExchange]:
        found = await exchange_reading.list_exchanges(
            self.database, who, may_decide=who is self.boss, may_work=True
        )
        return list(found.exchanges)

    async def told(self) -> set[str]:
        names = {one.agent_id: name for name, one in vars(self).items() if isinstance(one, Viewer)}
        found: set[str] = set()
        async with self.database.reading() as work:
            for agent, name in names.items():
                if await stored.waiting_for(work, agent, may_decide=name == "boss"):
                    found.add(name)
        return found

    async def actions(self) -> list[str]:
        async with self.database.reading() as work:
            rows = await work.driver.fetch(
                "select action from audit_log where subject like 'exchanges/%' order by id"
            )
        return [row["action"] for row in rows]


@pytest.fixture
async def crew(stage: Stage, clock: FakeClock) -> Crew:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    crew = await Crew(stage).begin()
    await crew.plan(crew.whole(swaps="agreed", rest_hours=8))
    return crew


async def test_duty_given_to_anybody_goes_to_one_of_two_who_take_it_at_once_and_the_other_is_told(
    crew: Crew,
) -> None:
    given = await crew.give(crew.ana)
    told = await crew.told()

    both = (crew.answer(crew.cy, given), crew.answer(crew.di, given))
    async with crew.database.transaction() as work:
        await shifts.lock(work)
        under_way = asyncio.gather(*both, return_exceptions=True)
        await until_blocked(crew.database, 2)
    ended = await under_way

    [late] = [one for one in ended if one is not None]
    [winner] = await crew.on_duty(NOON)
    names = {crew.cy.agent_id: "Cy", crew.di.agent_id: "Di"}
    assert isinstance(late, Conflict)
    assert (late.code, str(late)) == ("exchange_taken", f"{names[winner]} has taken it already.")
    # Bo works the nights around it and could not: nobody asked him.
    assert told == {"cy", "di"}
    assert await crew.told() == {"ana"}
    assert await crew.actions() == ["exchange.proposed", "exchange.done"]


async def test_named_colleague_takes_a_duty_in_exchange_for_theirs_or_declines(crew: Crew) -> None:
    await crew.plan(crew.whole(swaps="agreed", rest_hours=0))
    other = {"other_shift": "night", "other_day": date(2026, 6, 10), "to_id": crew.bo.agent_id}
    declined = await crew.give(crew.ana, **other | {"other_day": date(2026, 6, 11)})
    with pytest.raises(Forbidden):
        await crew.answer(crew.cy, declined)
    await crew.answer(crew.bo, declined, DECLINE)
    swapped = await crew.give(crew.ana, **other)

    await crew.answer(crew.bo, swapped)

    assert await crew.on_duty(NOON) == {crew.bo.agent_id}
    assert await crew.on_duty(datetime(2026, 6, 10, 22, tzinfo=UTC)) == {crew.ana.agent_id}
    states = [(one.id, one.state) for one in await crew.seen_by(crew.ana)]
    assert states == [(swapped, "done"), (declined, "declined")]


async def test_who_cannot_take_it_is_told_why_in_a_sentence(crew: Crew) -> None:
    late = crew.shift("late", crew.cy, "19:00", "23:00")
    early = crew.shift("early", crew.di, "02:00", "06:30")
    rota = crew.whole(swaps="agreed", rest_hours=8)
    await crew.plan(rota | {"shifts": [*rota["shifts"], late, early]})
    stranger = await crew.stage.agent("Eve")
    refused: dict[str, str] = {}

    for to in (crew.cy, crew.di, stranger):
        with pytest.raises(Conflict) as stopped:
            await crew.give(crew.ana, to_id=to.agent_id)
        refused[stopped.value.code] = str(stopped.value)
    with pytest.raises(Refused, match="not your shift"):
        await crew.give(crew.cy)
    with pytest.raises(Refused, match="has begun"):
        await crew.give(crew.ana, day=date(2026, 5, 31))
    await crew.give(crew.ana)
    with pytest.raises(Conflict, match="offered already"):
        await crew.give(crew.ana)

    assert refused == {
        "works_then": "Cy works “Late” at that time.",
        "short_rest": "Di would have less than 8 hours of rest beside “Early”.",
        "not_in_team": "Eve is not of this team.",
    }


async def test_supervisor_says_yes_or_no_where_the_rota_asks_for_it(crew: Crew) -> None:
    await crew.plan(crew.whole(swaps="approved"))
    first, second = await crew.give(crew.ana), await crew.give(crew.ana, day=date(2026, 6, 5))
    with pytest.raises(Conflict, match="Nobody has taken it"):
        await crew.decide(first, approve=True)
    await crew.answer(crew.cy, first)
    await crew.answer(crew.di, second)
    before, told = await crew.on_duty(NOON), await crew.told()

    await crew.decide(first, approve=True)
    await crew.decide(second, approve=False)

    assert (before, "boss" in told) == ({crew.ana.agent_id}, True)
    assert await crew.on_duty(NOON) == {crew.cy.agent_id}
    assert await crew.on_duty(NOON + timedelta(days=2)) == {crew.ana.agent_id}
    assert await crew.told() == {"ana", "cy", "di"}
    await crew.plan(crew.whole(swaps="off"))
    with pytest.raises(Conflict, match="do not exchange"):
        await crew.give(crew.ana, day=date(2026, 6, 8))


async def test_absence_has_a_stand_in_or_is_open_to_the_team_and_a_gap_to_supervisors(
    crew: Crew,
) -> None:
    await crew.absent(crew.ana, stand_in_id=crew.cy.agent_id)
    with pytest.raises(Conflict) as hole:
        await crew.absent(crew.ana, day=date(2026, 6, 5))
    await crew.absent(crew.ana, day=date(2026, 6, 5), accept=True, note="Ill")
    week = {"since": NOON, "until": NOON + timedelta(days=5)}
    gaps = (await reading.list_duties(crew.database, **week)).open
    [offered] = [one for one in await crew.seen_by(crew.di) if "accept" in one.may]

    await crew.answer(crew.di, offered.id)

    assert await crew.on_duty(NOON) == {crew.cy.agent_id}
    assert (hole.value.code, hole.value.facts["on_duty"]) == ("rota_has_faults", 0)
    assert hole.value.facts["cover"] == "Always"
    assert [(one.day, one.agent_id) for one in gaps] == [(date(2026, 6, 5), crew.ana.agent_id)]
    assert (offered.kind, offered.note) == ("open", "Ill")
    assert await crew.on_duty(NOON + timedelta(days=2)) == {crew.di.agent_id}
    assert (await reading.list_duties(crew.database, **week)).open == ()


async def test_absence_that_is_taken_back_lets_the_agent_work_as_before(crew: Crew) -> None:
    await crew.absent(crew.ana, accept=True)
    await crew.absent(crew.ana, day=date(2026, 6, 5), accept=True)
    first, second = (one.id for one in reversed(await crew.seen_by(crew.boss)))
    with pytest.raises(Forbidden):
        await crew.answer(crew.ana, first, WITHDRAW)
    # Who has taken on something else meanwhile cannot be in both.
    await crew.plan(
        crew.whole(swaps="agreed")
        | {"shifts": [*crew.whole()["shifts"], crew.shift("fair", crew.ana, "10:00", "12:00",
                                                           weekdays="", days=["2026-06-05"])]},
        accept=True,
    )  # fmt: skip

    await exchanging.answer(crew.database, crew.boss, first, WITHDRAW, may_decide=True)
    with pytest.raises(Conflict, match="works “Fair” at that time"):
        await exchanging.answer(crew.database, crew.boss, second, WITHDRAW, may_decide=True)

    assert await crew.on_duty(NOON) == {crew.ana.agent_id}
    async with crew.database.reading() as work:
        changes = (await reading.load(work)).changes
    assert [one.day for one in changes] == [date(2026, 6, 5)]
    assert "ana" in await crew.told()


async def test_what_a_supervisor_decides_of_a_day_overtakes_what_was_open_or_offered(
    crew: Crew,
) -> None:
    await crew.absent(crew.ana, accept=True)
    given = await crew.give(crew.ana, day=date(2026, 6, 5))
    [gap] = [one for one in await crew.seen_by(crew.boss) if one.kind == "open"]
    put = ChangedDuty(agent_ids=(crew.cy.agent_id,))
    for day in (DAY, date(2026, 6, 5)):
        await planning.change_duty(crew.database, crew.boss, "day", day, put)

    for exchange in (gap.id, given):
        with pytest.raises(Conflict) as over:
            await crew.answer(crew.di, exchange)
        assert over.value.code == "exchange_gone"

    assert await crew.on_duty(NOON) == {crew.cy.agent_id}


async def test_what_both_agreed_on_is_over_once_the_shift_is_at_other_times(crew: Crew) -> None:
    rota = crew.whole(swaps="approved")
    await crew.plan(rota)
    agreed, other = await crew.give(crew.ana), await crew.give(crew.ana, day=date(2026, 6, 5))
    await crew.answer(crew.cy, agreed)
    await crew.answer(crew.di, other)
    later = [rota["shifts"][0] | {"without": ["2026-06-05"]}, rota["shifts"][1]]
    put = ChangedDuty(starts="09:00", ends="20:00", agent_ids=(crew.ana.agent_id,), accept=True)

    await planning.change_duty(crew.database, crew.boss, "day", DAY, put)
    await crew.plan(rota | {"shifts": later}, accept=True)

    for exchange in (agreed, other):
        with pytest.raises(Conflict) as over:
            await crew.decide(exchange, approve=True)
        assert over.value.code == "exchange_gone"
    states = {one.id: (one.state, one.duty is None) for one in await crew.seen_by(crew.cy)}
    assert states == {agreed: ("overtaken", False)}
    assert {"ana", "cy", "di"} <= await crew.told()


async def test_who_works_here_no_more_takes_nothing_and_gets_nothing(crew: Crew) -> None:
    await crew.plan(crew.whole(swaps="approved", rest_hours=0))
    for_night = {"other_shift": "night", "other_day": date(2026, 6, 10)}
    swapped = await crew.give(crew.ana, to_id=crew.bo.agent_id, **for_night)
    given = await crew.give(crew.ana, day=date(2026, 6, 5))
    await crew.answer(crew.bo, swapped)
    await crew.answer(crew.di, given)
    leave = "update agents set is_active = false where id = any($1::bigint[])"
    await crew.stage.run(leave, [crew.ana.agent_id, crew.di.agent_id])

    for exchange, code in ((swapped, "exchange_gone"), (given, "not_in_team")):
        with pytest.raises(Conflict) as stopped:
            await crew.decide(exchange, approve=True)
        assert stopped.value.code == code

    # What they had is given to others all the same.
    await crew.absent(crew.ana, day=date(2026, 6, 8), stand_in_id=crew.cy.agent_id)
    assert await crew.on_duty(NOON + timedelta(days=5)) == {crew.cy.agent_id}


async def test_agent_who_has_seen_all_waits_for_who_moves_several_and_neither_for_both(
    crew: Crew,
) -> None:
    await crew.plan(crew.whole(swaps="agreed"))
    older = await crew.give(crew.ana, to_id=crew.cy.agent_id)
    newer = await crew.give(crew.ana, to_id=crew.cy.agent_id, day=DAY + timedelta(days=7))

    async with crew.database.transaction() as work:
        await shifts.lock(work)
        await stored.move(work, newer, "overtaken", taken_by=None, unseen_ids={crew.di.agent_id})
        seeing = asyncio.create_task(exchange_reading.note_seen(crew.database, crew.cy))
        await until_blocked(crew.database)
        await stored.move(work, older, "overtaken", taken_by=None, unseen_ids={crew.di.agent_id})

    await seeing
    assert await crew.told() == {"di"}


async def test_rest_is_of_real_hours_in_the_night_clocks_go_back_and_what_began_is_gone(
    crew: Crew, clock: FakeClock
) -> None:
    clock.advance(datetime(2026, 10, 20, tzinfo=UTC) - clock.now())
    late = crew.shift("late", crew.cy, "19:00", "23:00")
    dawn = crew.shift("dawn", crew.di, "06:30", "07:30")
    rota = crew.whole(swaps="agreed", rest_hours=8)
    await crew.plan(rota | {"shifts": [*rota["shifts"], late, dawn]})
    to_cy = {"shift": "dawn", "to_id": crew.cy.agent_id}

    # From 23:00 to 06:30 are seven hours and a half, and one more in that night.
    with pytest.raises(Conflict, match="less than 8 hours of rest beside “Late”"):
        await crew.give(crew.di, day=date(2026, 10, 24), **to_cy)
    given = await crew.give(crew.di, day=date(2026, 10, 25), **to_cy)
    clock.advance(datetime(2026, 10, 25, 5, 30, tzinfo=UTC) - clock.now())

    with pytest.raises(Conflict, match="has begun") as gone:
        await crew.answer(crew.cy, given)
    assert gone.value.code == "exchange_gone"
    assert await crew.seen_by(crew.cy) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_sequence_of_exchanges_leaves_a_duty_with_too_many_or_nobody(
    crew: Crew, seed: int
) -> None:
    chance = random.Random(seed)
    pair = crew.shift("pair", crew.cy, "08:00", "16:00")
    pair["agent_ids"].append(crew.di.agent_id)
    planned = Counter({"day": 1, "night": 1, "pair": 2})
    rota = crew.whole(swaps="approved", rest_hours=4)
    await crew.plan(rota | {"shifts": [*rota["shifts"], pair]}, accept=True)
    everybody = [crew.ana, crew.bo, crew.cy, crew.di]
    days = [DAY + timedelta(days=number) for number in range(3)]
    did: Counter[str] = Counter()

    async def act() -> str:
        who, day, key = chance.choice(everybody), chance.choice(days), chance.choice([*planned])
        now = [one for one in await crew.seen_by(crew.boss) if one.may or one.state == "open"]
        one = chance.choice(now).id if now else 0
        to = chance.choice([None, *(other.agent_id for other in everybody)])
        match chance.choice(["give", "swap", "accept", "accept", "decide", "undo", "absent"]):
            case "give":
                await crew.give(who, shift=key, day=day, to_id=to)
            case "swap":
                other = {"other_shift": chance.choice([*planned]), "other_day": chance.choice(days)}
                await crew.give(who, shift=key, day=day, to_id=to, **other)
            case "accept":
                await crew.answer(who, one)
                return "accept"
            case "decide":
                await crew.decide(one, approve=chance.random() < 0.8)
                return "decide"
            case "undo":
                await crew.answer(who, one, chance.choice([DECLINE, WITHDRAW]))
            case "absent":
                await crew.absent(who, shift=key, day=day, stand_in_id=to)
                return "absent"
        return ""

    for _ in range(90):
        try:
            did[await act()] += 1
        except ServiceError:
            continue
        async with crew.database.reading() as work:
            now = await reading.load(work)
            left = await work.driver.fetch(
                "select shift_key, day from shift_exchanges where kind = 'open' and state = 'open'"
            )
        start = datetime(2026, 6, 1, tzinfo=UTC)
        found = duties_between(now.rota, start, start + timedelta(days=10))
        missing = Counter((row["shift_key"], row["day"]) for row in left)
        for duty in found:
            wanted = planned[duty.key] - missing[duty.key, duty.day]
            assert len(duty.agent_ids) == wanted >= 1, (duty, missing)
        twice = find_clashes(now.rota, start, start + timedelta(days=10), rest=timedelta())
        assert [one for one in twice if one.kind == "twice"] == []

    assert min(did["accept"], did["decide"], did["absent"]) > 0, did
