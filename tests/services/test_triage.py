"""What people wrote is read after the fact, once; what is guessed gives way to whoever decides."""

import contextlib
from datetime import timedelta

import pytest

from core.clock import FakeClock
from core.messages import MessageNature
from router.services import cases
from router.services.assignment import availability
from router.services.automation import rehearsing
from router.services.automation.actions import Tools
from router.services.automation.shapes import Past
from router.services.cases import CaseChange
from router.services.triage import correcting, deciding, reading, settings
from router.services.triage.shapes import NewCorrection, TriageSettings
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.services.rule_desk import VOICE, RuleDesk, asks, definition, read
from tests.services.triage_desk import FEES, STOLEN, STUCK, TriageDesk
from tests.stage import Stage

CLOSED = Sight(frozenset({"fraud"}))


class Killed(RuntimeError):
    """The process died here."""


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await stage.agent("Bo")


async def change(desk: TriageDesk, by: Viewer, case: int, **values: object) -> None:
    wanted = CaseChange(**values)  # type: ignore[arg-type]  # a test names real fields
    await cases.change_case(desk.stage.database, by, case, wanted)


async def correct(desk: TriageDesk, by: Viewer, message: int, **said: object) -> None:
    wanted = NewCorrection(**said)  # type: ignore[arg-type]  # a test names real fields
    await correcting.correct(desk.stage.database, by, message, wanted, may_lower=False)


async def set_triage(desk: TriageDesk, **wanted: object) -> None:
    made = TriageSettings(**wanted)  # type: ignore[arg-type]  # a test names real fields
    await settings.change(desk.stage.database, actor="cli", wanted=made)


async def test_message_is_read_after_the_fact_and_its_case_has_what_was_guessed(
    desk: TriageDesk,
) -> None:
    message, case = await desk.says("ana", STUCK)

    found = await desk.finding(message)
    assert (found["key"], found["danger"], found["urgency"]) == (
        "withdrawal",
        "withdrawal_stuck",
        "urgent",
    )
    assert found["language"] == "en"
    assert (found["set_topic"], found["set_priority"], found["is_pending"]) == (True, True, False)
    assert await desk.case(case) == ("withdrawal", 1)
    assert (await desk.history(case))[-1] == "triage"


@pytest.mark.parametrize("text", ["goodbye", ""])
async def test_subject_of_a_mail_that_opens_a_case_is_read_and_that_of_an_answer_not(
    desk: TriageDesk, text: str
) -> None:
    said = "I am going to kill myself"
    opening = await desk.stage.says("ana", text, subject=f"Re: {said}")
    answer = await desk.stage.says("ana", "Thank you, all is well now", subject=f"Re: {said}")
    await desk.read()

    assert (await desk.finding(opening))["danger"] == "self_harm"
    assert (await desk.finding(answer))["danger"] is None


async def test_what_the_desk_and_machines_say_is_not_read(desk: TriageDesk, bo: Viewer) -> None:
    message = await desk.stage.says("ana", FEES)
    case = await desk.stage.case_of(message)
    await desk.stage.says("ben", STUCK, nature=MessageNature.AUTO_REPLY)
    await change(desk, bo, case, state="solved")

    await desk.read()

    assert await desk.stage.value("select array_agg(message_id) from findings") == [message]


async def test_topic_and_priority_that_an_agent_set_stay(desk: TriageDesk, bo: Viewer) -> None:
    _, case = await desk.says("ana", "Hello")
    other = await desk.topic("bonus")
    await change(desk, bo, case, topic_id=other, priority=4)

    message, _ = await desk.says("ana", STUCK)

    assert await desk.case(case) == ("bonus", 4)
    found = await desk.finding(message)
    assert (found["key"], found["set_topic"], found["set_priority"]) == (
        "withdrawal",
        False,
        False,
    )


async def test_topic_that_an_agent_took_away_does_not_come_back(
    desk: TriageDesk, bo: Viewer
) -> None:
    _, case = await desk.says("ana", FEES)
    assert (await desk.case(case))[0] == "fees"
    await change(desk, bo, case, topic_id=None)

    await desk.says("ana", FEES)

    assert (await desk.case(case))[0] is None


