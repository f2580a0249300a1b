"""What keeps rules from harm: loops end, floods stop, poison is passed, everything is seen."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.assignment.settings import QueueSettings
from router.services.automation import acting, following, keeping, timing
from router.services.automation.acting import LONGEST_CHAIN
from router.services.automation.book import Rule
from router.services.automation.subjects import Subject
from router.services.cases import CaseChange
from router.services.viewer import Viewer
from router.storage.unit_of_work import Fact
from tests.services.queue_floor import Floor
from tests.services.rule_desk import RuleDesk, asks, definition, says
from tests.stage import Stage

NOTED = {"kind": "happened", "on": "note_written"}
CHANGED = {"kind": "happened", "on": "case_changed"}
NOTE = {"do": "note", "text": "Noted"}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def test_rule_does_not_run_on_what_it_caused(desk: RuleDesk) -> None:
    starts = await desk.rule(definition(NOTE))
    loops = await desk.rule(definition(NOTE, when=NOTED))
    await desk.stage.says("ana")

    await desk.work()

    assert await desk.outcomes(starts) == ["done"]
    runs = await desk.runs(loops)
    assert [one.outcome for one in runs] == ["done", "looped"]
    assert [one.chain for one in runs] == [[starts, loops], [starts, loops, loops]]


async def test_two_rules_that_undo_each_other_come_to_an_end(desk: RuleDesk) -> None:
    for here, there in (("open", "waiting"), ("waiting", "open")):
        wanted = {"do": "set_state", "state": there}
        held = [asks("case.state", "is", [here])]
        await desk.rule(definition(wanted, when=CHANGED, condition=held))
    message = await desk.stage.says("ana")
    case = (await desk.case(message))["id"]
    change = CaseChange(priority=2)
    await cases.change_case(desk.stage.database, Viewer(desk.admin.agent_id), case, change)

    await desk.work()

    runs = await desk.runs()
    assert "looped" in [one.outcome for one in runs]
    for one in runs:
        assert one.outcome == "looped" or len(set(one.chain)) == len(one.chain)


async def test_chain_of_rules_ends_at_its_length(desk: RuleDesk) -> None:
    label_rules = LONGEST_CHAIN + 2
    for number in range(label_rules):
        held = [asks("case.priority", "is", 3)] if number == 0 else []
        await desk.rule(definition({"do": "note", "text": f"{number}"}, when=NOTED, condition=held))
    await desk.rule(definition(NOTE))
    await desk.stage.says("ana")

    await desk.work(60)

    assert max(len(one.chain) for one in await desk.runs() if one.outcome == "done") <= (
        LONGEST_CHAIN
    )


async def test_rule_that_runs_too_often_on_a_case_is_stopped_shown_and_told_to_admins(
    desk: RuleDesk,
) -> None:
    flood = await desk.rule(definition(NOTE, most_per_case=3), name="Flood")
    calm = await desk.rule(definition({"do": "prioritise", "priority": 2}, most_per_case=50))
    for number in range(6):
        last = await desk.stage.says("ana", f"Hello {number}")

    await desk.work()

    assert await desk.outcomes(flood) == ["done", "done", "done", "stopped"]
    assert await desk.outcomes(calm) == ["done"] * 6
    [shown] = [one for one in await keeping.list_rules(desk.stage.database) if one.id == flood]
    assert (shown.is_on, shown.stopped_because) == (
        False,
        f"It ran 3 times within an hour on case {(await desk.case(last))['id']}.",
    )
    assert await desk.stage.value("select array_agg(distinct agent_id) from mentions") == [
        desk.admin.agent_id
    ]
    assert (
        await desk.stage.value("select count(*) from audit_log where action = 'rule.stopped'") == 1
    )


async def test_rule_that_runs_too_often_in_all_is_stopped_and_goes_on_when_switched_on(
    desk: RuleDesk, clock: FakeClock
) -> None:
    flood = await desk.rule(definition(NOTE, most_in_all=2))
    for who in ("ana", "bo", "cy"):
        await desk.stage.says(who)
    await desk.work()
    stopped = await desk.outcomes(flood)
    clock.advance(timedelta(minutes=1))
    await keeping.switch_rule(desk.stage.database, desk.admin, flood, is_on=True)
    await desk.stage.says("dee")

    await desk.work()

    assert stopped == ["done", "done", "stopped"]
    assert (await desk.outcomes(flood))[3:] == ["done"]


async def test_fact_that_always_fails_is_skipped_after_some_tries_and_listed_so(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(definition(NOTE))
    bad = await desk.stage.says("ana")
    good = await desk.stage.says("bo")
    await desk.stage.run(
        "create function fails() returns trigger language plpgsql as"
        " $$ begin raise exception 'broken'; end $$"
    )
    await desk.stage.run(
        "create trigger fails before insert on rule_runs for each row"
        f" when (new.message_id = {bad} and new.outcome <> 'skipped') execute function fails()"
    )

    await desk.work()

    runs = await desk.runs()
    assert [(one.rule_id, one.outcome, one.message_id) for one in runs] == [
        (None, "skipped", bad),
        (made, "done", good),
    ]


async def test_fact_on_which_no_rule_can_be_asked_is_skipped_after_some_tries(
    desk: RuleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await desk.rule(definition(NOTE))
    bad = await desk.stage.says("ana")
    good = await desk.stage.says("bo")
    look = acting.candidates

    def asks_badly(found: Sequence[Rule], subject: Subject) -> list[Rule]:
        if subject.message is not None and subject.message.id == bad:
            raise ValueError("odd")
        return look(found, subject)

    monkeypatch.setattr(following, "candidates", asks_badly)

    await desk.work()

    runs = await desk.runs()
    assert [(one.rule_id, one.outcome, one.message_id) for one in runs] == [
        (None, "skipped", bad),
        (made, "done", good),
    ]


async def test_cases_that_come_due_at_once_are_met_each_once_however_many_they_are(
    desk: RuleDesk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(timing, "BATCH", 1)
    stays = {"kind": "stays_in", "state": "waiting", "hours": 2}
    await desk.rule(definition(NOTE, when=stays))
    found = []
    for who in ("ana", "bo", "cy", "di", "ed"):
        case = (await desk.case(await desk.stage.says(who)))["id"]
        waits = CaseChange(state="waiting")
        await cases.change_case(desk.stage.database, Viewer(desk.admin.agent_id), case, waits)
        found.append(case)
        clock.advance(timedelta(minutes=1))
    await desk.work()
    clock.advance(timedelta(hours=3))

    for _ in range(30):
        await desk.worker.round()

    assert sorted(str(one.case_id) for one in await desk.runs()) == sorted(map(str, found))


async def test_rule_neither_acts_on_nor_shows_people_whose_cases_are_not_seen(
    desk: RuleDesk,
) -> None:
    changed = {"kind": "happened", "on": "person_changed"}
    made = await desk.rule(definition(NOTE, when=changed))
    case = await desk.case(await desk.stage.says("ana"))
    await desk.stage.restrict(case["id"])
    await desk.stage.run("update cases set state = 'solved', solved_at = now()")
    await desk.work()

    async def meet() -> None:
        async with desk.stage.database.transaction() as work:
            work.announce(Fact.PERSON_CHANGED, person=case["person_id"])
        await desk.work()

    await meet()
    of_all = await desk.outcomes(made)
    plain = replace(desk.admin, access_classes=frozenset({"normal"}))
    shown = await keeping.list_runs(desk.stage.database, plain)
    await desk.stage.run("update rule_versions set classes = '[\"normal\"]'")
    await meet()

    assert (of_all, shown) == (["done"], [])
    assert await desk.outcomes(made) == ["done"]


async def test_what_the_queue_gives_to_whoever_has_room_again_is_no_rules_doing(
    desk: RuleDesk,
) -> None:
    floor = Floor(desk.stage)
    await floor.begin(QueueSettings(mode="automatic"))
    await floor.comes("Bo", capacity=1)
    had = await floor.case("ana")
    next_one = await floor.case("bo")
    solve = {"do": "set_state", "state": "solved"}
    await desk.rule(definition(solve, condition=[says("bye")]), name="Closes")
    given = {"kind": "happened", "on": "case_assigned"}
    greets = await desk.rule(definition(NOTE, when=given), name="Greets")
    await desk.work()
    await desk.stage.says("ana", "bye")

    await desk.work()

    lines = "select array_agg(author_name) from messages where case_id = $1 and text = $2"
    assert await desk.stage.value(lines, had, "case_solved") == ["Closes"]
    assert await desk.stage.value(lines, next_one, "case_assigned") != ["Closes"]
    [*_, last] = await desk.runs(greets)
    assert (last.case_id, last.chain) == (next_one, [greets])


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_the_rules_they_end_and_meet_each_fact_once_in_order(
    desk: RuleDesk, seed: int
) -> None:
    chance = random.Random(seed)
    for number in range(8):
        await desk.rule(_any_rule(chance, number))
    for number in range(10):
        await desk.stage.says(chance.choice(["ana", "bo", "cy"]), f"Hello {number}")

    await desk.work(200)

    before = await desk.state()
    await desk.work()
    assert await desk.state() == before, "it still runs"
    met = await desk.stage.value(
        "select count(*) - count(distinct (rule_id, position)) from rule_runs"
    )
    assert met == 0, "a rule ran twice on one fact"
    disorder = await desk.stage.value(
        "select count(*) from (select person_id, position, lag(position) over"
        " (partition by person_id order by id) as before from rule_runs) r"
        " where before > position"
    )
    assert disorder == 0
    longest = await desk.stage.value(
        "select max(cardinality(chain)) from rule_runs where outcome = 'done'"
    )
    assert int(str(longest or 0)) <= LONGEST_CHAIN


def _any_rule(chance: random.Random, number: int) -> Any:
    on = chance.choice(
        ["person_wrote", "note_written", "case_changed", "case_waiting", "case_reopened"]
    )
    then: list[Any] = chance.sample(
        [
            {"do": "note", "text": f"{number}"},
            {"do": "set_state", "state": chance.choice(["open", "waiting", "solved"])},
            {"do": "prioritise", "priority": chance.randint(1, 4)},
            {"do": "stop"},
        ],
        k=chance.randint(1, 3),
    )
    condition = []
    if on not in ("note_written", "person_wrote") and chance.random() < 0.5:
        condition.append(asks("case.priority", "at_most", chance.randint(2, 4)))
    return definition(*then, when={"kind": "happened", "on": on}, condition=condition)


async def test_what_happened_while_no_rule_was_on_is_passed_over_and_none_of_it_is_loaded(
    desk: RuleDesk,
) -> None:
    await desk.stage.says("ana")
    await desk.work()
    before = desk.worker._parts
    noting = await desk.rule(definition(NOTE))
    await desk.stage.says("ben")

    await desk.work()

    assert (before is None, desk.worker._parts is None) == (True, False)
    assert await desk.outcomes(noting) == ["done"]
    assert await desk.stage.value("select count(*) from case_spells") == 2
