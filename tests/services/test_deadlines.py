"""Deadlines of real cases: followed, told once, rebuilt; over daylight saving and handover."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from core.clock import FakeClock
from router.services import cases
from router.services.cases import CaseChange
from router.services.deadlines import firing, following, planning, promising
from router.services.deadlines.shapes import NewPromise, Plan, PromiseEnd
from router.services.errors import Conflict, NotFound, Refused
from router.services.viewer import Viewer
from router.storage import deadlines
from router.storage.sight import Sight
from tests.stage import Stage

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {
    "key": "office",
    "name": "Office",
    "time_zone": "Europe/Berlin",
    "hours": [{"days": "mon-sun", "opens": "22:00", "closes": "06:00"}],
    "holidays": [{"day": "2026-03-30", "name": "Rest"}],
}
CHANGES = (
    CaseChange(state="waiting"),
    CaseChange(state="snoozed"),
    CaseChange(state="solved"),
)
ALWAYS = {"minutes": 60, "clock": "always"}
TOLD = "select array_agg(ref order by id) from outbox where kind = 'deadlines.changed'"


def plan(*policies: dict[str, Any], **more: Any) -> Plan:
    return msgspec.convert({"policies": policies, **more}, Plan)


async def agree(stage: Stage, boss: Viewer, wanted: Plan) -> None:
    now = (await planning.load(stage.database)).revision
    await planning.change(stage.database, boss, wanted, expect_revision=now)


async def catch_up(stage: Stage) -> None:
    await stage.relay()
    while await following.follow(stage.database):
        pass
    while await following.sweep(stage.database):
        pass


async def fire_due(stage: Stage) -> int:
    """How many lines that made."""
    due = await firing.due(stage.database)
    return sum([await firing.fire(stage.database, *one) for one in due])


async def rows(stage: Stage, columns: str = "target, due_at, ended_at, ending, breached_at") -> Any:
    async with stage.database.reading() as work:
        found = await work.driver.fetch(
            f"select {columns} from deadlines order by case_id, target, ref"
        )
    return [tuple(row) for row in found]


async def lines(stage: Stage) -> list[tuple[str, str]]:
    async with stage.database.reading() as work:
        found = await work.driver.fetch(
            "select text, context ->> 'target' as target from messages"
            " where direction = 'event' and text like 'deadline%' order by id"
        )
    return [tuple(row) for row in found]


async def test_case_owes_an_answer_by_the_first_policy_that_fits(
    stage: Stage, clock: FakeClock
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    urgent = {"name": "Urgent", "fits": {"priorities": [1]}, "first_reply": ALWAYS}
    rest = {"name": "All", "first_reply": {"minutes": 240, "clock": "always"}}
    await agree(stage, boss, plan(urgent, rest))
    said = await stage.says("ana", "Hello")
    await catch_up(stage)
    asked = clock.now()
    assert await rows(stage, "policy, due_at") == [("All", asked + timedelta(hours=4))]

    case = await stage.case_of(said)
    await cases.change_case(stage.database, boss, case, CaseChange(priority=1))
    await catch_up(stage)

    assert await rows(stage, "policy, due_at") == [("Urgent", asked + timedelta(hours=1))]


async def test_change_is_told_of_its_cases_by_name_while_they_are_few(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    said = [await stage.says(who, "Hello") for who in ("ana", "al")]
    await catch_up(stage)
    assert await stage.value(TOLD) == [await stage.case_of(one) for one in said]

    monkeypatch.setattr(deadlines, "MOST_NAMED", 1)
    await stage.run("delete from outbox where kind = 'deadlines.changed'")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS | {"minutes": 9}}))
    await catch_up(stage)

    assert await stage.value(TOLD) == [None]


async def test_commit_that_derives_cases_in_parts_names_ten_at_most_and_the_others_once(
    stage: Stage,
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    said = [await stage.says(f"person-{number}") for number in range(16)]
    await catch_up(stage)
    await stage.run("delete from outbox where kind = 'deadlines.changed'")

    await following.rebuild(stage.database, limit=4)

    named = [await stage.case_of(one) for one in said[:8]]
    assert await stage.value(TOLD) == [*named, None]


async def test_near_passed_and_escalated_are_told_once_each_and_in_order(
    stage: Stage, clock: FakeClock
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    policy = {
        "name": "All",
        "first_reply": ALWAYS,
        "escalations": [{"after_minutes": 30, "told": ["owner"]}],
    }
    await agree(stage, boss, plan(policy))
    said = await stage.says("ana")
    await catch_up(stage)
    case = await stage.case_of(said)
    await stage.run("update cases set owner_id = $2 where id = $1", case, boss.agent_id)

    told = []
    for minutes in (44, 2, 14, 30):
        clock.advance(timedelta(minutes=minutes))
        told.append(await fire_due(stage))
        assert await fire_due(stage) == 0

    assert told == [0, 1, 1, 1]
    assert await lines(stage) == [
        ("deadline_near", "first_reply"),
        ("deadline_passed", "first_reply"),
        ("deadline_escalated", "first_reply"),
    ]
    owners = await stage.value(
        "select count(*) from messages where text like 'deadline%'"
        " and context -> 'told' @> to_jsonb($1::bigint)",
        boss.agent_id,
    )
    assert owners == 3


async def test_death_between_telling_and_commit_tells_it_once(
    stage: Stage, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    await stage.says("ana")
    await catch_up(stage)
    clock.advance(timedelta(minutes=50))

    async def die(name: str) -> None:
        if name == "before_alarm_commit":
            raise RuntimeError("died")

    with monkeypatch.context() as dying:
        dying.setattr(firing, "failpoint", die)
        with pytest.raises(RuntimeError):
            await fire_due(stage)
    assert await lines(stage) == []

    assert await fire_due(stage) == 1
    assert await fire_due(stage) == 0


async def test_nobody_is_told_of_what_was_solved_before_the_follower_saw_it(
    stage: Stage, clock: FakeClock
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    await agree(stage, boss, plan({"name": "All", "first_reply": ALWAYS}))
    said = await stage.says("ana")
    await catch_up(stage)
    clock.advance(timedelta(minutes=10))
    case = await stage.case_of(said)
    await cases.change_case(stage.database, boss, case, CaseChange(state="solved"))
    clock.advance(timedelta(hours=5))

    assert await fire_due(stage) == 0
    assert await lines(stage) == []


async def test_night_of_daylight_saving_before_a_holiday_and_a_handover(
    stage: Stage, clock: FakeClock
) -> None:
    boss, bo = await stage.agent("Ida", role="supervisor"), await stage.agent("Bo")
    policy = {
        "name": "Night",
        "calendar": "office",
        "first_reply": {"minutes": 600},
        "breached": ["owner"],
    }
    await agree(stage, boss, plan(policy, calendars=[OFFICE]))
    evening = datetime(2026, 3, 28, 22, tzinfo=BERLIN)
    clock.advance(evening.astimezone(UTC) - clock.now())
    said = await stage.says("ana")
    case = await stage.case_of(said)
    await cases.change_case(stage.database, boss, case, CaseChange(owner_id=boss.agent_id))
    await catch_up(stage)

    # Seven hours until 06:00, as one is skipped; two until midnight, when the holiday begins; and
    # of the night after it from midnight on.
    due = datetime(2026, 3, 31, 1, tzinfo=BERLIN).astimezone(UTC)
    assert await rows(stage, "due_at") == [(due,)]

    await cases.change_case(stage.database, boss, case, CaseChange(owner_id=bo.agent_id))
    await catch_up(stage)
    clock.advance(due - clock.now())

    assert await rows(stage, "due_at") == [(due,)]
    assert await fire_due(stage) == 2
    to_bo = await stage.value(
        "select context -> 'told' from messages where text = 'deadline_passed'"
    )
    assert to_bo == [bo.agent_id]


async def test_promise_survives_handover_and_is_kept_by_another_agent(
    stage: Stage, clock: FakeClock
) -> None:
    bo, eve = await stage.agent("Bo"), await stage.agent("Eve")
    said = await stage.says("ana")
    case = await stage.case_of(said)
    friday = clock.now() + timedelta(days=2)
    wanted = NewPromise(due_at=friday, words="Ask the bank")

    made = await promising.promise(stage.database, bo, case, wanted)

    [owed] = made.deadlines
    assert (owed.target, owed.due_at, owed.words) == ("promise", friday, "Ask the bank")
    await cases.change_case(stage.database, bo, case, CaseChange(owner_id=eve.agent_id))
    await catch_up(stage)
    [kept] = (
        await promising.end_promise(stage.database, eve, owed.ref, PromiseEnd(ending="kept"))
    ).deadlines
    assert (kept.ending, kept.breached_at) == ("kept", None)
    with pytest.raises(Conflict):
        await promising.end_promise(stage.database, eve, owed.ref, PromiseEnd(ending="withdrawn"))


async def test_promise_that_is_made_again_while_it_runs_is_the_same_one(
    stage: Stage, clock: FakeClock
) -> None:
    bo, eve = await stage.agent("Bo"), await stage.agent("Eve")
    case = await stage.case_of(await stage.says("ana"))
    wanted = NewPromise(due_at=clock.now() + timedelta(days=2), words=" Ask the bank")

    async def refs(viewer: Viewer, one: NewPromise) -> list[int]:
        made = await promising.promise(stage.database, viewer, case, one)
        return [each.ref for each in made.deadlines]

    [first] = await refs(bo, wanted)
    assert await refs(bo, wanted) == [first]
    async with stage.database.reading() as work:
        told = await work.driver.fetchval(
            "select count(*) from messages where text = 'promise_made'"
        )
    assert told == 1
    assert len(await refs(eve, wanted)) == 2
    assert len(await refs(bo, msgspec.structs.replace(wanted, words="Ask again"))) == 3
    await promising.end_promise(stage.database, bo, first, PromiseEnd(ending="kept"))
    assert len(await refs(bo, wanted)) == 4


async def test_promise_is_refused_for_the_past_and_for_a_case_that_is_not_seen(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent("Bo", sight=Sight(frozenset({"normal"})))
    case = await stage.case_of(await stage.says("ana"))

    with pytest.raises(Refused):
        await promising.promise(stage.database, bo, case, NewPromise(due_at=clock.now()))
    await stage.restrict(case)
    later = NewPromise(due_at=clock.now() + timedelta(hours=1))
    with pytest.raises(NotFound):
        await promising.promise(stage.database, bo, case, later)


async def test_new_plan_counts_for_what_runs_and_leaves_what_ended(
    stage: Stage, clock: FakeClock
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    await agree(stage, boss, plan({"name": "Old", "first_reply": ALWAYS}))
    begun = clock.now()
    solved = await stage.case_of(await stage.says("ana"))
    await stage.says("ben")
    clock.advance(timedelta(minutes=90))
    await cases.change_case(stage.database, boss, solved, CaseChange(state="solved"))
    clock.advance(timedelta(minutes=1))
    await agree(stage, boss, plan({"name": "New", "first_reply": {**ALWAYS, "minutes": 200}}))
    await catch_up(stage)

    hour = timedelta(hours=1)
    assert await rows(stage, "policy, due_at, breached_at") == [
        ("Old", begun + hour, begun + hour),
        ("New", begun + timedelta(minutes=200), None),
    ]


async def test_rebuilt_deadlines_are_those_that_were_followed(
    stage: Stage, clock: FakeClock
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    limits = {"first_reply": ALWAYS, "next_reply": ALWAYS, "resolution": {"minutes": 900}}
    await agree(stage, boss, plan({"name": "All", **limits}))
    for turn in range(3):
        for who in ("ana", "ben", "eve"):
            said = await stage.says(who, f"{who} {turn}")
            clock.advance(timedelta(minutes=25))
            change = CHANGES[(turn + said) % 3]
            await cases.change_case(stage.database, boss, await stage.case_of(said), change)
            await catch_up(stage)
            await fire_due(stage)
    every = (
        "case_id, target, ref, policy, plan_id, started_at, due_at, remaining_seconds,"
        " ended_at, ending, breached_at"
    )
    before, told = await rows(stage, every), await lines(stage)
    assert len(before) >= 6

    assert await following.rebuild(stage.database) >= 3

    assert await rows(stage, every) == before
    await fire_due(stage)
    assert await lines(stage) == told


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (plan({"name": "Nothing"}), "policies.0"),
        (
            plan({"name": "Odd", "first_reply": {"minutes": 90}, "resolution": {"minutes": 60}}),
            "policies.0.first_reply.minutes",
        ),
        (plan({"name": "Lost", "calendar": "moon", "first_reply": ALWAYS}), "policies.0.calendar"),
        (
            plan({"name": "A", "first_reply": ALWAYS}, {"name": "a", "first_reply": ALWAYS}),
            "policies.1.name",
        ),
        (plan(calendars=[{**OFFICE, "time_zone": "Mars/Base"}]), "calendars.0.time_zone"),
    ],
    ids=["nothing", "contradiction", "calendar", "name", "zone"],
)
async def test_plan_that_cannot_be_is_refused_in_words_and_logged(
    stage: Stage, wanted: Plan, field: str
) -> None:
    boss = await stage.agent("Ida", role="supervisor")

    with pytest.raises(Refused) as refused:
        await planning.change(stage.database, boss, wanted, expect_revision=0)

    assert refused.value.field == field
    assert str(refused.value)
    logged = "select facts ->> 'field' from audit_log where action = 'deadlines.stopped'"
    assert await stage.value(logged) == field


async def test_policy_that_never_holds_is_doubted_and_stale_changes_are_refused(
    stage: Stage,
) -> None:
    boss = await stage.agent("Ida", role="supervisor")
    urgent = {"name": "Urgent", "fits": {"priorities": [1]}, "first_reply": ALWAYS}
    wanted = plan({"name": "All", "first_reply": ALWAYS}, urgent)

    made = await planning.change(stage.database, boss, wanted, expect_revision=0)

    assert [(one.code, one.policy, one.other) for one in made.doubts] == [
        ("never_holds", "Urgent", "All")
    ]
    with pytest.raises(Conflict):
        await planning.change(stage.database, boss, wanted, expect_revision=0)