async def test_topic_of_a_case_that_was_answered_stays_as_it_is(
    desk: TriageDesk, bo: Viewer
) -> None:
    _, case = await desk.says("ana", "Hello")
    await desk.stage.run("update cases set first_reply_at = now() where id = $1", case)

    await desk.says("ana", FEES)

    assert (await desk.case(case))[0] is None


async def test_greeting_gives_a_case_no_topic_and_what_is_meant_does(desk: TriageDesk) -> None:
    message, case = await desk.says("ana", "Hello")
    assert (await desk.finding(message))["key"] == "other"
    assert (await desk.case(case))[0] is None

    await desk.says("ana", FEES)

    assert (await desk.case(case))[0] == "fees"


async def test_guess_below_the_bar_is_shown_and_changes_nothing(desk: TriageDesk) -> None:
    await set_triage(desk, least_confidence=100)

    message, case = await desk.says("ana", FEES)

    assert (await desk.finding(message))["key"] == "fees"
    assert await desk.case(case) == (None, 3)


async def test_urgent_case_goes_before_one_that_has_waited_longer(desk: TriageDesk) -> None:
    _, first = await desk.says("ana", FEES)
    _, second = await desk.says("ben", STOLEN)

    assert (await desk.case(first))[1] == 3
    assert (await desk.case(second))[1] == 1


