"""What one shift hands to the next: made at its end, read, noted, taken over; nothing is lost."""

from datetime import date, timedelta

import pytest

from core.clock import FakeClock
from router.services.assignment import availability
from router.services.deadlines import promising
from router.services.deadlines.shapes import NewPromise
from router.services.errors import NotFound
from router.services.housekeeping import end_what_is_over
from router.services.shifts import exchanging, handed, handing
from router.services.shifts.exchange_shapes import ExchangeAnswer, NewExchange
from router.services.shifts.handover_shapes import Handover, HandoverPacket
from router.services.viewer import Viewer
from router.settings import Retention
from router.storage import teams
from router.storage.sight import Sight
from tests.services.test_deadlines import ALWAYS, agree, catch_up, fire_due, plan, rows
from tests.services.test_shift_ends import Watch
from tests.stage import Stage

NORMAL = Sight(frozenset({"normal"}))


class Desk(Watch):
    """Ana has two cases as her day ends: one that she promised something in."""

    async def fill(self, clock: FakeClock) -> "Desk":
        await self.set_up(clock, handover="handed_over")
        policy = {"name": "All", "resolution": ALWAYS, "breached": ["owner"]}
        await agree(self.stage, self.boss, plan(policy))
        await self.stage.run(
            "insert into memberships (team_id, agent_id) select $1, unnest($2::bigint[])",
            self.team,
            [self.ana.agent_id, self.bo.agent_id],
        )
        self.case = await self.floor.case("eve")
        await self.stage.run("update cases set team_id = $2 where id = $1", self.case, self.team)
        self.due = clock.now() + timedelta(hours=3)
        await promising.promise(
            self.database, self.ana, self.case, NewPromise(due_at=self.due, words="Call the bank")
        )
        await catch_up(self.stage)
        return self

    async def all(self, viewer: Viewer) -> tuple[Handover, ...]:
        found = await handed.list_handovers(
            self.database, viewer, team_id=None, before=None, limit=30
        )
        return found.handovers

    async def packet(self, viewer: Viewer) -> HandoverPacket:
        return await handed.load(self.database, viewer, (await self.all(viewer))[0].id)


@pytest.fixture
async def desk(stage: Stage, clock: FakeClock) -> Desk:
    return await Desk(stage).fill(clock)


async def test_end_of_a_shift_hands_over_what_is_open_once_and_deadlines_outlive_it(
    desk: Desk,
) -> None:
    before = await rows(desk.stage, "target, due_at")

    await desk.at(minutes=6)
    packet = await desk.packet(desk.bo)
    await desk.at(minutes=30)
    await catch_up(desk.stage)

    assert len(await desk.all(desk.bo)) == 1
    assert [one.name for one in packet.handover.leaving] == ["Ana"]
    assert [one.name for one in packet.handover.next] == ["Bo"]
    assert packet.handover.is_for_me
    [case] = packet.cases
    assert (case.id, case.is_handed_over, case.state_then) == (desk.case, True, "open")
    assert case.owner_then is not None
    assert case.owner_then.name == "Ana"
    assert case.they_said != ""
    promise = next(one for one in case.owed if one.target == "promise")
    assert (promise.words, promise.due_at) == ("Call the bank", desk.due)
    assert promise.promised_by is not None
    assert promise.promised_by.name == "Ana"
    assert await desk.floor.owner(desk.case) == desk.bo.agent_id
    assert await rows(desk.stage, "target, due_at") == before


async def test_shift_that_was_given_away_is_handed_to_who_has_it_now(desk: Desk) -> None:
    await desk.plan(desk.whole(handover="handed_over", swaps="agreed"))
    cy = await desk.stage.agent("Cy")
    await desk.stage.run(
        "insert into memberships (team_id, agent_id) values ($1, $2)", desk.team, cy.agent_id
    )
    await availability.set_own(desk.database, cy.agent_id, "online")
    before = await rows(desk.stage, "target, due_at")
    tonight = NewExchange(shift="night", day=date(2026, 6, 1))
    given = await exchanging.propose(desk.database, desk.bo, tonight)
    accept = ExchangeAnswer(answer="accept")
    await exchanging.answer(desk.database, cy, given, accept)

    await desk.at(minutes=6)
    packet = await desk.packet(cy)
    await desk.at(minutes=30)
    await catch_up(desk.stage)

    assert [one.name for one in packet.handover.next] == ["Cy"]
    assert packet.handover.is_for_me
    assert await desk.floor.owner(desk.case) == cy.agent_id
    assert await rows(desk.stage, "target, due_at") == before


