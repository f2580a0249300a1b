"""A rule runs on what happened while it was on, by what it said then, however late it is read."""

import pytest

from router.services.automation import keeping
from router.services.automation.shapes import NewRule
from router.services.topics import TopicChange, change_topic
from router.storage import rules
from router.storage.engine import Database
from tests.services.rule_desk import Json, RuleDesk, asks, definition, read, says
from tests.stage import Stage

NOTE = {"do": "note", "text": "Seen"}
URGENT = {"do": "prioritise", "priority": 1}
LOW = {"do": "prioritise", "priority": 4}


@pytest.fixture
async def desk(stage: Stage) -> RuleDesk:
    return await RuleDesk.open(stage)


async def _says(desk: RuleDesk, rule: int, wanted: Json) -> None:
    """From now on."""
    new = NewRule(name="A rule", definition=read(wanted))
    await keeping.save_rule(desk.stage.database, desk.admin, rule, new)


async def _ran_on(desk: RuleDesk, rule: int) -> list[tuple[int | None, int | None]]:
    return [(one.message_id, one.version) for one in await desk.runs(rule)]


async def test_rule_that_is_switched_on_late_runs_on_nothing_from_before(desk: RuleDesk) -> None:
    await desk.rule(definition(NOTE, condition=[says("nothing at all")]))
    await desk.stage.says("ana")
    late = await desk.rule(definition(URGENT))
    after = await desk.stage.says("bo")

    await desk.work()

    assert await _ran_on(desk, late) == [(after, 1)]


async def test_rule_that_was_off_for_a_while_runs_on_nothing_from_before_or_then(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(definition(NOTE))
    await desk.stage.says("ana")
    await keeping.switch_rule(desk.stage.database, desk.admin, made, is_on=False)
    await desk.stage.says("bo")
    await keeping.switch_rule(desk.stage.database, desk.admin, made, is_on=True)
    after = await desk.stage.says("cy")

    await desk.work()

    assert await _ran_on(desk, made) == [(after, 1)]


async def test_each_fact_meets_the_version_that_the_rule_had_when_it_happened(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(definition(URGENT, condition=[says("stolen")]))
    first, other = [
        await desk.stage.says(who, text) for who, text in (("ana", "stolen"), ("bo", "lost"))
    ]
    await _says(desk, made, definition(LOW, condition=[says("lost")]))
    second = await desk.stage.says("cy", "stolen or lost")
    await _says(desk, made, definition(NOTE, condition=[says("gone")]))
    await desk.stage.says("dee", "stolen or lost")
    third = await desk.stage.says("eve", "gone")

    await desk.work()

    assert await _ran_on(desk, made) == [(first, 1), (second, 2), (third, 3)]
    assert (await desk.case(other))["priority"] == 3


async def test_rule_whose_occasion_was_another_one_runs_on_that(desk: RuleDesk) -> None:
    """By what it says now it would not be asked about what a person wrote at all."""
    made = await desk.rule(definition(NOTE))
    first = await desk.stage.says("ana")
    noted = {"kind": "happened", "on": "note_written"}
    await _says(desk, made, definition(URGENT, when=noted))

    await desk.work()

    assert (await _ran_on(desk, made))[0] == (first, 1)


async def test_rule_that_runs_by_time_since_runs_on_what_happened_before_and_on_nothing_after(
    desk: RuleDesk,
) -> None:
    made = await desk.rule(definition(NOTE))
    await desk.rule(definition(NOTE, condition=[says("nothing at all")]))
    first = await desk.stage.says("ana")
    stays = {"kind": "stays_in", "state": "waiting", "hours": 2}
    await _says(desk, made, definition(URGENT, when=stays))
    await desk.stage.says("bo")
    await _says(desk, made, definition(NOTE))
    last = await desk.stage.says("cy")

    await desk.work()

    assert await _ran_on(desk, made) == [(first, 1), (last, 3)]


async def test_rule_that_is_switched_off_since_does_nothing_by_any_version(desk: RuleDesk) -> None:
    made = await desk.rule(definition(NOTE))
    await desk.stage.says("ana")
    await _says(desk, made, definition(URGENT))
    await keeping.switch_rule(desk.stage.database, desk.admin, made, is_on=False)

    await desk.work()

    assert await desk.runs(made) == []


async def test_rule_whose_topic_is_renamed_meanwhile_asks_for_it_as_it_is_called_now(
    desk: RuleDesk,
) -> None:
    topic = await desk.stage.value(
        "insert into topics (name, created_at) values ('Fees', now()) returning id"
    )
    made = await desk.rule(definition(URGENT, condition=[asks("case.topic", "is", ["Fees"])]))
    message = await desk.stage.says("ana")
    await desk.stage.run("update cases set topic_id = $1", topic)
    await change_topic(desk.stage.database, desk.admin, int(str(topic)), TopicChange(name="Costs"))

    await desk.work()

    assert await _ran_on(desk, made) == [(message, 2)]


async def test_versions_of_then_are_looked_for_by_keys(database: Database) -> None:
    async with database.transaction() as work:
        await work.driver.execute("set local enable_seqscan = off")
        await work.driver.execute("set local plan_cache_mode = force_generic_plan")
        for name in ("HELD_THEN", "FORMER"):
            await work.driver.execute(f"prepare asked(bigint[], bigint) as {getattr(rules, name)}")
            rows = await work.driver.fetch("explain execute asked('{1}', 1)")
            await work.driver.execute("deallocate asked")
            lines = [row[0] for row in rows]
            assert not any("Seq Scan" in line for line in lines), lines
