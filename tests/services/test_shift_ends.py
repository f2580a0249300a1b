"""The end of a shift: who is away, whose cases go on, and deadlines that outlive it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment import availability, duty, rounds, shown
from router.services.assignment.settings import QueueSettings
from router.services.cases import CaseChange
from router.services.viewer import Viewer
from tests.services.queue_floor import Floor
from tests.services.test_deadlines import ALWAYS, agree, catch_up, fire_due, lines, plan, rows
from tests.services.test_shifts import Roster
from tests.stage import Stage

FIVE_MINUTES_BEFORE = datetime(2026, 6, 1, 17, 55, tzinfo=UTC)
"""The day shift ends at 20:00 in Berlin; the night begins then."""


class Watch(Roster):
    """A queue that gives cases out by itself, Ana by day, Bo by night."""

    async def set_up(self, clock: FakeClock, **rota: Any) -> "Watch":
        clock.advance(FIVE_MINUTES_BEFORE - clock.now())
        await self.begin()
        self.floor, self.clock = Floor(self.stage), clock
        await self.floor.begin(QueueSettings(mode="automatic"))
        for who in (self.ana, self.bo):
            await availability.set_own(self.database, who.agent_id, "online")
        await self.plan(self.whole(**rota))
        return self

    async def at(self, **later: int) -> None:
        """So long after, and the loop has looked."""
        self.clock.advance(timedelta(**later))
        await rounds.end_shifts(self.database)
        await self.floor.heard()

    async def is_how(self, agent: Viewer) -> tuple[str, str]:
        own = (await shown.load_own(self.database, agent.agent_id)).desk
        return own.availability, own.set_by

    async def says_again(self, who: str) -> None:
        await self.stage.says(who, "And now?")
        await self.floor.heard()

    async def waits(self, case: int) -> None:
        """Ana answers: it waits for the person."""
        await cases.change_case(self.database, self.ana, case, CaseChange(state="waiting"))
        await self.stage.run(
            "insert into messages (person_id, case_id, direction, agent_id, nature, text,"
            " received_at) select person_id, id, 'out', $2, 'human', 'Soon', $3 from cases"
            " where id = $1",
            case,
            self.ana.agent_id,
            self.clock.now(),
        )


@pytest.fixture
def watch(stage: Stage) -> Watch:
    return Watch(stage)


async def test_agent_without_a_duty_gets_no_case_and_one_with_a_duty_does(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock)

    first = await watch.floor.case("ana")
    await watch.at(minutes=6)
    second = await watch.floor.case("ben")

    assert await watch.floor.owner(first) == watch.ana.agent_id
    assert await watch.floor.owner(second) == watch.bo.agent_id


async def test_agent_whose_shift_is_over_is_away_once_they_do_nothing_more(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock)
    await watch.at(minutes=6)
    still_there = await watch.is_how(watch.ana)
    person = await watch.stage.meets("eve")
    await watch.stage.run(
        "insert into drafts (agent_id, person_id, kind, text, at) values ($1, $2, 'note', 'x', $3)",
        watch.ana.agent_id,
        person,
        clock.now(),
    )
    await watch.at(minutes=9)
    writing = await watch.is_how(watch.ana)
    await watch.at(minutes=2)

    assert still_there[0] == writing[0] == "online"
    assert await watch.is_how(watch.ana) == ("away", "shift")
    assert await watch.is_how(watch.bo) == ("online", "agent")


async def test_offer_of_somebody_whose_shift_ended_goes_to_the_next_one(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock)
    await watch.floor.begin(QueueSettings(mode="offered", offer_seconds=3600))
    case = await watch.floor.case("ana")
    before = await watch.floor.offered(watch.ana)

    await watch.at(minutes=16)

    assert (before, await watch.floor.offered(watch.ana)) == ([case], [])
    assert await watch.floor.offered(watch.bo) == [case]


async def test_case_stays_with_its_owner_where_the_rota_says_nothing_else(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock)
    case = await watch.floor.case("ana")

    await watch.at(minutes=30)

    assert await watch.floor.owner(case) == watch.ana.agent_id


async def test_handed_over_case_goes_to_the_next_shift_and_says_why(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock, handover="handed_over")
    case = await watch.floor.case("ana")

    await watch.at(minutes=4)
    before = await watch.floor.owner(case)
    await watch.at(minutes=2)

    assert (before, await watch.floor.owner(case)) == (watch.ana.agent_id, watch.bo.agent_id)
    assert ("returned", "shift_over") in await watch.floor.said(case)
    said = await watch.stage.value(
        "select count(*) from messages where case_id = $1 and text = 'case_shift_over'", case
    )
    assert said == 1


@pytest.mark.parametrize("handover", ["handed_over", "when_answered"])
async def test_case_that_was_taken_or_given_after_the_shift_stays(
    watch: Watch, clock: FakeClock, handover: str
) -> None:
    await watch.set_up(clock, handover=handover)
    clock.advance(timedelta(minutes=20))
    case = await watch.floor.case("eve")
    before = await watch.floor.owner(case)
    given = CaseChange(owner_id=watch.ana.agent_id)
    await cases.change_case(watch.database, watch.boss, case, given)
    await watch.at(minutes=1)
    await watch.says_again("eve")

    await watch.at(minutes=1)

    assert before == watch.bo.agent_id
    assert await watch.floor.owner(case) == watch.ana.agent_id


async def test_case_is_not_taken_from_who_still_writes_after_their_shift(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock, handover="handed_over")
    case = await watch.floor.case("ana")
    clock.advance(timedelta(minutes=6))
    await watch.stage.run(
        "insert into drafts (agent_id, person_id, kind, text, at)"
        " select $1, person_id, 'reply', 'Soon', $2 from cases where id = $3",
        watch.ana.agent_id,
        clock.now(),
        case,
    )
    await watch.at(minutes=1)
    writing = await watch.floor.owner(case)

    await watch.at(minutes=10)

    assert writing == watch.ana.agent_id
    assert await watch.floor.owner(case) == watch.bo.agent_id


async def test_what_stood_open_waits_for_its_owner_and_what_is_asked_later_does_not(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock, handover="when_answered")
    open_before = await watch.floor.case("ana")
    answered = await watch.floor.case("ben")
    await watch.waits(answered)

    await watch.at(minutes=20)
    await watch.says_again("ben")
    await watch.at(minutes=1)

    assert await watch.floor.owner(open_before) == watch.ana.agent_id
    assert await watch.floor.owner(answered) == watch.bo.agent_id


async def test_team_s_own_policy_holds_for_its_cases(watch: Watch, clock: FakeClock) -> None:
    await watch.set_up(clock, handover="handed_over")
    theirs, others = await watch.floor.case("ana"), await watch.floor.case("ben")
    await watch.stage.run("update cases set team_id = $2 where id = $1", theirs, watch.team)
    own = [{"team_id": watch.team, "policy": "stays"}]
    await watch.plan(watch.whole(handover="handed_over", team_handovers=own))

    await watch.at(minutes=6)

    assert await watch.floor.owner(theirs) == watch.ana.agent_id
    assert await watch.floor.owner(others) == watch.bo.agent_id


async def test_who_has_no_shift_at_all_is_bound_by_none(watch: Watch, clock: FakeClock) -> None:
    await watch.set_up(clock, handover="handed_over")
    free = await watch.floor.comes("Cy")

    async with watch.database.reading() as work:
        agents = [free.agent_id, watch.ana.agent_id, watch.bo.agent_id]
        off = await duty.off_duty(work, agents, clock.now())

    assert off == {watch.bo.agent_id}


async def test_deadline_is_the_same_after_the_handover_and_is_told_to_who_has_the_case_then(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock, handover="handed_over")
    await agree(watch.stage, watch.boss, plan({"name": "All", "first_reply": ALWAYS}))
    asked = clock.now()
    case = await watch.floor.case("ana")
    await catch_up(watch.stage)
    before = await rows(watch.stage)

    await watch.at(minutes=6)
    await catch_up(watch.stage)
    after = await rows(watch.stage)
    clock.advance(asked + timedelta(minutes=61) - clock.now())
    await fire_due(watch.stage)

    assert before == after == [("first_reply", asked + timedelta(hours=1), None, None, None)]
    assert await watch.floor.owner(case) == watch.bo.agent_id
    assert ("deadline_passed", "first_reply") in await lines(watch.stage)
    told = await watch.stage.value(
        "select context -> 'told' @> to_jsonb($1::bigint) from messages"
        " where text = 'deadline_passed'",
        watch.bo.agent_id,
    )
    assert told is True


async def test_holidays_of_the_next_year_are_known_before_it_begins(
    watch: Watch, clock: FakeClock
) -> None:
    await watch.set_up(clock)
    await watch.plan(watch.whole(countries=[{"country": "DE"}]), accept=True)
    await watch.stage.run("delete from country_holidays where day >= '2027-01-01'")

    await watch.at(minutes=1)

    assert (
        await watch.stage.value("select name from country_holidays where day = '2027-10-03'")
        == "Tag der Deutschen Einheit"
    )