async def test_promise_of_who_left_is_told_to_who_has_the_case_when_it_is_passed(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.at(minutes=40)
    clock.advance(timedelta(hours=3))
    await catch_up(desk.stage)

    await fire_due(desk.stage)

    told = await desk.stage.value(
        "select context ->> 'told' from messages where text = 'deadline_passed'"
        " and context ->> 'target' = 'promise'"
    )
    assert told == f"[{desk.bo.agent_id}]"


async def test_next_one_takes_over_once_and_is_asked_no_more(desk: Desk) -> None:
    await desk.at(minutes=6)
    [made] = await desk.all(desk.bo)
    asked = (await handed.load_awaiting(desk.database, desk.bo, may_approve=False)).handovers

    await handed.take_over(desk.database, desk.bo, made.id)
    again = await handed.take_over(desk.database, desk.bo, made.id)

    assert asked == (made.id,)
    assert [one.agent.name for one in again.handover.receipts] == ["Bo"]
    assert not again.handover.is_for_me
    assert (await handed.load_awaiting(desk.database, desk.bo, may_approve=False)).handovers == ()
    assert not (await desk.all(desk.ana))[0].is_for_me


async def test_one_s_note_is_the_last_that_was_written_and_can_be_taken_back(desk: Desk) -> None:
    made = await handing.make(desk.database, desk.ana, desk.team, "Mind the bank")

    await handed.write_note(desk.database, desk.ana, made, " Mind the bank's hours ")
    both = await handed.write_note(desk.database, desk.bo, made, "I do")
    left = await handed.write_note(desk.database, desk.bo, made, "")

    assert [(one.agent.name, one.text) for one in both.notes] == [
        ("Ana", "Mind the bank's hours"),
        ("Bo", "I do"),
    ]
    assert [one.agent.name for one in left.notes] == ["Ana"]
    assert both.handover.asked_by is not None
    with pytest.raises(NotFound):
        await handing.make(desk.database, desk.ana, 999, "")


async def test_who_may_not_see_a_case_finds_nothing_of_it_in_the_packet(desk: Desk) -> None:
    await desk.stage.restrict(desk.case)
    await desk.at(minutes=6)

    seen = await desk.packet(desk.bo)
    hidden = await desk.packet(Viewer(desk.bo.agent_id, NORMAL))

    assert [one.id for one in seen.cases] == [desk.case]
    assert (hidden.cases, hidden.open, hidden.more) == ((), (), 0)


async def test_words_that_were_deleted_since_stand_in_no_packet(desk: Desk) -> None:
    await desk.at(minutes=6)
    await desk.stage.run(
        "update messages set deleted_at = now() where case_id = $1 and direction = 'in'", desk.case
    )

    [case] = (await desk.packet(desk.bo)).cases

    assert case.they_said == ""


async def test_team_that_is_gone_keeps_no_shift_from_ending_and_gets_no_packet(desk: Desk) -> None:
    async with desk.database.transaction() as work:
        await teams.delete(work, desk.team)

    await desk.at(minutes=6)
    await desk.at(minutes=11)

    assert await desk.all(desk.bo) == ()
    assert await desk.is_how(desk.ana) == ("away", "shift")


async def test_next_shift_of_somebody_who_has_left_the_desk_is_nobody_s(desk: Desk) -> None:
    await desk.stage.run("update agents set is_active = false where id = $1", desk.bo.agent_id)

    await desk.at(minutes=6)

    [made] = await desk.all(desk.ana)
    assert [one.name for one in made.next] == []


async def test_packets_end_by_age_whether_new_ones_are_made_or_not(
    desk: Desk, clock: FakeClock
) -> None:
    await handing.make(desk.database, desk.ana, desk.team, "Mind the bank")
    clock.advance(timedelta(days=89))
    await end_what_is_over(desk.database, Retention())
    kept = len(await desk.all(desk.bo))

    clock.advance(timedelta(days=2))
    await end_what_is_over(desk.database, Retention())

    assert kept == 1
    assert await desk.all(desk.bo) == ()
    assert await desk.stage.value("select count(*) from handover_notes") == 0


async def test_answers_that_are_not_seen_push_none_that_waits_out_of_what_is_asked(
    desk: Desk,
) -> None:
    hidden = await desk.floor.case("joe")
    await desk.stage.restrict(hidden)
    waiting = (
        "insert into approvals (person_id, case_id, agent_id, client_key, wanted, digest, because,"
        " state, asked_at, expires_at) select person_id, id, $2, 'k' || id || n, '{}', '', '[]',"
        " 'waiting', $4::timestamptz, $4 + interval '1 hour' from cases, generate_series(1, $3) n"
        " where id = $1"
    )
    for case, many in ((desk.case, 1), (hidden, handed.MOST_WAITING)):
        await desk.stage.run(waiting, case, desk.bo.agent_id, many, desk.clock.now())

    seen = await handed.load_awaiting(
        desk.database, Viewer(desk.boss.agent_id, NORMAL), may_approve=True
    )
    all_of_them = await handed.load_awaiting(desk.database, desk.boss, may_approve=True)

    assert [one.case_id for one in seen.approvals] == [desk.case]
    assert len(all_of_them.approvals) == handed.MOST_WAITING


async def test_notes_of_a_team_that_sees_fraud_are_read_by_who_sees_it_or_is_part_of_it(
    desk: Desk,
) -> None:
    outsider = await desk.stage.agent("Zoe", sight=NORMAL)
    await desk.at(minutes=6)
    [made] = await desk.all(desk.bo)
    await handed.write_note(desk.database, desk.ana, made.id, "Eve's money is held.")
    await handed.write_note(desk.database, outsider, made.id, "Mine.")

    async def read(agent_id: int, sight: Sight) -> list[str]:
        viewer = Viewer(agent_id, sight)
        return [one.text for one in (await handed.load(desk.database, viewer, made.id)).notes]

    both = ["Eve's money is held.", "Mine."]
    assert await read(outsider.agent_id, NORMAL) == both
    access = """update teams set access_classes = '["fraud"]' where id = $1"""
    await desk.stage.run(access, desk.team)
    assert await read(outsider.agent_id, NORMAL) == ["Mine."]
    assert await read(outsider.agent_id, Sight(frozenset({"normal", "fraud"}))) == both
    assert await read(desk.bo.agent_id, NORMAL) == both
    assert await read(desk.ana.agent_id, NORMAL) == both