async def test_message_that_was_read_is_not_read_again_by_who_starts_anew(
    desk: TriageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, _ = await desk.says("ana", FEES)
    await desk.stage.run("update followers set position = 0 where name = 'triage'")
    looked: list[int] = []
    look = reading.Reader._look

    async def counting(*given: object) -> object:
        looked.append(1)
        return await look(*given)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(reading.Reader, "_look", counting)
    await desk.read(desk.another())

    assert looked == []
    assert await desk.stage.value("select count(*) from findings") == 1
    assert message


@pytest.mark.parametrize(
    "at", ["before_findings_commit", "after_findings_commit", "before_triage_commit"]
)
async def test_worker_that_dies_leaves_each_message_read_decided_and_told_once(
    desk: TriageDesk, bo: Viewer, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    await availability.set_own(desk.stage.database, bo.agent_id, "online")

    async def die(name: str) -> None:
        if name == at:
            raise Killed

    message = await desk.stage.says("ana", STOLEN)
    case = await desk.stage.case_of(message)
    await desk.stage.relay()
    with monkeypatch.context() as dying:
        dying.setattr(reading, "failpoint", die)
        dying.setattr(deciding, "failpoint", die)
        with contextlib.suppress(Killed):
            await desk.worker.round()

    await desk.read(desk.another())

    assert await desk.stage.value("select count(*) from findings") == 1
    assert await desk.lines(case) == [("danger_told", [bo.agent_id])]
    assert (await desk.history(case)).count("triage") == 1


async def test_message_that_cannot_be_read_holds_back_no_other(
    desk: TriageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await desk.stage.says("ana", "odd"), await desk.stage.says("ben", FEES)
    look = reading.Reader._look

    async def odd(self: reading.Reader, classifier: object, how: object, one: object) -> object:
        self.in_hand = bad
        if getattr(one, "id", None) == bad:
            raise ValueError("odd")
        return await look(self, classifier, how, one)  # type: ignore[arg-type]  # as it is called

    monkeypatch.setattr(reading.Reader, "_look", odd)
    await desk.stage.relay()
    for _ in range(5):
        await desk.worker.round()

    assert await desk.stage.value("select array_agg(message_id) from findings") == [good]


async def test_while_it_is_off_nothing_is_read_and_nothing_loaded(
    desk: TriageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_triage(desk, is_on=False)
    monkeypatch.setattr(reading.Reader, "_ready", None)  # whoever calls it fails

    await desk.stage.says("ana", STOLEN)
    await desk.read()

    assert await desk.stage.value("select count(*) from findings") == 0
    assert not (await desk.stage.kinds())[-1][0].startswith("finding")


async def test_danger_is_told_to_the_owner_or_else_to_who_is_there(
    desk: TriageDesk, bo: Viewer, stage: Stage
) -> None:
    cy = await stage.agent("Cy")
    away = await stage.agent("Dee")
    for agent in (bo, cy):
        await availability.set_own(stage.database, agent.agent_id, "online")
    await availability.set_own(stage.database, away.agent_id, "away")
    _, taken = await desk.says("ana", "Hello")
    await change(desk, cy, taken, owner_id=cy.agent_id)

    await desk.says("ana", STOLEN)
    message, free = await desk.says("ben", STOLEN)

    assert await desk.lines(taken) == [("danger_told", [cy.agent_id])]
    assert await desk.lines(free) == [("danger_told", [bo.agent_id, cy.agent_id])]
    named = "select array_agg(agent_id order by agent_id) from mentions where message_id = $1"
    assert await stage.value(named, message) == [bo.agent_id, cy.agent_id]


async def test_danger_of_a_restricted_case_is_told_to_nobody_who_may_not_see_it(
    desk: TriageDesk, bo: Viewer, stage: Stage
) -> None:
    await availability.set_own(stage.database, bo.agent_id, "online")
    owner = await stage.agent("Ola", role="owner")
    message = await stage.says("ana", STOLEN)
    case = await stage.case_of(message)
    await stage.restrict(case)

    await desk.read()

    assert await desk.lines(case) == [("danger_told", [owner.agent_id])]


async def test_danger_to_which_nobody_comes_is_told_to_supervisors_in_time(
    desk: TriageDesk, bo: Viewer, stage: Stage, clock: FakeClock
) -> None:
    await availability.set_own(stage.database, bo.agent_id, "online")
    boss = await stage.agent("Ida", role="supervisor")
    _, case = await desk.says("ana", STOLEN)

    clock.advance(timedelta(minutes=4))
    await desk.read()
    before = await desk.lines(case)
    clock.advance(timedelta(minutes=2))
    await desk.read()
    await desk.read()

    assert len(before) == 1
    [_, (event, told)] = await desk.lines(case)
    assert event == "danger_escalated"
    assert boss.agent_id in told
    assert bo.agent_id not in told


async def test_danger_to_which_somebody_came_is_escalated_to_nobody(
    desk: TriageDesk, bo: Viewer, stage: Stage, clock: FakeClock
) -> None:
    await availability.set_own(stage.database, bo.agent_id, "online")
    _, case = await desk.says("ana", STOLEN)
    clock.advance(timedelta(minutes=1))
    await change(desk, bo, case, owner_id=bo.agent_id)

    clock.advance(timedelta(minutes=9))
    await desk.read()

    assert len(await desk.lines(case)) == 1


async def test_danger_told_twice_in_a_case_pages_once_while_nobody_came(
    desk: TriageDesk, bo: Viewer
) -> None:
    await availability.set_own(desk.stage.database, bo.agent_id, "online")
    _, case = await desk.says("ana", STOLEN)

    await desk.says("ana", "Please!! they hacked my account and stole everything")

    assert len(await desk.lines(case)) == 1


async def test_guess_never_lets_a_case_need_less_than_before(
    desk: TriageDesk, stage: Stage
) -> None:
    _, case = await desk.says("ana", FEES)
    fees = await desk.topic("fees")
    await stage.run("update topics set bound_level = 2, minimum_level = 2 where id = $1", fees)

    message, _ = await desk.says("ana", STUCK)

    assert await desk.case(case) == ("fees", 1)
    found = await desk.finding(message)
    assert (found["set_topic"], found["set_priority"]) == (False, True)


async def test_rules_ask_of_findings_once_and_of_those_of_the_past(stage: Stage) -> None:
    desk, rules = await TriageDesk.open(stage), await RuleDesk.open(stage)
    wanted = definition(
        {"do": "note", "text": "Look at it."},
        when={"kind": "happened", "on": "message_triaged"},
        condition=[
            asks("finding.topic", "is", ["Crypto withdrawal"]),
            asks("finding.danger", "is", ["withdrawal_stuck"]),
        ],
    )
    await rules.rule(wanted)
    name = await stage.value("select name from topics where key = 'withdrawal'")
    assert name == "Crypto withdrawal"

    message, case = await desk.says("ana", STUCK)
    await desk.says("ben", FEES)
    await correct(desk, await stage.agent("Cy"), message, is_urgent=True)
    await rules.work()

    notes = "select array_agg(case_id) from messages where direction = 'note'"
    assert await stage.value(notes) == [case]
    past = await rehearsing.rehearse(
        stage.database, rules.admin, Tools(voice=VOICE), Past(definition=read(wanted), days=1)
    )
    assert (past.runs, past.of_cases) == (1, 1)
